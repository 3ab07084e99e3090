/** What a function gets from its queue, and what becomes of the messages. */

import { describe, expect, it } from 'vitest';
import { fed } from './fed.ts';

describe('a function', () => {
  it('gets the messages of its queue, which are deleted once it has succeeded', async () => {
    const { feed, send, functions, counts, clock } = await fed();
    const { QueueUrl } = await feed();
    await send(QueueUrl, 'hello');
    const { bodies } = await functions.next();
    expect(bodies).toEqual(['hello']);
    await clock.advance(0);
    expect(await counts(QueueUrl)).toEqual([0, 0]);
  });
});
