/** Characters that XML, ARNs or an engine cannot have, in texts that no rule of SQS is about. */

import { expect, it } from 'vitest';
import { overBothWires } from '../helpers.ts';

const ODD = ['a\0b', 'a\u0007b', 'a\ufffeb', 'a b', 'a\u0085b', 'a\nb', 'a:b', 'a,b', 'é'];

overBothWires('odd characters', (fixture) => {
  it('cannot be in the region of a queue or a topic', async () => {
    const { squab } = await fixture();
    for (const [service, action] of [
      ['sqs', 'Action=CreateQueue&QueueName=q'],
      ['sns', 'Action=CreateTopic&Name=t'],
    ]) {
      for (const region of ODD) {
        const credential = encodeURIComponent(`000000000000/20260101/${region}/${service}/aws4_request`);
        const { status } = await fetch(`${squab.url}/?${action}&X-Amz-Credential=${credential}`);
        expect(status, region).toBe(400);
      }
    }
    expect(await squab.control.reset()).toMatchObject({ queues: 0, topics: 0 });
  });

  it('cannot be in a trace header or a source of a message that is added', async () => {
    const { squab, queue } = await fixture();
    await queue();
    const { name } = (await squab.control.queues.list()).queues[0]!;
    for (const text of ODD.slice(0, 3)) {
      const add = (more: object) => squab.control.messages.add(name, { body: 'm', ...more });
      await expect(add({ traceHeader: text })).rejects.toMatchObject({ status: 400 });
      const deadLetterSource = `arn:aws:sqs:${text}:000000000000:source`;
      await expect(add({ deadLetterSource })).rejects.toMatchObject({ status: 400 });
    }
    for (const traceHeader of ['x'.repeat(8193), `${'x'.repeat(8191)}\u{1f600}`]) {
      const add = squab.control.messages.add(name, { body: 'm', traceHeader });
      await expect(add, traceHeader).rejects.toMatchObject({ status: 400 });
    }
    expect((await squab.control.messages.peek(name)).messages).toEqual([]);
  });
});
