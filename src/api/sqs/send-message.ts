import { actOnAccepted, refusalOr, SqsError } from '../../errors.ts';
import { checkFifoBatch, sequenceNumber } from '../../queues/fifo.ts';
import { BATCH_ENTRIES_MAX } from '../../queues/limits.ts';
import {
  batchSend,
  checkBatchSize,
  type Prepared,
  prepareSend,
  type Sender,
  type SendInput,
  send,
  singleSend,
} from '../../queues/send.ts';
import type { Queue, Sent } from '../../storage/store.ts';
import { checkBatch } from '../batch.ts';
import { type Call, queueOperation } from '../operation.ts';
import { integer, list, type Nested, nested, optional, required, string, structure } from '../wires/shape.ts';
import { attributeInputs, failedEntries, failedEntry, messageAttributes, messageSystemAttributes } from './shapes.ts';

/** The members of a message, in a single send and in a batch entry. */
const message = {
  MessageBody: required(string),
  DelaySeconds: optional(integer),
  MessageAttributes: optional(messageAttributes),
  MessageSystemAttributes: optional(messageSystemAttributes),
  MessageDeduplicationId: optional(string),
  MessageGroupId: optional(string),
};

const digests = {
  MD5OfMessageBody: optional(string),
  MD5OfMessageAttributes: optional(string),
  MD5OfMessageSystemAttributes: optional(string),
  MessageId: optional(string),
  SequenceNumber: optional(string),
};

export const sendMessage = queueOperation({
  name: 'SendMessage',
  summary: 'Sends a message to a queue.',
  input: structure({ QueueUrl: required(string), ...message }),
  output: structure(digests),
  async handle(queue, input, call) {
    call.env.fifoQuotas?.spend(queue, 'SendMessage', [input.MessageGroupId]);
    const prepared = prepareSend(call.env, queue, sendInput(input), senderOf(call), singleSend);
    const [sent] = await send(call.env, queue, [prepared]);
    return answer(queue, prepared, sent!);
  },
});

const ENTRY = 'SendMessageBatchRequestEntry';
const wording = batchSend(ENTRY);

/** SQS's model requires two members here that are optional in the output of SendMessage. */
const sentEntry = nested({
  Id: required(string),
  ...digests,
  MessageId: required(string),
  MD5OfMessageBody: required(string),
});

export const sendMessageBatch = queueOperation({
  name: 'SendMessageBatch',
  summary: `Sends up to ${BATCH_ENTRIES_MAX} messages to a queue; each entry succeeds or fails on its own.`,
  input: structure({
    QueueUrl: required(string),
    Entries: required(list(nested({ Id: required(string), ...message }), ENTRY)),
  }),
  output: structure({
    Successful: required(list(sentEntry, 'SendMessageBatchResultEntry')),
    Failed: required(failedEntries),
  }),
  async handle(queue, { Entries: entries }, call) {
    checkBatch(entries, ENTRY);
    const inputs = entries.map(sendInput);
    call.env.fifoQuotas?.spend(
      queue,
      'SendMessageBatch',
      inputs.map(({ groupId }) => groupId),
    );
    checkBatchSize(inputs);
    if (queue.fifo) checkFifoBatch(queue, inputs, wording.noBody);
    const refused = call.refusedEntries?.(inputs.map((_, index) => entries[index]!.Id));
    const sender = senderOf(call);
    const checked = inputs.map(
      (input, index) =>
        refused?.get(entries[index]!.Id) ??
        refusalOr(() => prepareSend(call.env, queue, input, sender, wording, index)),
    );
    const results = await actOnAccepted(checked, async (prepared) => {
      const sent = prepared.length > 0 ? await send(call.env, queue, prepared) : [];
      return sent.map((one, index) => answer(queue, prepared[index]!, one));
    });
    const answers = results.map((result, index) => ({ Id: entries[index]!.Id, result }));
    return {
      Successful: answers.flatMap(({ Id, result }) => (result instanceof SqsError ? [] : [{ Id, ...result }])),
      Failed: answers.flatMap(({ Id, result }) => (result instanceof SqsError ? [failedEntry(Id, result)] : [])),
    };
  },
});

function sendInput(input: Nested<typeof message>): SendInput {
  return {
    body: input.MessageBody,
    delaySeconds: input.DelaySeconds,
    attributes: attributeInputs(input.MessageAttributes),
    systemAttributes: attributeInputs(input.MessageSystemAttributes),
    groupId: input.MessageGroupId,
    deduplicationId: input.MessageDeduplicationId,
  };
}

function senderOf({ caller, traceHeader }: Call): Sender {
  return { id: caller.account, traceHeader };
}

function answer(
  { fifo }: Queue,
  { message, attributesMd5, systemAttributesMd5 }: Prepared,
  { messageId, key }: Sent,
): Nested<typeof digests> {
  return {
    MD5OfMessageBody: message.bodyMd5,
    MD5OfMessageAttributes: attributesMd5,
    MD5OfMessageSystemAttributes: systemAttributesMd5,
    MessageId: messageId,
    SequenceNumber: fifo ? sequenceNumber(key) : undefined,
  };
}
