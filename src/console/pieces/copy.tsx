/** A button that copies a text. */

import { useState } from 'preact/hooks';
import { after } from '../timing.ts';
import { Icon } from './icon.tsx';
import { failed } from './toasts.tsx';

const SHOWN_MS = 1500;

export function Copy({ text, label }: { text: string; label: string }) {
  const [copied, setCopied] = useState(false);
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text);
      setCopied(true);
      after(SHOWN_MS, () => setCopied(false));
    } catch {
      failed('The browser does not allow this page to copy. Select the text instead.');
    }
  };
  return (
    <button type="button" class="quiet icon" aria-label={copied ? 'Copied' : label} title={label} onClick={copy}>
      <Icon name={copied ? 'check' : 'copy'} />
    </button>
  );
}
