import { batchDelete, deleteMessages, singleDelete } from '../../queues/received.ts';
import { actOnEntries, batchReply, checkBatch } from '../batch.ts';
import { queueOperation } from '../operation.ts';
import { list, nested, required, string, structure } from '../wires/shape.ts';
import { failedEntries } from './shapes.ts';

export const deleteMessage = queueOperation({
  name: 'DeleteMessage',
  summary: 'Deletes a received message.',
  input: structure({ QueueUrl: required(string), ReceiptHandle: required(string) }),
  async handle(queue, { ReceiptHandle }, { env }) {
    env.fifoQuotas?.spend(queue, 'DeleteMessage', []);
    const [refusal] = await deleteMessages(env, queue, [ReceiptHandle], singleDelete);
    if (refusal) throw refusal;
  },
});

const ENTRY = 'DeleteMessageBatchRequestEntry';

export const deleteMessageBatch = queueOperation({
  name: 'DeleteMessageBatch',
  summary: 'Deletes up to ten received messages; each entry succeeds or fails on its own.',
  input: structure({
    QueueUrl: required(string),
    Entries: required(list(nested({ Id: required(string), ReceiptHandle: required(string) }), ENTRY)),
  }),
  output: structure({
    Successful: required(list(nested({ Id: required(string) }), 'DeleteMessageBatchResultEntry')),
    Failed: required(failedEntries),
  }),
  async handle(queue, { Entries: entries }, call) {
    const { env } = call;
    checkBatch(entries, ENTRY);
    env.fifoQuotas?.spend(queue, 'DeleteMessageBatch', []);
    const handle = (accepted: typeof entries) => {
      const handles = accepted.map(({ ReceiptHandle }) => ReceiptHandle);
      return deleteMessages(env, queue, handles, batchDelete);
    };
    return batchReply(entries, await actOnEntries(entries, call, handle));
  },
});
