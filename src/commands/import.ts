/** `squab import FILE`: makes the queues of a file in a running Squab. */

import { basename } from 'node:path';
import { type Applied, applyQueues } from '../queue-files/apply.ts';
import { readQueueFile } from '../queue-files/read.ts';
import { UsageError } from '../settings/config.ts';
import { plural, readArguments } from './arguments.ts';
import { progressLine } from './progress.ts';
import { deploymentOf, ownerOf, serverOf } from './reach.ts';

const help = `squab import: makes the queues of a file in a running Squab

Usage: squab import FILE [--url URL] [--account ID] [--region REGION]

  --url URL        where Squab is; by default http://127.0.0.1 with the port SQUAB_PORT, or 9324
  --account ID     account for the queues that the file names none for; by default Squab's own
  --region REGION  region for the queues that the file names none for; by default Squab's own
  -h, --help       print this

FILE is a file of queues in YAML or JSON, a CloudFormation or SAM template, or a configuration of ElasticMQ. Queues that are
there get the attributes and tags of the file, and keep their messages and whatever the file does not name; queues that are
made get the messages of the file. What cannot be taken over is said on the error stream. Requests are signed with
AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, where they are set.

Exit code: 0 when the queues are there, 1 when something was refused, 2 for wrong usage.`;

/** Throws UsageError, and errors that say what is wrong in the file, or with the server. */
export async function run(args: readonly string[]): Promise<number> {
  const flags = readArguments(args, { values: ['url', 'account', 'region'] });
  if (!flags) {
    console.log(help);
    return 0;
  }
  const [file, ...others] = flags.positionals;
  if (file === undefined) throw new UsageError('import needs a file: squab import FILE.');
  if (others.length > 0) throw new UsageError(`import takes one file, and not also ${JSON.stringify(others[0])}.`);
  const ask = serverOf(flags, process.env);
  const owner = ownerOf(flags);
  const { kind, queues, warnings } = await readQueueFile(file, deploymentOf(flags));
  for (const warning of warnings) console.error(warning);
  const owned = queues.map((queue) => ({
    ...queue,
    account: queue.account ?? owner.account,
    region: queue.region ?? owner.region,
  }));
  const progress = progressLine();
  try {
    const applied = await applyQueues(owned, ask, (done, all) => progress.show('Making queues', done, all));
    progress.end();
    console.log(`${basename(file)} is ${kind}. ${described(applied)}`);
  } finally {
    progress.end();
  }
  return 0;
}

function described({ made, changed, unchanged, messages }: Applied): string {
  const sent = messages > 0 ? `, with ${plural(messages, 'message')}` : '';
  return `Made ${plural(made.length, 'queue')}${sent}; changed ${changed.length}; ${unchanged.length} had it all already.`;
}
