/** A field for the name of a queue, which suggests queues that begin with what has been typed. */

import type { ComponentChildren } from 'preact';
import { useEffect, useId, useState } from 'preact/hooks';
import type { QueuePage } from '../../../control/queues/queues.ts';
import { control, type Place, query } from '../../api.ts';
import { TextField } from '../../pieces/field.tsx';
import { after } from '../../timing.ts';

interface Props {
  label: string;
  hint?: ComponentChildren;
  error?: string | undefined;
  value: string;
  /** Where to look for queues. */
  place: Place;
  onChange(name: string): void;
}

const SUGGESTED = 20;
const TYPING_MS = 150;

export function QueueField({ label, hint, error, value, place, onChange }: Props) {
  const [names, setNames] = useState<readonly string[]>([]);
  const list = useId();
  const { account, region } = place;
  useEffect(() => {
    const gone = new AbortController();
    const ask = async () => {
      const parameters = query({ account, region, prefix: value.slice(0, 80), limit: SUGGESTED });
      const page = await control<QueuePage>('GET', `/queues?${parameters}`, undefined, gone.signal).catch(
        () => undefined,
      );
      if (page && !gone.signal.aborted) setNames(page.queues.map(({ name }) => name));
    };
    const cancel = after(TYPING_MS, ask);
    return () => {
      cancel();
      gone.abort();
    };
  }, [value, account, region]);
  return (
    <>
      <TextField label={label} hint={hint} error={error} value={value} onChange={onChange} list={list} />
      <datalist id={list}>
        {names.map((name) => (
          <option key={name} value={name} />
        ))}
      </datalist>
    </>
  );
}
