/** Functions that are fed from FIFO queues. */

import { describe, expect, it } from 'vitest';
import { type Fed, fed } from './fed.ts';

/** Messages are written as `a1`: their group, and the number of the message in it. */
async function fedFifo(settings: object = {}, attributes: Record<string, string> = {}) {
  const f = await fed();
  const { QueueUrl, mapping } = await f.feed(settings, { ContentBasedDeduplication: 'true', ...attributes }, 'q.fifo');
  const send = async (names: string) => {
    for (const MessageBody of names.split(' ')) {
      await f.call('SendMessage', { QueueUrl, MessageBody, MessageGroupId: MessageBody[0] });
    }
  };
  return { ...f, QueueUrl, mapping, send };
}

const bodiesOf = ({ functions }: Pick<Fed, 'functions'>) => functions.bodies.map((bodies) => bodies.join(' '));

describe('a function of a FIFO queue', () => {
  it('gets the messages of a group strictly one after the other', async () => {
    const f = await fedFifo({ BatchSize: 1 });
    f.functions.handle = () => undefined;
    await f.send('a1 a2 a3');
    for (const name of ['a1', 'a2', 'a3']) {
      const { bodies, answer } = await f.functions.next();
      expect(bodies).toEqual([name]);
      expect(f.functions.running).toBe(1);
      answer();
    }
    await f.clock.advance(60_000);
    expect(f.functions.most).toBe(1);
    expect(await f.counts(f.QueueUrl)).toEqual([0, 0]);
  });

  it('gets the messages of several groups in parallel, and a batch may have several groups', async () => {
    const f = await fedFifo({ BatchSize: 1, Enabled: false });
    f.functions.handle = () => undefined;
    await f.send('a1 b1 a2 c1');
    const path = `/2015-03-31/event-source-mappings/${f.mapping.UUID}`;
    await f.lambda('PUT', path, { Enabled: true });
    for (let round = 0; round < 3; round++) await f.functions.next();
    expect(bodiesOf(f).sort()).toEqual(['a1', 'b1', 'c1']);
    for (const { answer } of f.functions.invocations) answer();
    expect((await f.functions.next()).bodies).toEqual(['a2']);
    f.functions.invocations[3]!.answer();
    await f.lambda('PUT', path, { Enabled: false, BatchSize: 10 });
    await f.send('d1 e1 d2');
    await f.lambda('PUT', path, { Enabled: true });
    const { bodies, answer } = await f.functions.next();
    expect(bodies.sort()).toEqual(['d1', 'd2', 'e1']);
    answer();
  });

  it('gets what it has listed as failed again, in order, and then the rest', async () => {
    const f = await fedFifo({ FunctionResponseTypes: ['ReportBatchItemFailures'], Enabled: false });
    const failing = new Set(['a2', 'a3', 'a4']);
    f.functions.handle = ({ event }) => {
      const failed = event.Records.filter(({ body }: { body: string }) => failing.has(body));
      return {
        body: {
          batchItemFailures: failed.map(({ messageId }: { messageId: string }) => ({ itemIdentifier: messageId })),
        },
      };
    };
    await f.send('a1 a2 a3 a4');
    await f.lambda('PUT', `/2015-03-31/event-source-mappings/${f.mapping.UUID}`, { Enabled: true });
    await f.clock.advance(0);
    expect(await f.counts(f.QueueUrl)).toEqual([0, 3]);
    failing.clear();
    await f.clock.advance(30_000);
    expect(bodiesOf(f)).toEqual(['a1 a2 a3 a4', 'a2 a3 a4']);
    const counts = f.functions.invocations[1]!.event.Records.map(
      ({ attributes }: { attributes: Record<string, string> }) => attributes.ApproximateReceiveCount,
    );
    expect(counts).toEqual(['2', '2', '2']);
    expect(await f.counts(f.QueueUrl)).toEqual([0, 0]);
  });

  it('never gets a group in two invocations at once, even if it takes longer than the visibility timeout', async () => {
    const f = await fedFifo({ BatchSize: 1 }, { VisibilityTimeout: '10' });
    f.functions.handle = () => undefined;
    await f.send('a1 b1');
    const [first, second] = [await f.functions.next(), await f.functions.next()];
    await f.clock.advance(15_000);
    expect(f.functions.running).toBe(2);
    first.answer();
    const again = await f.functions.next();
    expect(again.bodies).toEqual(first.bodies);
    expect(f.functions.running).toBe(2);
    f.functions.handle = () => ({});
    second.answer();
    again.answer();
    await f.clock.advance(60_000);
    expect(await f.counts(f.QueueUrl)).toEqual([0, 0]);
    expect(f.functions.most).toBe(2);
  });
});
