/** Fault rules in words, and what a rule can be made of. */

import type { FaultEffect, ListedFaultRule } from '../../control/faults/fault-rule.ts';

export type EffectType = FaultEffect['type'];

/** The effects: what each does, for the form. */
export const EFFECTS: readonly { type: EffectType; name: string; meaning: string }[] = [
  { type: 'error', name: 'Fail with an error', meaning: 'The request fails with an error code.' },
  { type: 'drop', name: 'Reset the connection', meaning: 'The client gets no response.' },
  { type: 'latency', name: 'Answer late', meaning: 'The response is delayed.' },
  { type: 'fail-entries', name: 'Fail entries of a batch', meaning: 'Some entries fail; the others succeed.' },
  {
    type: 'duplicate',
    name: 'Deliver twice',
    meaning: 'The messages of a receive are delivered once more, even if they are deleted. Standard queues only.',
  },
  {
    type: 'reorder',
    name: 'Deliver out of order',
    meaning: 'A receive does not start with the first message in line. Standard queues only.',
  },
  { type: 'partial-receive', name: 'Deliver fewer', meaning: 'A receive returns fewer messages than it could.' },
  {
    type: 'empty-receive',
    name: 'Deliver nothing',
    meaning: 'A short poll returns nothing although messages are visible.',
  },
];

/** The effects that only a receive can have. */
export const OF_RECEIVES: readonly EffectType[] = ['duplicate', 'reorder', 'partial-receive', 'empty-receive'];

export const OPERATIONS: readonly string[] = [
  ...['SendMessage', 'SendMessageBatch', 'ReceiveMessage', 'DeleteMessage', 'DeleteMessageBatch'],
  ...['ChangeMessageVisibility', 'ChangeMessageVisibilityBatch', 'CreateQueue', 'GetQueueUrl', 'GetQueueAttributes'],
  ...['SetQueueAttributes', 'ListQueues', 'PurgeQueue', 'DeleteQueue', 'ListDeadLetterSourceQueues'],
  ...['StartMessageMoveTask', 'ListMessageMoveTasks', 'CancelMessageMoveTask', 'TagQueue', 'UntagQueue'],
  ...['ListQueueTags', 'AddPermission', 'RemovePermission'],
  ...['Publish', 'PublishBatch', 'CreateTopic', 'DeleteTopic', 'ListTopics', 'GetTopicAttributes'],
  ...['SetTopicAttributes', 'Subscribe', 'ConfirmSubscription', 'Unsubscribe', 'GetSubscriptionAttributes'],
  ...['SetSubscriptionAttributes', 'ListSubscriptions', 'ListSubscriptionsByTopic', 'TagResource', 'UntagResource'],
  ...['ListTagsForResource', 'GetDataProtectionPolicy', 'PutDataProtectionPolicy'],
];

export const BATCHES: readonly string[] = OPERATIONS.filter((name) => name.endsWith('Batch'));

/** Error codes that a client should cope with; the form accepts any other of SQS too. */
export const CODES: readonly string[] = [
  ...['RequestThrottled', 'ThrottlingException', 'InternalFailure', 'ServiceUnavailable', 'OverLimit'],
  ...['QueueDoesNotExist', 'ReceiptHandleIsInvalid', 'MessageNotInflight', 'InvalidMessageContents'],
  ...['InvalidParameterValue', 'AccessDenied', 'ExpiredToken', 'RequestTimeout', 'KmsThrottled'],
];

/** `Fails with RequestThrottled, after the request was carried out` */
export function wordsOfEffect(effect: FaultEffect): string {
  switch (effect.type) {
    case 'error':
      return `Fails with ${effect.code}${carriedOut(effect.when)}`;
    case 'drop':
      return `Resets the connection${carriedOut(effect.when)}`;
    case 'latency': {
      const clock = effect.clock === 'sqs' ? ' of the clock of SQS' : '';
      const { upTo } = effect;
      const time = upTo === undefined ? plain(effect.duration) : `${plain(effect.duration)} to ${plain(upTo)}`;
      return `Answers ${time}${clock} late${carriedOut(effect.when)}`;
    }
    case 'fail-entries': {
      const which = effect.ids ? `the entries ${effect.ids.join(', ')}` : `${effect.count ?? 1} of the entries`;
      return `Fails ${which} with ${effect.code}`;
    }
    case 'duplicate':
      return 'Delivers messages twice';
    case 'reorder':
      return 'Delivers out of order';
    case 'partial-receive':
      return effect.count === undefined ? 'Delivers fewer messages' : `Delivers ${effect.count} or fewer messages`;
    case 'empty-receive':
      return 'Delivers nothing to a short poll';
  }
}

/** `2 s` for `2000ms`, and other durations as they are. */
function plain(duration: string): string {
  const ms = Number(/^(\d+)ms$/.exec(duration)?.[1]);
  if (Number.isNaN(ms)) return duration;
  return ms < 1000 ? `${ms} ms` : `${ms / 1000} s`;
}

const carriedOut = (when: 'before' | 'after' | undefined) =>
  when === 'after' ? ', after the request was carried out' : '';

/** `SendMessage and ReceiveMessage, queue orders` */
export function wordsOfMatch({ operation, queue, topic, account, region }: ListedFaultRule): string {
  const operations = operation === undefined ? [] : [operation].flat();
  const parts = [
    operations.length === 0 ? 'any operation' : operations.join(', '),
    placeWords(queue, topic),
    ...(account === undefined ? [] : [`account ${account}`]),
    ...(region === undefined ? [] : [region]),
  ];
  return parts.join(' · ');
}

function placeWords(queue: string | undefined, topic: string | undefined): string {
  if (topic !== undefined) return `topic ${topic}`;
  return queue === undefined ? 'any queue' : `queue ${queue}`;
}

/** `every 10th, with a probability of 50 %, up to 2 times` */
export function wordsOfTrigger({ skip, every, probability, times }: ListedFaultRule): string {
  const parts = [
    ...(skip > 0 ? [`after the first ${skip}`] : []),
    ...(every === 1 ? [] : [`every ${every}${ending(every)}`]),
    ...(probability < 1 ? [`with a probability of ${Number((probability * 100).toFixed(3))} %`] : []),
    ...(times === undefined ? [] : [times === 1 ? 'once' : `up to ${times} times`]),
  ];
  return parts.join(', ') || 'every request';
}

function ending(number: number): string {
  if (/1[1-3]$/.test(String(number))) return 'th';
  return ['th', 'st', 'nd', 'rd'][number % 10] ?? 'th';
}

/** Whether a rule has been triggered as often as it may. */
export const isUsedUp = ({ times, triggered }: ListedFaultRule): boolean => times !== undefined && triggered >= times;
