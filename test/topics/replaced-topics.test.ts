/** What HTTP endpoints and dead-letter queues get of topics that a reset removes, or that a restored snapshot replaces. */

import type { ServerResponse } from 'node:http';
import { describe, expect, it } from 'vitest';
import { EMULATOR_PATH } from '../functions/function-server.ts';
import { ACCOUNT, withSns } from '../sns-client.ts';
import { silence, startEndpoint, status } from './deliveries/endpoint.ts';

/** A topic with an endpoint that answers with status 500, and is subscribed with these attributes. */
async function withEndpoint(Attributes: Record<string, string> = {}) {
  const endpoint = await startEndpoint(status(500));
  const made = await withSns({ confirmHttp: true });
  const TopicArn = await made.topic();
  const subscribe = { TopicArn, Protocol: 'http', Endpoint: endpoint.url, ReturnSubscriptionArn: true };
  await made.sns('Subscribe', { ...subscribe, Attributes: { RawMessageDelivery: 'true', ...Attributes } });
  const publish = (Message: string) => made.sns('Publish', { TopicArn, Message });
  return { ...made, endpoint, publish, snapshots: made.squab.control.snapshots };
}

/** Lets an endpoint leave requests without an answer. Returns a function that answers the latest. */
function hold(endpoint: Awaited<ReturnType<typeof startEndpoint>>) {
  let latest: ServerResponse | undefined;
  endpoint.answer = (response) => {
    latest = response;
  };
  return (code: number) => void latest!.writeHead(code).end();
}

describe('a restored snapshot', () => {
  it('delivers its messages, whatever becomes of attempts that began before', async () => {
    const { endpoint, publish, snapshots, clock } = await withEndpoint();
    await publish('m');
    await endpoint.arrived(1);
    await clock.advance(1);
    await snapshots.take('failed');
    const answer = hold(endpoint);
    await clock.advance(20_000);
    await endpoint.arrived(2);
    await snapshots.restore('failed');
    await clock.advance(20_000);
    answer(200);
    await endpoint.arrived(3);
  });

  it('delivers messages that are due once', async () => {
    const { endpoint, publish, snapshots, clock } = await withEndpoint();
    await publish('m');
    await endpoint.arrived(1);
    await clock.advance(1);
    await snapshots.take('failed');
    endpoint.answer = status(200);
    await clock.advance(20_000);
    for (const count of [3, 4]) {
      await snapshots.restore('failed', { clock: false });
      await endpoint.arrived(count);
      await clock.advance(600_000);
      expect(endpoint.requests).toHaveLength(count);
    }
  });
});

it('a snapshot is restored although an emulator, for which a message waits, does not answer', async () => {
  const emulator = await startEndpoint(silence);
  const { sns, topic, squab } = await withSns({ functions: { f: new URL(EMULATOR_PATH, emulator.url).href } });
  const TopicArn = await topic();
  const functionArn = `arn:aws:lambda:us-east-1:${ACCOUNT}:function:f`;
  await sns('Subscribe', { TopicArn, Protocol: 'lambda', Endpoint: functionArn });
  const client = new AbortController();
  const options = { method: 'POST', body: '{}', signal: client.signal };
  fetch(`${squab.url}/2015-03-31/functions/f/invocations`, options).catch(() => {});
  await emulator.arrived(1);
  await sns('Publish', { TopicArn, Message: 'm' });
  await squab.control.snapshots.take('waiting');
  await squab.control.snapshots.restore('waiting');
  client.abort();
});

describe.each(['restored snapshot', 'reset'])('a message that a %s has removed', (how) => {
  it('does not get into the dead-letter queue afterwards', async () => {
    const RedrivePolicy = JSON.stringify({ deadLetterTargetArn: 'arn:aws:sqs:us-east-1:000000000000:letters' });
    const DeliveryPolicy = '{"healthyRetryPolicy":{"numRetries":0}}';
    const { endpoint, publish, queue, taken, squab, snapshots, clock } = await withEndpoint({
      RedrivePolicy,
      DeliveryPolicy,
    });
    await queue('letters');
    await snapshots.take('empty');
    const answer = hold(endpoint);
    await publish('m');
    await endpoint.arrived(1);
    if (how === 'reset') await squab.control.reset();
    else await snapshots.restore('empty');
    const letters = await queue('letters');
    answer(500);
    await clock.advance(60_000);
    expect(await taken(letters)).toEqual([]);
  });
});
