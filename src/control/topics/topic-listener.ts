/** Passes reports about publications on: to the log of publications, and as events. */

import { parseArn } from '../../queues/arn.ts';
import type { TopicListener } from '../../topics/topic-reports.ts';
import type { EventFeed } from '../events/event-feed.ts';
import { eventOf, eventsOf } from '../journal/topic-events.ts';
import type { PublicationLog } from './publication-log.ts';
import type { TopicWaits } from './topic-wait.ts';

/** @internal Returns the listener. Without a log, publications are events only. */
export function topicListener(feed: EventFeed, log: PublicationLog | undefined, waits: TopicWaits): TopicListener {
  return {
    published(report) {
      log?.add(report);
      if (feed.isActive) feed.noteTopicEvents(eventsOf(report));
    },
    attempted(report) {
      log?.attempted(report, feed.now());
      const topic = parseArn(report.subscriber.topicArn);
      const event = feed.isActive && topic ? eventOf({ ...report, topic }) : undefined;
      if (event) feed.noteTopicEvents([event]);
    },
    deleted: () => waits.recheck(),
  };
}
