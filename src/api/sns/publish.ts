import { actOnAccepted, refusalOr, SqsError } from '../../errors.ts';
import { BATCH_ENTRIES_MAX } from '../../queues/limits.ts';
import { checkPublicationAttributes } from '../../topics/publishing/publication-attributes.ts';
import {
  checkFifoInput,
  checkNotEmpty,
  checkSubject,
  type PublishInput,
  publicationOf,
  publish,
  publishedSize,
  textsOf,
  tooLong,
} from '../../topics/publishing/publish.ts';
import { invalid, nullAt } from '../../topics/refusals.ts';
import { MESSAGE_BYTES, messageBytesMax } from '../../topics/topic-attributes.ts';
import { boolean, memberList, type Nested, nested, optional, required, string, structure } from '../wires/shape.ts';
import { messageAttributes, publishedAttributes } from './shapes.ts';
import { needsOn, snsOperation, topicOf, topicOperation } from './sns-operation.ts';

/** The members of a message, in a single request and in a batch entry. */
const message = {
  Message: required(string),
  Subject: optional(string),
  MessageStructure: optional(string),
  MessageAttributes: optional(messageAttributes),
  MessageDeduplicationId: optional(string),
  MessageGroupId: optional(string),
};

export const publishOperation = snsOperation({
  name: 'Publish',
  summary: 'Publishes a message to a topic.',
  input: structure({
    TopicArn: optional(string),
    TargetArn: optional(string),
    PhoneNumber: optional(string),
    ...message,
  }),
  output: structure({ MessageId: optional(string), SequenceNumber: optional(string) }),
  needs: ({ TopicArn, TargetArn = '' }, call) => needsOn('Publish', TopicArn ?? TargetArn, call),
  async handle({ TopicArn, TargetArn, PhoneNumber, ...given }, call) {
    const input = publishInput(given);
    checkSubject(input.subject);
    checkNotEmpty(input.message);
    if (PhoneNumber !== undefined) checkPhoneNumber(PhoneNumber);
    checkPublicationAttributes(input.attributes);
    const [arn, parameter] = TopicArn === undefined ? [TargetArn, 'TargetArn'] : [TopicArn, 'TopicArn'];
    // Errors of the ARN come after those of the message; the limit of its size is the topic's.
    const topic = arn === undefined ? undefined : await refusalOf(topicOf(call, arn, parameter));
    const known = topic instanceof SqsError ? undefined : topic;
    if (publishedSize(input) > (known ? messageBytesMax(known) : MESSAGE_BYTES.default)) throw tooLong();
    if (arn !== undefined) checkFifoInput(arn.endsWith('.fifo'), known, input);
    textsOf(input);
    if (topic === undefined && PhoneNumber !== undefined) return { MessageId: call.env.newId() };
    if (topic === undefined) throw invalid('TopicArn or TargetArn Reason: no value for required parameter');
    if (arn?.includes(':endpoint/')) throw noEndpoint();
    if (topic instanceof SqsError) throw topic;
    const [published] = await publish(call.env, topic, [publicationOf(call.env, topic, input, call.traceHeader)]);
    return { MessageId: published!.messageId, SequenceNumber: published!.sequenceNumber };
  },
});

/** Returns the value of a promise, or the SqsError with which it rejects. */
async function refusalOf<T>(promise: Promise<T>): Promise<T | SqsError> {
  return promise.catch((error: unknown) => {
    if (error instanceof SqsError) return error;
    throw error;
  });
}

function checkPhoneNumber(number: string): void {
  if (/^\+?[1-9]\d{1,14}$/.test(number)) return;
  throw invalid(`PhoneNumber Reason: ${number} is not valid to publish to`);
}

function noEndpoint(): SqsError {
  return invalid('TargetArn Reason: No endpoint found for the target arn specified');
}

const batchEntry = { Id: required(string), ...message };

