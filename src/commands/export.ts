/** `squab export`: writes the queues and topics of a running Squab, or of a data folder, to a file that can recreate them. */

import { lstatSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { configurationOf } from '../api/lambda/mapping-shapes.ts';
import { isPlanted, replaceFile } from '../files.ts';
import { allMessages } from '../queue-files/all-messages.ts';
import { collectQueues } from '../queue-files/collect.ts';
import { collectTopics } from '../queue-files/collect-topics.ts';
import { storedTopics } from '../queue-files/stored-topics.ts';
import { definitionsOf, type QueueState, queueFileText } from '../queue-files/write.ts';
import { type TopicState, topicDefinitionsOf } from '../queue-files/written-topics.ts';
import { UsageError } from '../settings/config.ts';
import { DataFolderError } from '../storage/sqlite/data-folder.ts';
import { readQueues } from '../storage/sqlite/offline/read-queues.ts';
import { readTopics } from '../storage/sqlite/offline/read-topics.ts';
import { systemClock } from '../time/clock.ts';
import { type Flags, listed, plural, readArguments, refuseArguments } from './arguments.ts';
import { complain, print, say } from './output.ts';
import { type Progress, progressLine } from './progress.ts';
import { ownerOf, serverOf, urlOf } from './reach.ts';

const help = `squab export: writes queues and topics to a file for --config and squab import

Usage: squab export [--url URL [--account ID] [--region REGION] | --data DIR] [--messages] [--output FILE]

  --url URL        URL of Squab; by default http://127.0.0.1 with the port SQUAB_PORT, or 9324
  --account ID     account whose queues and topics are exported; by default Squab's own account
  --region REGION  region whose queues and topics are exported; by default Squab's own region
  --data DIR       read a data folder that is not in use, instead of a server: all accounts and regions
  --messages       also write messages, as new ones: without delays, receive counts and receipt handles
  --output FILE    write to this file, as JSON if its name ends with .json; by default, write YAML to standard output
  -h, --help       show this help

Requests are signed with AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY if they are set.

Exit code: 0 on success, 1 if they could not be read or written, 2 for wrong usage.`;

/** Throws UsageError, and errors that say what is wrong with the server, the folder or the file. */
export async function run(args: readonly string[]): Promise<number> {
  const values = ['url', 'account', 'region', 'data', 'output'];
  const flags = readArguments(args, { values, switches: ['messages'] });
  if (!flags) {
    console.log(help);
    return 0;
  }
  checkTogether(flags);
  const progress = progressLine();
  let found: Found;
  try {
    found = await read(flags, progress);
  } finally {
    progress.end();
  }
  const output = flags.values.get('output');
  const definitions = {
    queues: definitionsOf(found.queues, complain),
    topics: topicDefinitionsOf(found.topics, found.queues, complain),
  };
  const text = queueFileText(definitions, output?.endsWith('.json') ? 'json' : 'yaml');
  if (output === undefined) await print(text);
  else await write(output, text, found);
  return 0;
}

function checkTogether(flags: Flags): void {
  refuseArguments(flags);
  const { values } = flags;
  const serverFlag = ['url', 'account', 'region'].find((name) => values.has(name));
  if (values.has('data') && serverFlag) {
    throw new UsageError(
      `--data and --${serverFlag} cannot be used together: --data reads a whole folder, without a server.`,
    );
  }
}

interface Found {
  queues: QueueState[];
  topics: TopicState[];
}

async function read(flags: Flags, progress: Progress): Promise<Found> {
  const step = (done: number, all: number) => progress.show('Reading queues', done, all);
  const folder = flags.values.get('data');
  const messages = flags.switches.has('messages');
  if (folder === undefined) {
    const { callSqs } = serverOf(flags, process.env);
    const queues = await collectQueues(callSqs, ownerOf(flags), step);
    const topics = await collectTopics(callSqs, ownerOf(flags));
    return { queues: messages ? await withMessages(queues, urlOf(flags, process.env), progress) : queues, topics };
  }
  try {
    const now = systemClock.now();
    const queues = readQueues(folder, { messages, now }, step).map(({ eventSourceMappings, ...queue }) => ({
      ...queue,
      mappings: eventSourceMappings.map((mapping) => configurationOf(mapping)),
    }));
    return { queues, topics: storedTopics(readTopics(folder), now) };
  } catch (error) {
    throw error instanceof DataFolderError ? new UsageError(error.message) : error;
  }
}

async function withMessages(queues: readonly QueueState[], url: string, progress: Progress): Promise<QueueState[]> {
  const filled: QueueState[] = [];
  for (const queue of queues) {
    filled.push({ ...queue, messages: await allMessages(url, queue) });
    progress.show('Reading messages of queues', filled.length, queues.length);
  }
  return filled;
}

async function write(output: string, text: string, { queues, topics }: Found): Promise<void> {
  try {
    const before = lstatSync(output, { throwIfNoEntry: false });
    if (isPlanted(output, before)) throw new Error('a file or link that belongs to another user is in the way');
    // A file that is cut off, because the disk was full, could be imported without an error. A device, a pipe and the
    // user's own link stay.
    if (before && !before.isFile()) await writeFile(output, text);
    else await replaceFile(output, text, before?.mode);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const reason = code === 'ENOENT' ? `there is no folder ${dirname(output)}` : message;
    throw new Error(`Cannot write ${output}: ${reason}.`, { cause: error });
  }
  const messages = queues.reduce((sum, queue) => sum + queue.messages.length, 0);
  const counts = [plural(queues.length, 'queue')];
  if (topics.length > 0) counts.push(plural(topics.length, 'topic'));
  if (messages > 0) counts.push(plural(messages, 'message'));
  say(`Wrote ${listed(counts)} to ${output}.`);
}
