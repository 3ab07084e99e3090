/** Clients of the AWS SDK for JavaScript, and Squabs to connect to. Everything ends with the running test. */

import { CreateQueueCommand, SQSClient, type SQSClientConfig } from '@aws-sdk/client-sqs';
import { afterEach } from 'vitest';
import type { StartOptions } from '../../src/index.ts';
import { type Served, serve } from '../stores.ts';
import { KEY } from './programs.ts';
import { WatchedClock } from './watched-clock.ts';

const endings: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of endings.splice(0).reverse()) await end();
});

/** Registers a function to call when the running test ends. They are called in reverse order. */
export function atEnd(end: () => unknown): void {
  endings.push(end);
}

export async function squabWith(options: StartOptions): Promise<Served> {
  const squab = await serve(options);
  atEnd(() => squab.stop());
  return squab;
}

export function sdk(config: SQSClientConfig): SQSClient {
  const client = new SQSClient({ region: 'us-east-1', credentials: KEY, ...config });
  atEnd(() => client.destroy());
  return client;
}

export async function fixture() {
  const clock = new WatchedClock();
  const squab = await squabWith({ clock });
  const sqs = sdk({ endpoint: squab.url });
  const queue = async (QueueName = 'orders', Attributes?: Record<string, string>) =>
    (await sqs.send(new CreateQueueCommand({ QueueName, Attributes }))).QueueUrl!;
  return { clock, squab, sqs, queue };
}

/** Message attributes of each type. */
export const ATTRIBUTES = {
  customer: { DataType: 'String', StringValue: 'Ærø & søn <"1">' },
  total: { DataType: 'Number', StringValue: '12.50' },
  digest: { DataType: 'Binary.sha1', BinaryValue: new Uint8Array([0, 1, 127, 128, 255]) },
};
