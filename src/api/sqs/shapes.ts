/** Shapes that several operations share, with their names on the Query wire. */

import { invalidParameter, type SqsError } from '../../errors.ts';
import type { AttributeInput } from '../../queues/message-attributes.ts';
import type { MessageAttribute } from '../../storage/store.ts';
import { blob, boolean, list, map, type Nested, nested, optional, required, string } from '../wires/shape.ts';

export const queueAttributes = map(string, { name: 'Attribute', key: 'Name', value: 'Value' });

export const tags = map(string, { name: 'Tag', key: 'Key', value: 'Value' });

const attributeValue = {
  StringValue: optional(string),
  BinaryValue: optional(blob),
  StringListValues: optional(list(string, 'StringListValue')),
  BinaryListValues: optional(list(blob, 'BinaryListValue')),
  DataType: required(string),
};

export const messageAttributes = map(nested(attributeValue), {
  name: 'MessageAttribute',
  key: 'Name',
  value: 'Value',
});

export const messageSystemAttributes = map(nested(attributeValue), {
  name: 'MessageSystemAttribute',
  key: 'Name',
  value: 'Value',
});

type AttributeValues = ReadonlyMap<string, Nested<typeof attributeValue>>;

/** Converts message attributes from the input of an operation. */
export function attributeInputs(values: AttributeValues | undefined): Map<string, AttributeInput> | undefined {
  if (!values) return undefined;
  return new Map(
    [...values].map(([name, value]) => [
      name,
      {
        dataType: value.DataType,
        stringValue: value.StringValue,
        binaryValue: value.BinaryValue,
        hasListValue: [value.StringListValues, value.BinaryListValues].some((values) => values && values.length > 0),
      },
    ]),
  );
}

/** Converts message attributes to the output of an operation. */
export function attributeValues(attributes: ReadonlyMap<string, MessageAttribute>): AttributeValues {
  return new Map(
    [...attributes].map(([name, { dataType, stringValue, binaryValue }]) => [
      name,
      binaryValue === undefined
        ? { StringValue: stringValue, DataType: dataType }
        : { BinaryValue: binaryValue, DataType: dataType },
    ]),
  );
}

export const failedEntries = list(
  nested({
    Id: required(string),
    SenderFault: required(boolean),
    Code: required(string),
    Message: optional(string),
  }),
  'BatchResultErrorEntry',
);

/** Returns the error for a missing queue name, which is an invalid value to SQS rather than a missing parameter. */
export function noQueueName(value: unknown): SqsError {
  if (value === '') return invalidParameter('Queue name cannot be empty');
  return invalidParameter('Value for parameter QueueName is invalid. Reason: Must specify a queue name.');
}

/** Returns the item in a batch's `Failed` list that reports the error of one entry. */
export function failedEntry(Id: string, { row, message }: SqsError) {
  return { Id, SenderFault: row.fault === 'Sender', Code: row.queryCode, Message: message };
}
