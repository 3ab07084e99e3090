/** `squab import FILE`: creates the queues of a file on a running Squab. */

import { basename } from 'node:path';
import { type Applied, applyQueues } from '../queue-files/apply.ts';
import { readQueueFile } from '../queue-files/read.ts';
import { UsageError } from '../settings/config.ts';
import { plural, readArguments } from './arguments.ts';
import { complain, say } from './output.ts';
import { progressLine } from './progress.ts';
import { deploymentOf, ownerOf, serverOf } from './reach.ts';

const help = `squab import: creates the queues of a file on a running Squab

Usage: squab import FILE [--url URL] [--account ID] [--region REGION]

  --url URL        URL of Squab; by default http://127.0.0.1 with the port SQUAB_PORT, or 9324
  --account ID     account of queues for which the file does not specify one; by default Squab's own account
  --region REGION  region of queues for which the file does not specify one; by default Squab's own region
  -h, --help       show this help

FILE is a queue file in YAML or JSON, a CloudFormation or SAM template, or an ElasticMQ configuration. New queues get the
attributes, tags and messages in the file. Existing queues get its attributes and tags, and keep their messages and
everything that the file does not mention. Warnings about ignored parts of the file go to standard error. Requests are
signed with AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY if they are set.

Exit code: 0 on success, 1 if the import failed, 2 for wrong usage.`;

/** Throws UsageError, and errors that say what is wrong with the file or the server. */
export async function run(args: readonly string[]): Promise<number> {
  const flags = readArguments(args, { values: ['url', 'account', 'region'] });
  if (!flags) {
    console.log(help);
    return 0;
  }
  const [file, ...others] = flags.positionals;
  if (file === undefined) throw new UsageError('import needs a file: squab import FILE.');
  if (others.length > 0)
    throw new UsageError(`import takes one file, but was also given ${JSON.stringify(others[0])}.`);
  const ask = serverOf(flags, process.env);
  const owner = ownerOf(flags);
  const { kind, queues, warnings } = await readQueueFile(file, deploymentOf(flags));
  for (const warning of warnings) complain(warning);
  const owned = queues.map((queue) => ({
    ...queue,
    account: queue.account ?? owner.account,
    region: queue.region ?? owner.region,
  }));
  const progress = progressLine();
  try {
    const applied = await applyQueues(owned, ask, (done, all) => progress.show('Creating queues', done, all));
    progress.end();
    say(`${basename(file)} is ${kind}. ${described(applied)}`);
  } finally {
    progress.end();
  }
  return 0;
}

function described({ created, changed, unchanged, messages }: Applied): string {
  const sent = messages > 0 ? ` with ${plural(messages, 'message')}` : '';
  const queues = plural(created.length, 'queue');
  return `Created ${queues}${sent}; changed ${changed.length}; left ${unchanged.length} unchanged.`;
}
