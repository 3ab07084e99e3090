/** Reads a file of queues: Squab's own form, a template of CloudFormation, or a configuration of ElasticMQ; it shows which. */

import { isUtf8 } from 'node:buffer';
import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { checkQueues } from './check.ts';
import { readTemplate } from './cloudformation.ts';
import type { DeclaredQueue, Deployment } from './declared.ts';
import type { QueueDefinition } from './definition.ts';
import { readElasticMq } from './elasticmq.ts';
import { readHocon } from './hocon.ts';
import { readSquabFile } from './squab-file.ts';
import { entryOf, Findings, QueueFileError, type Tree, treeOf } from './tree.ts';
import { readYaml } from './yaml.ts';

export interface QueueFile {
  /** What kind of file it is, for people. */
  kind: string;
  queues: DeclaredQueue[];
  /** What of it is left out, each with its place. */
  warnings: string[];
}

/** Throws QueueFileError, with a line for each problem. */
export async function readQueueFile(path: string, deployment: Deployment): Promise<QueueFile> {
  let bytes: Buffer;
  try {
    bytes = await readFile(path);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const reason = { ENOENT: 'there is no such file', EISDIR: 'it is a folder' }[code ?? ''] ?? message;
    throw new QueueFileError(`Cannot read ${path}: ${reason}.`);
  }
  // Other bytes would make YAML of a kind, and be quoted to people's terminals.
  if (!isUtf8(bytes) || bytes.includes(0)) throw new QueueFileError(`Cannot read ${path}: it is not a text in UTF-8.`);
  return readQueueText(bytes.toString(), basename(path), deployment);
}

/** As `readQueueFile`, for the text of a file; `name` is what its problems and warnings call it. */
export function readQueueText(text: string, name: string, deployment: Deployment): QueueFile {
  const findings = new Findings();
  const found = isHocon(text, name)
    ? elasticMq(text, name, deployment, findings)
    : yaml(text, name, deployment, findings);
  checkQueues(found.queues, findings);
  findings.refuse();
  return { ...found, warnings: findings.warnings };
}

/** The queues that a program gives. Throws QueueFileError. */
export function readDefinitions(queues: readonly QueueDefinition[]): DeclaredQueue[] {
  const findings = new Findings();
  const declared = readSquabFile(treeOf({ queues }, ''), findings);
  checkQueues(declared, findings);
  findings.refuse();
  return declared;
}

/** Shown by the first line that says something: YAML has no word in front of a brace or an equals sign, and no includes. */
function isHocon(text: string, name: string): boolean {
  const start = text.replace(/^\uFEFF?(?:\s|#.*|\/\/.*)*/, '');
  return name.endsWith('.conf') || /^(?:"[\w.-]+"|[\w.-]+)\s*[={]|^include\s/.test(start);
}

function elasticMq(text: string, name: string, deployment: Deployment, findings: Findings) {
  return { kind: 'a configuration of ElasticMQ', queues: readElasticMq(readHocon(text, name), deployment, findings) };
}

function yaml(text: string, name: string, deployment: Deployment, findings: Findings) {
  const tree = readYaml(text, name, findings);
  findings.refuse();
  if (!tree) throw new QueueFileError(`${name}: says nothing. It should have queues.`);
  if (isTemplate(tree)) return { kind: 'a CloudFormation template', queues: readTemplate(tree, deployment, findings) };
  return { kind: 'a file of queues', queues: readSquabFile(tree, findings) };
}

function isTemplate(tree: Tree): boolean {
  return ['Resources', 'AWSTemplateFormatVersion', 'Transform'].some((key) => entryOf(tree, key));
}
