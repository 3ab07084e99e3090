/** Logs messages of topics that were not delivered: the publisher does not learn of them. */

import { shownEndpoint } from './endpoints.ts';
import { subscriptionArn } from './topic-arn.ts';
import type { TopicListener, Undelivered } from './topic-reports.ts';

interface Log {
  warn(facts: object, message: string): void;
}

/** How many different lines are logged. Each is logged once, since the next messages have the same problem. */
const LINES_MAX = 1000;

/** Returns a listener that logs. */
export function deliveryLog(log: Log): TopicListener {
  const logged = new Set<string>();
  const warn = (facts: { subscription: string; reason: string | undefined }, message: string) => {
    const line = `${message} ${facts.subscription} ${facts.reason}`;
    if (logged.size >= LINES_MAX || logged.has(line)) return;
    logged.add(line);
    log.warn(facts, message);
  };
  const undeliveredToQueue = ({ subscription, reason, deadLetterArn, deadLetterReason }: Undelivered) => {
    const inDeadLetterQueue = deadLetterArn !== undefined && deadLetterReason === undefined;
    warn(
      {
        subscription: subscriptionArn(subscription),
        ...{ endpoint: subscription.endpoint, reason, deadLetterQueue: deadLetterArn, deadLetterReason },
      },
      inDeadLetterQueue
        ? 'A queue could not take a message of a topic, which is in the dead-letter queue of the subscription.'
        : 'A queue could not take a message of a topic, which is lost.',
    );
  };
  return {
    published({ undelivered }) {
      for (const one of undelivered) undeliveredToQueue(one);
    },
    attempted({ subscriber, type, result, reason }) {
      if (result === 'delivered' || result === 'failed') return;
      warn(
        { subscription: subscriber.arn, ...{ endpoint: shownEndpoint(subscriber.endpoint), reason } },
        result === 'dead-lettered'
          ? `A ${type} of a topic could not be delivered, and is in the dead-letter queue of the subscription.`
          : `A ${type} of a topic could not be delivered, and is lost.`,
      );
    },
  };
}
