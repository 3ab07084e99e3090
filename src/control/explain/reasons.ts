/** Derives the reasons, and their sentences, from the state of a queue. */

import type { PeekedMessage } from '../../storage/inspection.ts';
import type { Millis } from '../../time/clock.ts';
import { isoOf } from '../control-context.ts';
import { ordinal, shown } from '../journal/reports.ts';
import type { QueueView, Reason } from './queue-view.ts';

/** How many messages the text describes for each reason; the others are counted. */
const DESCRIBED_MAX = 3;
/** How many characters of a body the text quotes. */
const BODY_QUOTED = 60;

type Kind = Reason['kind'];

/** Returns the reasons, and the whole explanation as sentences. */
export function reasonsOf(view: QueueView): { text: string; reasons: Reason[] } {
  const { counts, next, queue, isFull, isUnknown, waiting } = view;
  const reasons: Reason[] = [];
  const add = (kind: Kind, count: number, messages: readonly PeekedMessage[], text: string, until?: Millis) => {
    if (count === 0) return;
    const messageIds = messages.slice(0, 10).map(({ messageId }) => messageId);
    reasons.push({ kind, count, messageIds, text, ...(until !== undefined && { until: isoOf(until) }) });
  };
  const total = counts.visible + counts.inFlight + counts.delayed;
  if (total === 0) add('empty', 1, [], emptyWords(view));
  if (isFull) add('in-flight-limit', counts.inFlight, [], fullWords(view));
  const { delayed, 'in-flight': inFlight, blocked } = view.first;
  const named = (kind: Kind, count: number, messages: readonly PeekedMessage[], until: Millis | undefined) => {
    add(
      kind,
      count,
      messages,
      listed(
        kind,
        count,
        messages.map((message) => wordsOf(message, view)),
      ),
      until,
    );
  };
  named('delayed', counts.delayed, delayed, delayed[0]?.visibleAt);
  named('in-flight', counts.inFlight, inFlight, inFlight[0]?.visibleAt);
  // If some visible messages can be received, only the blocked ones listed are counted: counting all of them would mean
  // looking at every visible message.
  const blockedCount = next || isFull || view.atMaxReceives.length > 0 ? blocked.length : counts.visible;
  named('blocked', blockedCount, blocked, blocked[0]?.blockedBy?.visibleAt);
  add('received-too-often', view.atMaxReceives.length, view.atMaxReceives, maxReceivesWords(view));
  add('waiting-receives', waiting, [], waitingWords(waiting));
  add('fault-rules', view.faultRules.length, [], faultWords(view));
  const sums = reasons.filter(
    ({ kind }) => !['empty', 'in-flight-limit', 'waiting-receives', 'fault-rules'].includes(kind),
  );
  const list = sums.map(({ text }) => text).join(', ');
  const visible = next || isFull ? `, ${counts.visible - blockedCount} of them visible` : '';
  const sentences = [
    next && `A receive would return message ${next.messageId} (${JSON.stringify(shown(next.body, BODY_QUOTED))}).`,
    isUnknown &&
      `A receive from ${queue.name} would first move other messages to the dead-letter queue; what it would then ` +
        'return is unknown.',
    !next && !isUnknown && total > 0 && `A receive from ${queue.name} would return nothing.`,
    total > (next ? 1 : 0) && `${messagesIn(total)}${visible}${list && `: ${list}`}.`,
    ...reasons.filter((one) => !sums.includes(one)).map(({ text }) => text),
  ];
  return { text: sentences.filter((sentence) => typeof sentence === 'string').join(' '), reasons };
}

const messagesIn = (count: number) => (count === 1 ? '1 message' : `${count} messages`);

/** Formats a reason as `2 delayed until …, 1 delayed until …, 4 more delayed`. */
function listed(kind: Kind, count: number, all: readonly string[]): string {
  const state = kind.replace('-', ' ');
  // Messages of one receive have the same words.
  const counts = new Map<string, number>();
  for (const words of all) counts.set(words, (counts.get(words) ?? 0) + 1);
  const described = [...counts].slice(0, DESCRIBED_MAX);
  const parts = described.map(([words, number]) => `${number} ${words}`);
  const others = count - described.reduce((sum, [, number]) => sum + number, 0);
  if (others > 0) parts.push(parts.length > 0 ? `${others} more ${state}` : `${others} ${state}`);
  return parts.join(', ');
}

/** Says why a message cannot be received. */
function wordsOf(message: PeekedMessage, { redrive, receiverOf }: QueueView): string {
  const { visibleAt, blockedBy, groupId, receivesHere, receiveCount } = message;
  if (message.state === 'delayed') return `delayed until ${isoOf(visibleAt)}`;
  if (blockedBy) {
    const until = isoOf(blockedBy.visibleAt);
    return `blocked by message ${blockedBy.messageId} of group ${groupId}, which is hidden until ${until}`;
  }
  const by = receiverOf(message);
  const name = /^function (\S+)$/.exec(by ?? '')?.[1];
  if (name !== undefined) {
    const attempt = redrive ? `${receivesHere} of ${redrive.maxReceiveCount}` : String(receiveCount);
    return `in flight at function ${name} until ${isoOf(visibleAt)} (attempt ${attempt})`;
  }
  const count = redrive
    ? `receive ${receivesHere} of ${redrive.maxReceiveCount} before it moves to the dead-letter queue ${redrive.name}`
    : `received for the ${ordinal(receiveCount)} time`;
  return `in flight until ${isoOf(visibleAt)} (${count}${by ? `, by ${by}` : ''})`;
}

function maxReceivesWords({ atMaxReceives, redrive }: QueueView): string {
  const [first] = atMaxReceives;
  if (!first) return '';
  const { name, maxReceiveCount: max } = redrive!;
  const which =
    atMaxReceives.length === 1
      ? `1 at the maxReceiveCount of ${max} (message ${first.messageId})`
      : `${atMaxReceives.length} at the maxReceiveCount of ${max} (the first is message ${first.messageId})`;
  const them = atMaxReceives.length === 1 ? 'it' : 'them';
  return `${which}; the next receive moves ${them} to the dead-letter queue ${name} instead of returning ${them}`;
}

function fullWords({ counts, inFlightLimit, first }: QueueView): string {
  const [next] = first['in-flight'];
  const then = next ? ` The first becomes visible again at ${isoOf(next.visibleAt)}.` : '';
  const limit = `The in-flight limit is reached: ${counts.inFlight} of ${inFlightLimit} messages.`;
  return `${limit} Delete some of them, or wait until they time out.${then}`;
}

function waitingWords(count: number): string {
  return count === 1
    ? '1 receive is already waiting and will be served first.'
    : `${count} receives are already waiting and will be served first.`;
}

function faultWords({ faultRules }: QueueView): string {
  const [first] = faultRules;
  if (faultRules.length === 1) return `The fault rule ${first} may change what a receive returns.`;
  return `${faultRules.length} fault rules may change what a receive returns (the first is ${first}).`;
}

function emptyWords({ queue, lastEnd, now }: QueueView): string {
  const last = lastEnd && ` ${lastEnd.text} ${agoWords(now - lastEnd.at)}.`;
  return `The queue ${queue.name} is empty.${last ?? ' The journal has no record of a message in it.'}`;
}

function agoWords(ms: Millis): string {
  if (ms < 1000) return `${Math.max(0, ms)} ms ago`;
  const seconds = Math.floor(ms / 1000);
  if (seconds < 120) return `${seconds} s ago`;
  return seconds < 7200 ? `${Math.floor(seconds / 60)} min ago` : `${Math.floor(seconds / 3600)} h ago`;
}
