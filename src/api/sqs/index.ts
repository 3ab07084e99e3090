/** SQS: the table of its operations, from which both wires are derived, and its names on the wires. */

import { operationTable } from '../service.ts';
import type { QueryDialect } from '../wires/query-dialect.ts';
import { addPermissionOperation } from './add-permission.ts';
import { cancelMessageMoveTaskOperation } from './cancel-message-move-task.ts';
import { changeMessageVisibility, changeMessageVisibilityBatch } from './change-message-visibility.ts';
import { createQueueOperation } from './create-queue.ts';
import { deleteMessage, deleteMessageBatch } from './delete-message.ts';
import { deleteQueueOperation } from './delete-queue.ts';
import { getQueueAttributes } from './get-queue-attributes.ts';
import { getQueueUrl } from './get-queue-url.ts';
import { listDeadLetterSourceQueues } from './list-dead-letter-source-queues.ts';
import { listMessageMoveTasksOperation } from './list-message-move-tasks.ts';
import { listQueueTags } from './list-queue-tags.ts';
import { listQueuesOperation } from './list-queues.ts';
import { purgeQueueOperation } from './purge-queue.ts';
import { receiveMessage } from './receive-message.ts';
import { removePermissionOperation } from './remove-permission.ts';
import { sendMessage, sendMessageBatch } from './send-message.ts';
import { setQueueAttributesOperation } from './set-queue-attributes.ts';
import { startMessageMoveTaskOperation } from './start-message-move-task.ts';
import { tagQueueOperation } from './tag-queue.ts';
import { untagQueueOperation } from './untag-queue.ts';

export const operations = operationTable([
  addPermissionOperation,
  cancelMessageMoveTaskOperation,
  changeMessageVisibility,
  changeMessageVisibilityBatch,
  createQueueOperation,
  deleteMessage,
  deleteMessageBatch,
  deleteQueueOperation,
  getQueueAttributes,
  getQueueUrl,
  listDeadLetterSourceQueues,
  listMessageMoveTasksOperation,
  listQueuesOperation,
  listQueueTags,
  purgeQueueOperation,
  receiveMessage,
  removePermissionOperation,
  sendMessage,
  sendMessageBatch,
  setQueueAttributesOperation,
  startMessageMoveTaskOperation,
  tagQueueOperation,
  untagQueueOperation,
]);

const query: QueryDialect = {
  version: '2012-11-05',
  namespace: 'http://queue.amazonaws.com/doc/2012-11-05/',
  hasDetail: true,
};

export const sqs = { name: 'sqs', target: 'AmazonSQS', query, operations };
