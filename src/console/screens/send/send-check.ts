/** What SQS would say about a message while it is being written. Squab answers that without sending anything. */

import { useEffect, useState } from 'preact/hooks';
import type { SendExplanation } from '../../../control/explain/explain.ts';
import { control, type QueueKey, queuePath } from '../../api.ts';
import { after } from '../../timing.ts';
import { type Draft, numberOr } from './draft.ts';

const TYPING_MS = 250;

/** The explanation of a send of this draft; undefined while there is none for what has just been typed. */
export function useCheck(queue: QueueKey, draft: Draft): SendExplanation | undefined {
  const [known, setKnown] = useState<SendExplanation>();
  const { name, account, region } = queue;
  const isUntouched = draft.body === '' && draft.attributes.length === 0;
  useEffect(() => {
    if (isUntouched) {
      setKnown(undefined);
      return;
    }
    const gone = new AbortController();
    const ask = async () => {
      const path = queuePath({ name, account, region }, '/explain-send');
      // Without an answer there is no check; sending tells.
      const answer = await control<SendExplanation>('POST', path, bodyOf(draft), gone.signal).catch(() => undefined);
      if (!gone.signal.aborted) setKnown(answer);
    };
    const cancel = after(TYPING_MS, ask);
    return () => {
      cancel();
      gone.abort();
    };
  }, [name, account, region, draft, isUntouched]);
  return known;
}

function bodyOf({ body, attributes, delay, groupId, deduplicationId }: Draft): Record<string, unknown> {
  const listed = attributes.map(({ name, type, value }) => {
    return [name, { dataType: type, ...(type.startsWith('Binary') ? { binaryValue: value } : { stringValue: value }) }];
  });
  return {
    body,
    ...(attributes.length > 0 && { attributes: Object.fromEntries(listed) }),
    ...(groupId !== '' && { groupId }),
    ...(deduplicationId !== '' && { deduplicationId }),
    ...(delay !== '' && { delaySeconds: numberOr(delay) }),
  };
}

export type FieldName = 'body' | 'attributes' | 'delay' | 'groupId' | 'deduplicationId';

/** The field that a refusal is about; undefined for one that is about none, such as a missing permission. */
export function fieldOf(refusal: string): FieldName | undefined {
  if (/deduplication/i.test(refusal)) return 'deduplicationId';
  if (/MessageGroupId/.test(refusal)) return 'groupId';
  if (/DelaySeconds/.test(refusal)) return 'delay';
  if (/attribute/i.test(refusal)) return 'attributes';
  return /MessageBody|Message must be|characters|longer than/.test(refusal) ? 'body' : undefined;
}
