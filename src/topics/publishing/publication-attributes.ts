/**
 * Validates the attributes of published messages.
 * Source: developer guide, "Amazon SNS message attributes"; error texts as observed on the service.
 */

import { SqsError } from '../../errors.ts';
import type { MessageAttribute } from '../../storage/store.ts';
import { nullAt } from '../refusals.ts';

/** "The message attribute name can be up to 256 characters long." */
const NAME_BYTES_MAX = 256;

/** An attribute as received; `binaryValue` is base64. */
export interface PublishedAttribute {
  dataType?: string | undefined;
  stringValue?: string | undefined;
  binaryValue?: string | undefined;
}

/**
 * Validates attributes, and returns them in the form in which queues store them. `place` is the path of the attributes
 * in the request. Throws `ParameterValueInvalid`, `ValidationError`.
 */
export function checkPublicationAttributes(
  given: ReadonlyMap<string, PublishedAttribute> | undefined,
  place = 'messageAttributes',
): ReadonlyMap<string, MessageAttribute> {
  const attributes = new Map<string, MessageAttribute>();
  for (const [name, { dataType }] of given ?? []) {
    if (dataType === undefined) throw nullAt(`${place}.${name}.member.dataType`);
  }
  for (const [name, attribute] of given ?? []) {
    checkName(name);
    attributes.set(name, checkAttribute(name, attribute));
  }
  return attributes;
}

function checkName(name: string): void {
  if (name === '') throw invalidValue('Message attribute name can not be empty.');
  if (Buffer.byteLength(name) > NAME_BYTES_MAX) {
    throw invalidValue(`Length of message attribute name must be less than ${NAME_BYTES_MAX} bytes.`);
  }
  if (name.startsWith('.')) throw invalidValue("Invalid message attribute name starting with character '.' was found.");
  if (name.endsWith('.')) throw invalidValue("Invalid message attribute name ending with character '.' was found.");
  const [bad] = /[^A-Za-z0-9_.-]/u.exec(name) ?? [];
  if (bad !== undefined) {
    const code = bad.codePointAt(0)!.toString(16).toUpperCase();
    throw invalidValue(
      `Invalid non-alphanumeric character '#x${code}' was found in the message attribute name. ` +
        'Can only include alphanumeric characters, hyphens, underscores, or dots.',
    );
  }
  if (name.includes('..')) throw invalidValue("Message attribute name can not have successive '.' character.");
}

function checkAttribute(name: string, attribute: PublishedAttribute): MessageAttribute {
  const { dataType = '', stringValue, binaryValue } = attribute;
  const base = /^(String|Number|Binary)(?:$|\..)/s.exec(dataType)?.[1];
  if (!base) {
    throw invalidValue(
      `The message attribute '${name}' has an invalid message attribute type, the set of supported type prefixes is ` +
        'Binary, Number, and String.',
    );
  }
  if (base === 'Binary') {
    if (stringValue) throw invalidValue(`The message attribute '${name}' with type 'Binary' must use field 'Binary'.`);
    if (!binaryValue) throw emptyValue(name, dataType);
    return { dataType, binaryValue };
  }
  if (binaryValue)
    throw invalidValue(`The message attribute '${name}' with type '${dataType}' must use field 'String'.`);
  if (!stringValue) throw emptyValue(name, dataType);
  if (base === 'Number' && !isNumber(stringValue)) {
    throw invalidValue(`Could not cast message attribute '${name}' value to number.`);
  }
  return { dataType, stringValue };
}

/** Longer than any number that a client means. */
const NUMBER_MAX = 200;

function isNumber(text: string): boolean {
  return text.length <= NUMBER_MAX && /^\s*[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?\s*$/i.test(text);
}

function emptyValue(name: string, type: string): SqsError {
  return invalidValue(
    `The message attribute '${name}' must contain non-empty message attribute value for message attribute type '${type}'.`,
  );
}

function invalidValue(message: string): SqsError {
  return new SqsError('ParameterValueInvalid', message);
}
