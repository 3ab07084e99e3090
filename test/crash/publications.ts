/**
 * Everything that the publishers know: which messages they published, which of them Squab acknowledged, and with which
 * IDs. Every queue that is subscribed to a topic has to have each of its messages that the filter policy matches, once,
 * and no other. Texts are unique; those of the FIFO topic are `order/group/number`.
 */

export const TOPICS = ['news', 'order.fifo'] as const;
export type Topic = (typeof TOPICS)[number];

export interface Subscribed {
  queue: string;
  topic: Topic;
  /** The filter policy matches messages of this kind only. */
  kind?: Kind;
  /** Whether messages arrive in envelopes. */
  wrapped?: boolean;
}

export const SUBSCRIBED: readonly Subscribed[] = [
  { queue: 'news-all', topic: 'news' },
  { queue: 'news-even', topic: 'news', kind: 'even' },
  { queue: 'news-wrapped', topic: 'news', wrapped: true },
  { queue: 'order-all.fifo', topic: 'order.fifo' },
  { queue: 'order-odd.fifo', topic: 'order.fifo', kind: 'odd' },
  { queue: 'order-wrapped', topic: 'order.fifo', wrapped: true },
];

type Kind = 'even' | 'odd';

interface Publication {
  topic: Topic;
  kind: Kind;
  /** The message ID of the answer; undefined while no answer has arrived. */
  messageId: string | undefined;
}

/** A message in a queue. */
export interface Found {
  text: string;
  messageId?: string;
}

export class Publications {
  readonly #publications = new Map<string, Publication>();

  publishing(topic: Topic, text: string): Kind {
    const kind = Number(/\d+$/.exec(text)![0]) % 2 === 0 ? 'even' : 'odd';
    if (!this.#publications.has(text)) this.#publications.set(text, { topic, kind, messageId: undefined });
    return kind;
  }

  published(text: string, messageId: string): void {
    this.#publications.get(text)!.messageId = messageId;
  }

  get count(): number {
    return this.#publications.size;
  }

  /** Returns what is wrong with the queues, which have exactly these messages in this order. */
  verdict(found: ReadonlyMap<string, readonly Found[]>): string[] {
    const wrong = SUBSCRIBED.flatMap((subscribed) => this.#verdictOn(subscribed, found.get(subscribed.queue)!));
    const texts = new Map([...found].map(([queue, messages]) => [queue, new Set(messages.map(({ text }) => text))]));
    for (const [text, { topic, kind, messageId }] of this.#publications) {
      const queues = SUBSCRIBED.filter((one) => one.topic === topic && (one.kind ?? kind) === kind);
      const having = queues.filter(({ queue }) => texts.get(queue)!.has(text));
      // Without an answer, the message may be lost, but only as a whole.
      if (having.length === queues.length || (having.length === 0 && messageId === undefined)) continue;
      const [names, all] = [having, queues].map((list) => list.map(({ queue }) => queue).join(', ') || 'no queue');
      wrong.push(`${text}${messageId ? ', which was acknowledged,' : ''} is in ${names}, and should be in ${all}.`);
    }
    return wrong;
  }

  /** Returns the acknowledged messages of a topic that an HTTP endpoint did not get. */
  missing(topic: Topic, delivered: ReadonlySet<string>): string[] {
    return [...this.#publications]
      .filter(([, one]) => one.topic === topic && one.messageId !== undefined && !delivered.has(one.messageId))
      .map(([text]) => text);
  }

  #verdictOn({ queue, topic, kind, wrapped }: Subscribed, found: readonly Found[]): string[] {
    const wrong: string[] = [];
    const seen = new Set<string>();
    const last = new Map<string, number>();
    for (const { text, messageId } of found) {
      const publication = this.#publications.get(text);
      if (publication?.topic !== topic) wrong.push(`${queue} has ${text}, which was not published to ${topic}.`);
      else if (kind && publication.kind !== kind) wrong.push(`${queue} has ${text}, which its filter does not match.`);
      else if (wrapped && publication.messageId && messageId !== publication.messageId) {
        wrong.push(`${queue} has ${text} as ${messageId}, but ${publication.messageId} was acknowledged.`);
      }
      if (seen.has(text)) wrong.push(`${queue} has ${text} twice.`);
      seen.add(text);
      const [, group, number] = text.split('/');
      if (group === undefined || !queue.endsWith('.fifo')) continue;
      if (Number(number) < (last.get(group) ?? 0)) wrong.push(`${queue} has ${text} after ${last.get(group)}.`);
      last.set(group, Number(number));
    }
    return wrong;
  }
}
