/** Why a receive would get what it would get: the sentences. */

import type { PeekedMessage } from '../../storage/inspection.ts';
import type { Millis } from '../../time/clock.ts';
import { isoOf } from '../control-context.ts';
import { ordinal, shown } from '../journal/reports.ts';
import type { Outlook, Reason } from './outlook.ts';

/** So many messages are named for each reason; the rest is counted. */
const NAMED_IN_WORDS = 3;
const BODY_IN_WORDS = 60;

type Kind = Reason['kind'];

/** The reasons, and all of it in words. */
export function reasonsOf(outlook: Outlook): { text: string; reasons: Reason[] } {
  const { counts, next, queue, inFlightLimit, waiting } = outlook;
  const reasons: Reason[] = [];
  const add = (kind: Kind, count: number, messages: readonly PeekedMessage[], text: string, until?: Millis) => {
    if (count === 0) return;
    const messageIds = messages.slice(0, 10).map(({ messageId }) => messageId);
    reasons.push({ kind, count, messageIds, text, ...(until !== undefined && { until: isoOf(until) }) });
  };
  const isFull = counts.inFlight >= inFlightLimit;
  const total = counts.visible + counts.inFlight + counts.delayed;
  if (total === 0) add('empty', 1, [], emptyWords(outlook));
  if (isFull) add('in-flight-limit', counts.inFlight, [], fullWords(outlook));
  const { delayed, 'in-flight': inFlight, blocked } = outlook.first;
  const named = (kind: Kind, count: number, messages: readonly PeekedMessage[], until: Millis | undefined) => {
    add(
      kind,
      count,
      messages,
      listed(
        kind,
        count,
        messages.map((message) => wordsOf(message, outlook)),
      ),
      until,
    );
  };
  named('delayed', counts.delayed, delayed, delayed[0]?.visibleAt);
  named('in-flight', counts.inFlight, inFlight, inFlight[0]?.visibleAt);
  // While some of the visible ones may go out, how many may not is not known without looking at them all.
  const held = next || outlook.tooOften.length > 0 ? blocked.length : counts.visible;
  named('blocked', held, blocked, blocked[0]?.blockedBy?.visibleAt);
  add('received-too-often', outlook.tooOften.length, outlook.tooOften, tooOftenWords(outlook));
  add('waiting-receives', waiting, [], waitingWords(waiting));
  const sums = reasons.filter(
    ({ kind }) => kind !== 'empty' && kind !== 'in-flight-limit' && kind !== 'waiting-receives',
  );
  const list = sums.map(({ text }) => text).join(', ');
  const sentences = [
    next &&
      !isFull &&
      `A receive would get message ${next.messageId} (${JSON.stringify(shown(next.body, BODY_IN_WORDS))}).`,
    !(next && !isFull) && total > 0 && `A receive would get nothing from ${queue.name}.`,
    total > (next ? 1 : 0) &&
      `${messagesIn(total)}${next ? `, ${counts.visible - held} of them visible` : ''}${list && `: ${list}`}.`,
    ...reasons.filter((one) => !sums.includes(one)).map(({ text }) => text),
  ];
  return { text: sentences.filter((sentence) => typeof sentence === 'string').join(' '), reasons };
}

const messagesIn = (count: number) => (count === 1 ? '1 message' : `${count} messages`);

/** `1 delayed until …, 1 delayed until …, 4 more delayed` */
function listed(kind: Kind, count: number, all: readonly string[]): string {
  const parts = all.slice(0, NAMED_IN_WORDS).map((words) => `1 ${words}`);
  const others = count - parts.length;
  if (others > 0) parts.push(parts.length > 0 ? `${others} more ${kind}` : `${others} ${kind}`);
  return parts.join(', ');
}

/** Why a message that is not visible is not. */
function wordsOf(message: PeekedMessage, { redrive, receiverOf }: Outlook): string {
  const { visibleAt, blockedBy, groupId, receivesHere, receiveCount } = message;
  if (message.state === 'delayed') return `delayed until ${isoOf(visibleAt)}`;
  if (blockedBy) {
    return `behind message ${blockedBy.messageId} of group ${groupId}, which is hidden until ${isoOf(blockedBy.visibleAt)}`;
  }
  const by = receiverOf(message);
  const count = redrive
    ? `receive ${receivesHere} of ${redrive.maxReceiveCount} before the dead-letter queue ${redrive.name}`
    : `received for the ${ordinal(receiveCount)} time`;
  return `in flight until ${isoOf(visibleAt)} (${count}${by ? `, by ${by}` : ''})`;
}

function tooOftenWords({ tooOften, redrive }: Outlook): string {
  const [first] = tooOften;
  if (!first) return '';
  const which =
    tooOften.length === 1
      ? `1 (message ${first.messageId})`
      : `${tooOften.length} (the first is message ${first.messageId})`;
  return `${which} received as often as ${redrive!.name} allows (${redrive!.maxReceiveCount}): the next receive moves it there instead of delivering it`;
}

function fullWords({ counts, inFlightLimit, first }: Outlook): string {
  const [next] = first['in-flight'];
  const then = next ? ` Of them the first is visible again at ${isoOf(next.visibleAt)}.` : '';
  return `As many messages are in flight as may be: ${counts.inFlight} of ${inFlightLimit}. Delete some, or let them time out.${then}`;
}

function waitingWords(count: number): string {
  return count === 1
    ? '1 receive waits already, and is served before another.'
    : `${count} receives wait already, and are served before another.`;
}

function emptyWords({ queue, lastEnd, now }: Outlook): string {
  const last = lastEnd && ` ${lastEnd.text} ${agoWords(now - lastEnd.at)}.`;
  return `The queue ${queue.name} is empty.${last ?? ' The journal knows of no message that it held.'}`;
}

function agoWords(ms: Millis): string {
  if (ms < 1000) return `${Math.max(0, ms)} ms ago`;
  const seconds = Math.floor(ms / 1000);
  if (seconds < 120) return `${seconds} s ago`;
  return seconds < 7200 ? `${Math.floor(seconds / 60)} min ago` : `${Math.floor(seconds / 3600)} h ago`;
}
