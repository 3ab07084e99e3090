/** Recognizes files of other tools that Squab does not read, and says what to give instead. */

import { partOf, type Tree } from '../syntax/tree.ts';

/** The first line of a block of Terraform's own language: `resource "aws_sqs_queue" "orders" {`. */
const TERRAFORM = /^(?:resource|data)[ \t]+"[\w-]+"[ \t]+"[\w-]+"[ \t]*\{/m;

/** Returns what to give instead of a file in Terraform's language; undefined if it is none. */
export function insteadOfTerraform(text: string, name: string): string | undefined {
  if (!name.endsWith('.tf') && !TERRAFORM.test(text)) return undefined;
  return (
    "This is a file in Terraform's language. Give a plan or state as JSON, the output of: terraform plan -out=plan && " +
    'terraform show -json plan'
  );
}

/** Returns what to give instead of a file that declares queues in none of the known formats; undefined if unknown. */
export function insteadOf(tree: Tree): string | undefined {
  if (partOf(tree, 'queues')) return undefined;
  if (partOf(tree, 'services')?.kind === 'map') {
    return 'This is a Compose file, which declares no queues. Give the file that its services read, or a list of queues.';
  }
  const sections = tree.kind === 'map' ? tree.entries.map(({ value }) => value) : [];
  if (!sections.some((section) => partOf(section, 'Queues')?.kind === 'list')) return undefined;
  return 'This is a GoAWS configuration. Write its queues like this: { queues: [{ name: orders }] }';
}
