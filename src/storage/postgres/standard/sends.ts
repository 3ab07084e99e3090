/** Sends to standard queues. Those of all queues that wait for a connection go together, in one statement. */

import type { Millis } from '../../../time/clock.ts';
import { charactersOf } from '../../content-size.ts';
import { isOutdated } from '../../queue-changes.ts';
import type { Expected, NewMessage, Sending, Sent } from '../../store.ts';
import { BatchLane } from '../batch-lanes.ts';
import type { Context } from '../context.ts';
import type { Effects } from '../effects.ts';
import type { NotStandard } from '../message-verbs.ts';
import type { QueueState } from '../queue-table.ts';
import type { Session, Tx } from '../session.ts';
import { SEND } from './send-statements.ts';

/** Messages for a queue that is not serial. */
export interface AskedSend {
  state: QueueState;
  messages: readonly NewMessage[];
  now: Millis;
  /** The version that the queue must have; null for any. */
  version: number | null;
}

type Answer = Sending | NotStandard;

export class Sends {
  readonly #context: Context;
  readonly #batches: BatchLane<AskedSend, Answer>;

  constructor(context: Context) {
    this.#context = context;
    this.#batches = new BatchLane(context.lanes.send, (session, asked) => this.#carryOut(session, asked), {
      sizeOf: ({ messages }) => messages.reduce((sum, message) => sum + charactersOf(message), 0),
    });
  }

  async send(state: QueueState, messages: readonly NewMessage[], now: Millis, expected?: Expected): Promise<Answer> {
    // The statement stores nothing if the queue has changed since this copy of it was made.
    if (isOutdated(state.queue, expected)) return 'outdated';
    if (messages.some(({ groupId }) => groupId !== undefined)) return 'serial';
    return this.#batches.ask({ state, messages, now, version: expected ? state.version : null });
  }

  async #carryOut(session: Session, asked: readonly AskedSend[]): Promise<Answer[]> {
    const effects = this.#context.newEffects();
    const answers = await sendTogether(session, session.slot, asked, effects);
    this.#context.report(effects);
    return answers;
  }
}

/** Sends to standard queues in one statement, which locks nothing. Tells `effects` what is to be reported of it. */
export async function sendTogether(
  tx: Tx,
  slot: number,
  asked: readonly AskedSend[],
  effects: Effects,
): Promise<(Sent[] | 'outdated-copy')[]> {
  const [row] = await tx.run(SEND, [
    asked.map(({ state }) => state.queue.id),
    asked.map(({ version }) => version),
    ...columnsOf(asked),
    slot,
  ]);
  const { generations, keys } = row!;
  let stored = 0;
  return asked.map(({ state, messages, now }, index) => {
    if (generations[index] === 0) return 'outdated-copy';
    const { queue } = state;
    if (messages.length > 0) effects.expires(now + queue.retentionMs);
    return messages.map((message) => {
      const key = keys![stored++]!;
      const visibleAt = now + message.delayMs;
      effects.announce(queue.id, visibleAt);
      effects.record?.({ kind: 'sent', queue, key, content: message, visibleAt, publication: message.publication });
      return { messageId: message.messageId, key };
    });
  });
}

/** Returns the columns of the messages, as the statement takes them. */
function columnsOf(asked: readonly AskedSend[]): unknown[][] {
  const rows = asked.flatMap(({ messages, now }, index) =>
    messages.map((message) => ({ message, now, request: index + 1 })),
  );
  const column = (of: (message: NewMessage) => string | undefined) => rows.map(({ message }) => of(message));
  return [
    rows.map(({ request }) => request),
    rows.map(({ now }) => now),
    rows.map(({ now, message }) => now + message.delayMs),
    column(({ messageId }) => messageId),
    column(({ body }) => body),
    column(({ bodyMd5 }) => bodyMd5),
    column(({ attributes }) => attributes && JSON.stringify([...attributes])),
    column(({ senderId }) => senderId),
    column(({ traceHeader }) => traceHeader),
    column(({ groupId }) => groupId),
    column(({ deduplicationId }) => deduplicationId),
    column(({ deadLetterSource }) => deadLetterSource),
  ];
}
