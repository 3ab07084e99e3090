/** Dialogs: the browser's own, which keep the focus inside and close by Escape. */

import { signal } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import { useEffect, useId, useRef } from 'preact/hooks';
import { Icon } from './icon.tsx';

interface DialogProps {
  title: string;
  onClose(): void;
  children: ComponentChildren;
  /** Room for a form of several columns. */
  wide?: boolean;
}

export function Dialog({ title, onClose, children, wide = false }: DialogProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  const id = useId();
  useEffect(() => dialog.current?.showModal(), []);
  return (
    <dialog
      ref={dialog}
      class={wide ? 'wide' : undefined}
      aria-labelledby={id}
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}
    >
      <header>
        <h2 id={id}>{title}</h2>
        <button type="button" class="quiet icon" aria-label="Close" onClick={onClose}>
          <Icon name="close" />
        </button>
      </header>
      {children}
    </dialog>
  );
}

export interface Question {
  title: string;
  /** What will be lost, with its name and its count. */
  text: ComponentChildren;
  /** The words on the button: "Delete queue". */
  action: string;
  /** Whether something is lost for good. */
  danger?: boolean;
}

const asked = signal<(Question & { answer(yes: boolean): void }) | undefined>(undefined);

/** Asks the user. Resolves to whether the answer is yes. */
export function confirm(question: Question): Promise<boolean> {
  return new Promise((resolve) => {
    asked.value = {
      ...question,
      answer(yes) {
        asked.value = undefined;
        resolve(yes);
      },
    };
  });
}

/** Shows the question of `confirm`. The page has one. */
export function DialogHost() {
  const question = asked.value;
  if (!question) return null;
  const { title, text, action, danger = true, answer } = question;
  return (
    <Dialog title={title} onClose={() => answer(false)}>
      <div class="text">{text}</div>
      <footer>
        <button type="button" onClick={() => answer(false)}>
          Cancel
        </button>
        <button type="button" class={danger ? 'danger' : 'primary'} onClick={() => answer(true)}>
          {action}
        </button>
      </footer>
    </Dialog>
  );
}
