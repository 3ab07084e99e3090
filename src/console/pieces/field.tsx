/** Fields of forms: a label, the control, what it means, and what is wrong with it. */

import type { ComponentChildren, JSX } from 'preact';
import { useId } from 'preact/hooks';

interface Described {
  label: string;
  /** What the value means, and its bounds. */
  hint?: ComponentChildren;
  /** What is wrong with the value. */
  error?: string | undefined;
}

/** The attributes that connect a control with its label, hint and error. */
export interface Connected {
  id: string;
  'aria-describedby': string | undefined;
  'aria-invalid': boolean | undefined;
}

/** A field around any control. */
export function Field({
  label,
  hint,
  error,
  children,
}: Described & { children(connected: Connected): ComponentChildren }) {
  const id = useId();
  const described = [hint && `${id}-hint`, error && `${id}-error`].filter(Boolean).join(' ') || undefined;
  return (
    <div class={error ? 'field wrong' : 'field'}>
      <label for={id}>{label}</label>
      {children({ id, 'aria-describedby': described, 'aria-invalid': error ? true : undefined })}
      {error && (
        <p class="error" id={`${id}-error`}>
          {error}
        </p>
      )}
      {hint && (
        <p class="hint" id={`${id}-hint`}>
          {hint}
        </p>
      )}
    </div>
  );
}

type InputProps = Omit<JSX.IntrinsicElements['input'], 'value' | 'onInput' | 'onChange' | 'label'> & {
  /** The ID of a list of suggestions. */
  list?: string;
};

/** A line of text or a number. */
export function TextField({
  label,
  hint,
  error,
  value,
  onChange,
  suffix,
  ...rest
}: Described & InputProps & { value: string; onChange(value: string): void; suffix?: string | undefined }) {
  return (
    <Field label={label} hint={hint} error={error}>
      {(connected) => (
        <span class={suffix ? 'suffixed' : undefined}>
          <input
            type="text"
            autocomplete="off"
            spellcheck={false}
            {...(rest as object)}
            {...connected}
            value={value}
            onInput={(event) => onChange(event.currentTarget.value)}
          />
          {suffix && <span class="suffix">{suffix}</span>}
        </span>
      )}
    </Field>
  );
}

/** One of several values. */
export function SelectField({
  label,
  hint,
  error,
  value,
  onChange,
  options,
}: Described & { value: string; onChange(value: string): void; options: readonly (readonly [string, string])[] }) {
  return (
    <Field label={label} hint={hint} error={error}>
      {(connected) => (
        <select {...connected} value={value} onChange={(event) => onChange(event.currentTarget.value)}>
          {options.map(([key, text]) => (
            <option key={key} value={key}>
              {text}
            </option>
          ))}
        </select>
      )}
    </Field>
  );
}

/** Yes or no. */
export function CheckField({
  label,
  hint,
  checked,
  onChange,
  disabled = false,
}: Described & { checked: boolean; onChange(checked: boolean): void; disabled?: boolean }) {
  const id = useId();
  return (
    <div class="field check">
      <input
        type="checkbox"
        id={id}
        checked={checked}
        disabled={disabled}
        aria-describedby={hint ? `${id}-hint` : undefined}
        onChange={(event) => onChange(event.currentTarget.checked)}
      />
      <label for={id}>{label}</label>
      {hint && (
        <p class="hint" id={`${id}-hint`}>
          {hint}
        </p>
      )}
    </div>
  );
}
