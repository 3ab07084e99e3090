/**
 * Validates the attributes and the system attributes that a sender gives a message.
 * Source: developer guide, "Amazon SQS message metadata"; error texts as observed on the service.
 */

import { invalidParameter, SqsError } from '../errors.ts';
import type { MessageAttribute } from '../storage/store.ts';
import { hasOnlyAllowedCharacters } from './characters.ts';
import { ATTRIBUTE_NAME_MAX, MESSAGE_ATTRIBUTES_MAX, TRACE_HEADER_MAX } from './limits.ts';

/** An attribute as received on a wire, not validated; `binaryValue` is base64. */
export interface AttributeInput {
  dataType?: string | undefined;
  stringValue?: string | undefined;
  binaryValue?: string | undefined;
  /** Whether the request has a list value. The API model defines list values, but SQS does not support them. */
  hasListValue?: boolean | undefined;
}

/**
 * Validates message attributes and returns them in the form in which they are stored; undefined if there are none.
 * Throws `InvalidParameterValue`, and `UnsupportedOperation` for list values.
 */
export function checkMessageAttributes(
  attributes: ReadonlyMap<string, AttributeInput> | undefined,
): ReadonlyMap<string, MessageAttribute> | undefined {
  if (!attributes || attributes.size === 0) return undefined;
  if (attributes.size > MESSAGE_ATTRIBUTES_MAX) {
    throw invalidParameter(
      `Number of message attributes [${attributes.size}] exceeds the allowed maximum [${MESSAGE_ATTRIBUTES_MAX}].`,
    );
  }
  return new Map([...attributes].map(([name, input]) => [checkName(name), checkAttribute(name, input)]));
}

function checkName(name: string): string {
  if (name === '') throw invalidParameter('The request must contain non-empty message (user) attribute names.');
  if (name.length > ATTRIBUTE_NAME_MAX) {
    throw invalidParameter(`Message (user) attribute name must be shorter than ${ATTRIBUTE_NAME_MAX} bytes.`);
  }
  if (/^(aws|amazon)\./i.test(name)) {
    throw invalidParameter(
      "You can't use message attribute names beginning with 'AWS.' or 'Amazon'. These strings are reserved for internal use.",
    );
  }
  if (name.startsWith('.')) throw invalidParameter("Message (user) attribute name must not begin with character '.'.");
  if (name.endsWith('.')) throw invalidParameter("Message (user) attribute name must not end with character '.'.");
  if (name.includes('..')) {
    throw invalidParameter("Message (user) attribute name must not have successive '.' characters.");
  }
  // The documentation allows A-Z, a-z and 0-9 only; the service was seen to accept other letters. See decisions.md.
  if (!/^[\p{L}\p{N}_.-]+$/u.test(name)) {
    throw invalidParameter(
      `Invalid message (user) attribute name '${name}'. It can contain letters, digits, underscores, hyphens and periods.`,
    );
  }
  return name;
}

function checkAttribute(name: string, input: AttributeInput): MessageAttribute {
  const { dataType, stringValue, binaryValue } = input;
  if (input.hasListValue) {
    throw new SqsError(
      'UnsupportedOperation',
      'Message attribute list values in SendMessage operation are not supported.',
    );
  }
  if (!dataType) {
    throw invalidParameter(`The message (user) attribute '${name}' must contain a non-empty message attribute type.`);
  }
  if (dataType.length > ATTRIBUTE_NAME_MAX) {
    throw invalidParameter(`Message (user) attribute type must be shorter than ${ATTRIBUTE_NAME_MAX} bytes.`);
  }
  // A label may be empty: nothing shows that the service refuses `String.`. See decisions.md.
  const base = /^(String|Number|Binary)(?:\.|$)/.exec(dataType)?.[1];
  if (!base || !hasOnlyAllowedCharacters(dataType)) {
    throw invalidParameter(
      `The type of message (user) attribute '${name}' is invalid. ` +
        'You must use only the following supported type prefixes: Binary, Number, String.',
    );
  }
  if (stringValue !== undefined && binaryValue !== undefined) {
    throw invalidParameter(`Message (user) attribute '${name}' must have a single value.`);
  }
  if (stringValue === undefined && binaryValue === undefined) {
    throw invalidParameter(`The message (user) attribute '${name}' must contain a non-empty message attribute value.`);
  }
  return base === 'Binary'
    ? binaryAttribute(name, dataType, binaryValue)
    : textAttribute(name, base!, dataType, stringValue);
}

function binaryAttribute(name: string, dataType: string, binaryValue: string | undefined): MessageAttribute {
  if (binaryValue === undefined) {
    throw invalidParameter(`Message (user) attribute '${name}' with type 'Binary' must use field 'Binary'.`);
  }
  if (binaryValue === '') throw emptyValue(name, 'Binary');
  return { dataType, binaryValue };
}

function textAttribute(
  name: string,
  base: string,
  dataType: string,
  stringValue: string | undefined,
): MessageAttribute {
  if (stringValue === undefined) {
    throw invalidParameter(`Message (user) attribute '${name}' with type '${base}' must use field 'String'.`);
  }
  if (stringValue === '') throw emptyValue(name, base);
  if (!hasOnlyAllowedCharacters(stringValue)) {
    throw invalidParameter(`Message (user) attribute '${name}' contains invalid characters in its value.`);
  }
  if (base === 'Number' && !isNumber(stringValue)) {
    throw invalidParameter(`Can't cast the value of message (user) attribute '${name}' to a number.`);
  }
  return { dataType, stringValue };
}

function emptyValue(name: string, type: string): SqsError {
  return invalidParameter(`Message (user) attribute '${name}' must contain a non-empty value of type '${type}'.`);
}

/** "Number: positive or negative integers and floating point numbers … up to 38 digits", 10^-128 to 10^126. */
function isNumber(text: string): boolean {
  const match = /^[+-]?(\d*)(?:\.(\d*))?(?:[eE][+-]?\d{1,5})?$/.exec(text);
  if (!match) return false;
  const digits = `${match[1]}${match[2] ?? ''}`;
  if (digits === '') return false;
  const first = digits.search(/[1-9]/);
  if (first === -1) return true;
  const magnitude = Math.abs(Number(text));
  return lastNonZero(digits) - first < 38 && magnitude >= 1e-128 && magnitude <= 1e126;
}

/** A search for `/0+$/` would take a time proportional to the square of the length if the zeros do not end the text. */
function lastNonZero(digits: string): number {
  let at = digits.length - 1;
  while (digits[at] === '0') at--;
  return at;
}

/**
 * Validates the system attributes of a send, of which `AWSTraceHeader` is the only one that exists. Throws
 * `InvalidParameterValue`, and `UnsupportedOperation` for list values.
 */
export function checkSystemAttributes(
  attributes: ReadonlyMap<string, AttributeInput> | undefined,
): ReadonlyMap<string, MessageAttribute> | undefined {
  if (!attributes || attributes.size === 0) return undefined;
  for (const name of attributes.keys()) {
    if (name !== 'AWSTraceHeader') throw invalidParameter(`Message system attribute name '${name}' is invalid.`);
  }
  const checked = checkMessageAttributes(attributes)!;
  const { dataType, stringValue = '' } = checked.get('AWSTraceHeader')!;
  if (dataType !== 'String') {
    throw invalidParameter("Message system attribute 'AWSTraceHeader' must be of type 'String'.");
  }
  if (stringValue.length > TRACE_HEADER_MAX) {
    throw invalidParameter(
      `Message system attribute 'AWSTraceHeader' must have at most ${TRACE_HEADER_MAX} characters.`,
    );
  }
  return checked;
}
