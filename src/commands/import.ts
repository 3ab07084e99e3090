/** `squab import FILE…`: creates the queues and topics of files on a running Squab. */

import { basename } from 'node:path';
import { type Applied, applyDeclared } from '../queue-files/apply.ts';
import type { Owner } from '../queue-files/call-sqs.ts';
import { checkParameters, type QueueFile, readQueueFile } from '../queue-files/read.ts';
import { UsageError } from '../settings/config.ts';
import { plural, readArguments } from './arguments.ts';
import { complain, say } from './output.ts';
import { progressLine } from './progress.ts';
import { deploymentOf, ownerOf, serverOf } from './reach.ts';
import { onStopSignal } from './stop-signals.ts';

const help = `squab import: creates the queues and topics of files on a running Squab

Usage: squab import FILE… [--url URL] [--account ID] [--region REGION] [--parameter NAME=VALUE…] [--stack-name NAME]

  --url URL               URL of Squab; by default http://127.0.0.1 with the port SQUAB_PORT, or 9324
  --account ID            account of queues and topics without one in the file; by default Squab's own account
  --region REGION         region of queues and topics without one in the file; by default Squab's own region
  --parameter NAME=VALUE  value of a parameter of a template, or of a variable of a serverless.yml; can be repeated
  --stack-name NAME       the template's AWS::StackName; by default squab
  -h, --help              show this help

FILE is a queue file in YAML or JSON, a CloudFormation or SAM template, a serverless.yml, the output of terraform show
-json, or an ElasticMQ configuration. New queues get the attributes, tags and messages in the file. Existing queues get
its attributes and tags, and keep their messages and everything that the file does not mention; the same goes for topics
and subscriptions. If a file is invalid, nothing is created from any of them. If the import fails or is stopped (Ctrl+C),
the queues and topics that it has created are deleted. Warnings about ignored parts of a file go to standard error.
Requests are signed with AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY if they are set.

Exit code: 0 on success, 1 if the import failed or a queue has only a part of its messages, 2 for wrong usage.`;

/** Throws UsageError, and errors that say what is wrong with a file or the server. */
export async function run(args: readonly string[]): Promise<number> {
  const flags = readArguments(args, { values: ['url', 'account', 'region', 'parameter', 'stack-name'] });
  if (!flags) {
    console.log(help);
    return 0;
  }
  const paths = flags.positionals;
  if (paths.length === 0) throw new UsageError('import needs a file: squab import FILE.');
  const server = serverOf(flags, process.env);
  const owner = ownerOf(flags);
  const deployment = deploymentOf(flags);
  const files: QueueFile[] = [];
  for (const path of paths) files.push(await readQueueFile(path, deployment));
  checkParameters(deployment, files);
  for (const warning of files.flatMap(({ warnings }) => warnings)) complain(warning);
  if (files.some(({ functions }) => functions.size > 0)) {
    complain('The URLs of functions are ignored: a running Squab keeps those that it was started with.');
  }
  const owned = <T extends Owner>(one: T) => ({
    ...one,
    account: one.account ?? owner.account,
    region: one.region ?? owner.region,
  });
  const queues = files.flatMap((file) => file.queues).map(owned);
  const topics = files.flatMap((file) => file.topics).map(owned);
  const progress = progressLine();
  const stopping = new AbortController();
  const restoreSignals = onStopSignal((signal) => {
    progress.end();
    complain('Stopping, and deleting what was created. Press Ctrl+C again to end at once.');
    const reason = `The import was stopped (${signal}). The queues and topics that it had created are deleted.`;
    stopping.abort(new Error(reason));
  });
  try {
    const applied = await applyDeclared({ queues, topics }, { ...server, signal: stopping.signal }, (done, all) =>
      progress.show(topics.length > 0 ? 'Creating queues and topics' : 'Creating queues', done, all),
    );
    progress.end();
    for (const warning of applied.warnings) complain(warning);
    const kinds = files.map(({ kind }, index) => `${basename(paths[index]!)} is ${kind}.`);
    const lines = kinds.length === 1 ? [`${kinds[0]} ${described(applied)}`] : [...kinds, described(applied)];
    for (const line of lines) say(line);
    return applied.unfinished.length > 0 ? 1 : 0;
  } finally {
    progress.end();
    restoreSignals();
  }
}

function described({ created, changed, unchanged, messages, topics }: Applied): string {
  const sent = messages > 0 ? ` with ${plural(messages, 'message')}` : '';
  const news = `${plural(created.length, 'queue')}${sent}`;
  const isAbout = topics.created.length + topics.changed.length + topics.unchanged.length > 0;
  const all = isAbout ? `${news} and ${plural(topics.created.length, 'topic')}` : news;
  const others = [changed.length + topics.changed.length, unchanged.length + topics.unchanged.length];
  return `Created ${all}; changed ${others[0]}; left ${others[1]} unchanged.`;
}
