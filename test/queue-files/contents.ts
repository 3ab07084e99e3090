/** Reads the files in test/data/queue-files, and shows the queues that a file declares. */

import { join } from 'node:path';
import type { DeclaredQueue, Deployment } from '../../src/queue-files/declared.ts';
import { type QueueFile, readQueueFile, readQueueText } from '../../src/queue-files/read.ts';
import type { Surroundings } from '../../src/queue-files/syntax/files.ts';

export const deployment: Deployment = { account: '000000000000', region: 'us-east-1' };

/** Reads a file of test/data/queue-files. */
export function fixture(name: string, more: Partial<Deployment> = {}): Promise<QueueFile> {
  return readQueueFile(join(import.meta.dirname, '../data/queue-files', name), { ...deployment, ...more });
}

/** Reads a text as a file with this name, beside other files. */
export function read(
  text: string,
  name: string,
  {
    files = {},
    environment = {},
    ...more
  }: Partial<Deployment & Omit<Surroundings, 'readFile'>> & { files?: Record<string, string> } = {},
): QueueFile {
  const surroundings = { readFile: (path: string) => files[path], environment };
  return readQueueText(text, name, { ...deployment, ...more }, surroundings);
}

/** The contents of a declared queue, without their places in the file. */
export function contentsOf({ name, region, attributes, tags, redrive }: DeclaredQueue) {
  const values = (located: ReadonlyMap<string, { value: string }>) =>
    Object.fromEntries([...located].map(([key, { value }]) => [key, value]));
  return {
    name: name.value,
    ...(region && { region }),
    ...values(attributes),
    ...(tags.size > 0 && { tags: values(tags) }),
    ...(redrive && { redrive: `${redrive.deadLetterQueue.value} after ${redrive.maxReceiveCount.value}` }),
  };
}
