/** The fields of a queue's attributes. */

import { duration } from '../../format.ts';
import { Field, SelectField, TextField } from '../../pieces/field.tsx';
import { type Described, errorOf, type Values } from './attributes.ts';

interface FieldsProps {
  attributes: readonly Described[];
  values: Values;
  isFifo: boolean;
  onChange(name: string, value: string): void;
  /** A refusal of SQS, and the attribute that it is about. */
  refused?: { name: string | undefined; message: string } | undefined;
}

export function AttributeFields({ attributes, values, isFifo, onChange, refused }: FieldsProps) {
  return (
    <div class="fields">
      {attributes.map((attribute) => {
        const { name, label, hint, options, isText, suffix, usual } = attribute;
        const value = values[name] ?? '';
        const error = errorOf(name, values, isFifo) ?? (refused?.name === name ? refused.message : undefined);
        const change = (changed: string) => onChange(name, changed);
        const shared = { label, hint, error, value, onChange: change };
        if (options) return <SelectField key={name} {...shared} value={value || options[0]![0]} options={options} />;
        if (isText) return <JsonField key={name} {...shared} />;
        return (
          <TextField
            key={name}
            {...shared}
            inputMode={suffix ? 'numeric' : 'text'}
            placeholder={usual}
            suffix={suffix === 'seconds' ? `seconds${inWords(value || usual)}` : suffix}
          />
        );
      })}
    </div>
  );
}

/** ` = 4 d`, for numbers of seconds that are hard to read. */
function inWords(value = ''): string {
  const seconds = Number(value);
  return /^\d{2,9}$/.test(value) && seconds >= 60 ? ` = ${duration(seconds * 1000)}` : '';
}

type JsonProps = {
  label: string;
  hint: string;
  error: string | undefined;
  value: string;
  onChange(value: string): void;
};

function JsonField({ label, hint, error, value, onChange }: JsonProps) {
  return (
    <Field label={label} hint={hint} error={error}>
      {(connected) => (
        <textarea
          {...connected}
          rows={3}
          spellcheck={false}
          value={value}
          onInput={(event) => onChange(event.currentTarget.value)}
        />
      )}
    </Field>
  );
}