export const publishBatchOperation = topicOperation({
  name: 'PublishBatch',
  summary: `Publishes up to ${BATCH_ENTRIES_MAX} messages to a topic.`,
  input: structure({
    TopicArn: required(string),
    PublishBatchRequestEntries: required(memberList(nested(batchEntry))),
  }),
  output: structure({
    Successful: optional(
      memberList(nested({ Id: optional(string), MessageId: optional(string), SequenceNumber: optional(string) })),
    ),
    Failed: optional(
      memberList(
        nested({
          Id: required(string),
          Code: required(string),
          Message: optional(string),
          SenderFault: required(boolean),
        }),
      ),
    ),
  }),
  check({ PublishBatchRequestEntries: entries }) {
    checkCount(entries.length);
  },
  async handle(topic, { PublishBatchRequestEntries: entries }, call) {
    checkIds(entries);
    const inputs = entries.map(publishInput);
    for (const [index, { attributes }] of inputs.entries()) {
      checkPublicationAttributes(attributes, `publishBatchRequestEntries.${index + 1}.member.messageAttributes`);
    }
    for (const input of inputs) textsOf(input);
    for (const input of inputs) checkFifoInput(topic.fifo, topic, input);
    const total = inputs.reduce((sum, input) => sum + publishedSize(input), 0);
    if (total > messageBytesMax(topic)) {
      throw new SqsError('BatchRequestTooLong', 'The length of all the messages put together is more than the limit.');
    }
    const refused = call.refusedEntries?.(entries.map(({ Id }) => Id!));
    const checked = inputs.map(
      (input, index) =>
        refused?.get(entries[index]!.Id!) ??
        refusalOr(() => {
          checkSubject(input.subject);
          checkNotEmpty(input.message);
          return publicationOf(call.env, topic, input, call.traceHeader);
        }),
    );
    const results = await actOnAccepted(checked, async (publications) =>
      publications.length > 0 ? publish(call.env, topic, publications) : [],
    );
    const answers = results.map((result, index) => ({ Id: entries[index]!.Id!, result }));
    return {
      Successful: answers.flatMap(({ Id, result }) =>
        result instanceof SqsError ? [] : [{ Id, MessageId: result.messageId, SequenceNumber: result.sequenceNumber }],
      ),
      Failed: answers.flatMap(({ Id, result }) => (result instanceof SqsError ? [failedEntry(Id, result)] : [])),
    };
  },
});

function publishInput(given: Nested<typeof message>): PublishInput {
  const { Message, Subject, MessageStructure, MessageAttributes, MessageGroupId, MessageDeduplicationId } = given;
  return {
    message: Message ?? '',
    subject: Subject,
    structure: MessageStructure,
    attributes: publishedAttributes(MessageAttributes),
    groupId: MessageGroupId,
    deduplicationId: MessageDeduplicationId,
  };
}

function failedEntry(Id: string, { row, message: Message }: SqsError) {
  return { Id, Code: row.queryCode, Message, SenderFault: row.fault === 'Sender' };
}

function checkCount(count: number): void {
  if (count > BATCH_ENTRIES_MAX) {
    throw new SqsError('TooManyEntriesInBatchRequest', 'The batch request contains more entries than permissible.');
  }
  if (count === 0) throw new SqsError('EmptyBatchRequest', 'The batch request does not contain any entries.');
}

/** Throws `ValidationError`, `BatchEntryIdsNotDistinct`, `InvalidBatchEntryId`. */
function checkIds(entries: readonly { Id?: string | undefined; Message?: string | undefined }[]): void {
  for (const [index, { Id, Message }] of entries.entries()) {
    const place = `publishBatchRequestEntries.${index + 1}.member`;
    if (Id === undefined) throw nullAt(`${place}.id`);
    if (Message === undefined) throw nullAt(`${place}.message`);
  }
  if (new Set(entries.map(({ Id }) => Id)).size < entries.length) {
    throw new SqsError('BatchEntryIdsNotDistinct', 'Two or more batch entries in the request have the same Id.');
  }
  for (const { Id = '' } of entries) {
    const what = 'The Id of a batch entry in the batch request';
    if (Id.length > 80) throw new SqsError('InvalidBatchEntryId', `${what} is too long: ${Id}`);
    if (!/^[A-Za-z0-9_-]+$/.test(Id)) {
      throw new SqsError('InvalidBatchEntryId', `${what} contains an impermissible character: ${Id}`);
    }
  }
}
