import { batchVisibilityChange, changeVisibility, singleVisibilityChange } from '../../queues/received.ts';
import { actOnEntries, batchReply, checkBatch } from '../batch.ts';
import { queueOperation } from '../operation.ts';
import { integer, list, nested, optional, required, string, structure } from '../wires/shape.ts';
import { failedEntries } from './shapes.ts';

export const changeMessageVisibility = queueOperation({
  name: 'ChangeMessageVisibility',
  summary: 'Sets how long a received message stays hidden, counted from now.',
  input: structure({
    QueueUrl: required(string),
    ReceiptHandle: required(string),
    VisibilityTimeout: required(integer),
  }),
  async handle(queue, { ReceiptHandle: handle, VisibilityTimeout: visibilitySeconds }, { env }) {
    const input = { handle, visibilitySeconds };
    const [refusal] = await changeVisibility(env, queue, [input], singleVisibilityChange);
    if (refusal) throw refusal;
  },
});

const ENTRY = 'ChangeMessageVisibilityBatchRequestEntry';

export const changeMessageVisibilityBatch = queueOperation({
  name: 'ChangeMessageVisibilityBatch',
  summary: 'Sets how long up to ten received messages stay hidden; each entry succeeds or fails on its own.',
  input: structure({
    QueueUrl: required(string),
    Entries: required(
      list(
        nested({ Id: required(string), ReceiptHandle: required(string), VisibilityTimeout: optional(integer) }),
        ENTRY,
      ),
    ),
  }),
  output: structure({
    Successful: required(list(nested({ Id: required(string) }), 'ChangeMessageVisibilityBatchResultEntry')),
    Failed: required(failedEntries),
  }),
  async handle(queue, { Entries: entries }, call) {
    checkBatch(entries, ENTRY);
    const change = (accepted: typeof entries) => {
      const inputs = accepted.map(({ ReceiptHandle, VisibilityTimeout }) => ({
        handle: ReceiptHandle,
        visibilitySeconds: VisibilityTimeout,
      }));
      return changeVisibility(call.env, queue, inputs, batchVisibilityChange(ENTRY));
    };
    return batchReply(entries, await actOnEntries(entries, call, change));
  },
});
