/** A message while it is being written. */

import type { ContentReport } from '../../../control/journal/reports.ts';
import { keep } from '../../kept.ts';

export interface DraftAttribute {
  name: string;
  type: string;
  value: string;
}

export interface Draft {
  body: string;
  attributes: readonly DraftAttribute[];
  /** Seconds; empty for the queue's own delay. */
  delay: string;
  groupId: string;
  deduplicationId: string;
}

export const emptyDraft: Draft = { body: '', attributes: [], delay: '', groupId: '', deduplicationId: '' };

/** A draft with the content of a message. Its deduplication ID is left out: SQS would take the copy for a duplicate. */
export function draftOf({ body, attributes = {}, groupId = '' }: ContentReport): Draft {
  const listed = Object.entries(attributes).map(([name, { dataType, stringValue, binaryValue }]) => {
    return { name, type: dataType, value: stringValue ?? binaryValue ?? '' };
  });
  return { ...emptyDraft, body, attributes: listed, groupId };
}

/** The form that sends messages is one for all queues: what was typed for one can be sent to another. */
export const SEND_FORM = 'send';

/** Makes the form start with this draft when it opens next. */
export function prepareDraft(draft: Draft): void {
  keep(SEND_FORM, [draft]);
}

/** Returns the draft without the members that the type of the queue does not have, and whose fields are not shown. */
export function draftFor(draft: Draft, isFifo: boolean): Draft {
  return isFifo ? { ...draft, delay: '' } : { ...draft, deduplicationId: '' };
}

type Json = Record<string, unknown>;

/** The parameters of SendMessage, without the queue. Fields that are empty are left out. */
export function inputOf({ body, attributes, delay, groupId, deduplicationId }: Draft): Json {
  return {
    MessageBody: body,
    ...(attributes.length > 0 && { MessageAttributes: Object.fromEntries(attributes.map(attributeOf)) }),
    ...(delay !== '' && { DelaySeconds: numberOr(delay) }),
    ...(groupId !== '' && { MessageGroupId: groupId }),
    ...(deduplicationId !== '' && { MessageDeduplicationId: deduplicationId }),
  };
}

function attributeOf({ name, type, value }: DraftAttribute): [string, Json] {
  return [name, { DataType: type, ...(type.startsWith('Binary') ? { BinaryValue: value } : { StringValue: value }) }];
}

/** What is no number is sent as it is, for SQS to refuse. */
export function numberOr(text: string): number | string {
  return /^-?\d+$/.test(text.trim()) ? Number(text) : text;
}
