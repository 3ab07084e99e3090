/** Logs messages of topics that were not delivered: the publisher does not learn of them. */

import type { DeliveryReport } from './deliveries/deliverer.ts';
import type { Undelivered } from './env.ts';
import { subscriptionArn } from './topic-arn.ts';

interface Log {
  warn(facts: object, message: string): void;
}

/** How many different lines are logged. Each is logged once, since the next messages have the same problem. */
const LINES_MAX = 1000;

/** Returns listeners for what happens to messages. */
export function deliveryLog(log: Log) {
  const logged = new Set<string>();
  const warn = (facts: { subscription: string; reason: string | undefined }, message: string) => {
    const line = `${message} ${facts.subscription} ${facts.reason}`;
    if (logged.size >= LINES_MAX || logged.has(line)) return;
    logged.add(line);
    log.warn(facts, message);
  };
  return {
    onUndelivered({ subscription, reason, deadLetterArn, deadLetterReason }: Undelivered): void {
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
    },
    onReport({ subscriber, type, result, reason }: DeliveryReport): void {
      if (result === 'delivered' || result === 'failed') return;
      warn(
        { subscription: subscriber.arn, ...{ endpoint: subscriber.endpoint, reason } },
        result === 'dead-lettered'
          ? `A ${type} of a topic could not be delivered, and is in the dead-letter queue of the subscription.`
          : `A ${type} of a topic could not be delivered, and is lost.`,
      );
    },
  };
}
