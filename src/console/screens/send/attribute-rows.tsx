/** The attributes of a message, as a form. */

import { Icon } from '../../pieces/icon.tsx';
import type { DraftAttribute } from './draft.ts';

const TYPES = ['String', 'Number', 'Binary'];

interface Props {
  attributes: readonly DraftAttribute[];
  error: string | undefined;
  onChange(attributes: readonly DraftAttribute[]): void;
}

/** "A message can have up to 10 attributes." */
const ATTRIBUTES_MAX = 10;

export function AttributeRows({ attributes, error, onChange }: Props) {
  const change = (index: number, changes: Partial<DraftAttribute>) =>
    onChange(attributes.map((one, at) => (at === index ? { ...one, ...changes } : one)));
  return (
    <fieldset class="stack tight">
      <legend>Attributes</legend>
      {attributes.map(({ name, type, value }, index) => (
        <div key={index} class="row attribute">
          <input
            type="text"
            aria-label={`Name of attribute ${index + 1}`}
            placeholder="Name"
            value={name}
            onInput={(event) => change(index, { name: event.currentTarget.value })}
          />
          <select
            aria-label={`Type of attribute ${index + 1}`}
            value={type}
            onChange={(event) => change(index, { type: event.currentTarget.value })}
          >
            {(TYPES.includes(type) ? TYPES : [...TYPES, type]).map((one) => (
              <option key={one} value={one}>
                {one}
              </option>
            ))}
          </select>
          <input
            type="text"
            aria-label={`Value of attribute ${index + 1}`}
            placeholder={type.startsWith('Binary') ? 'Value, in base64' : 'Value'}
            value={value}
            onInput={(event) => change(index, { value: event.currentTarget.value })}
          />
          <button
            type="button"
            class="quiet icon"
            aria-label={`Remove attribute ${index + 1}`}
            onClick={() => onChange(attributes.filter((_, at) => at !== index))}
          >
            <Icon name="trash" />
          </button>
        </div>
      ))}
      {error && <p class="error">{error}</p>}
      {attributes.length < ATTRIBUTES_MAX && (
        <div>
          <button type="button" onClick={() => onChange([...attributes, { name: '', type: 'String', value: '' }])}>
            <Icon name="plus" /> Add attribute
          </button>
        </div>
      )}
    </fieldset>
  );
}
