/** A field to search with: searches once its user has stopped typing. */

import { useEffect, useRef, useState } from 'preact/hooks';
import { after } from '../timing.ts';
import { Icon } from './icon.tsx';

interface SearchProps {
  label: string;
  text: string;
  maxLength?: number;
  /** How long to wait for the next key. */
  waitMs: number;
  onSearch(text: string): void;
}

export function Search({ label, text, maxLength, waitMs, onSearch }: SearchProps) {
  const [typed, setTyped] = useState(text);
  const cancel = useRef(() => {});
  useEffect(() => () => cancel.current(), []);
  const type = (value: string) => {
    setTyped(value);
    cancel.current();
    cancel.current = after(waitMs, () => onSearch(value));
  };
  return (
    <span class="search">
      <Icon name="search" />
      <input
        type="search"
        aria-label={label}
        placeholder={label}
        maxLength={maxLength}
        value={typed}
        onInput={(event) => type(event.currentTarget.value)}
      />
    </span>
  );
}
