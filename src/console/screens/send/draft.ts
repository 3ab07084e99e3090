/** A message while it is being written. */

import type { ContentReport } from '../../../control/journal/reports.ts';

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

let prepared: Draft | undefined;

/** Keeps a draft for the form that opens next. */
export function prepareDraft(draft: Draft): void {
  prepared = draft;
}

export function takeDraft(): Draft | undefined {
  const draft = prepared;
  prepared = undefined;
  return draft;
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
