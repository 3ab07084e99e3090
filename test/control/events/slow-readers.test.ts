/** Events with long texts that are not bodies: those of topics. A slow reader gets them up to a limit, as it does bodies. */

import { expect, it } from 'vitest';
import { EventFeed } from '../../../src/control/events/event-feed.ts';
import { Events } from '../../../src/control/events/events.ts';
import { Journal } from '../../../src/control/journal/journal.ts';
import { systemClock } from '../../../src/time/clock.ts';

it('events with long endpoints and reasons reach a slow reader up to a number of characters', async () => {
  const feed = new EventFeed(
    () => () => {},
    new Journal(0),
    () => 0,
  );
  const follower = new Events(feed, new AbortController().signal, systemClock).follow();
  const topic = { account: 'a', region: 'r', name: 't' };
  const subscriber = { subscription: 's', protocol: 'http', endpoint: 'e'.repeat(500) };
  const publish = () => {
    const about = { topic, subscriber, reason: 'r'.repeat(500) };
    for (let number = 1; number <= 500; number++)
      feed.noteTopicEvents([{ ...about, kind: 'filtered', messageId: `m${number}` }]);
  };
  for (let round = 0; round < 2; round++) {
    publish();
    for (let number = 1; number <= 125; number++)
      expect((await follower.next()).value).toMatchObject({ messageId: `m${number}` });
    expect((await follower.next()).value).toMatchObject({ kind: 'missed', count: 375 });
  }
});
