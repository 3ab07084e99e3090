/** The tags of a queue, as a form. */

import { Icon } from '../../pieces/icon.tsx';

export interface Tag {
  key: string;
  value: string;
}

interface TagsProps {
  tags: readonly Tag[];
  onChange(tags: readonly Tag[]): void;
  error?: string | undefined;
}

export function TagFields({ tags, onChange, error }: TagsProps) {
  const change = (index: number, changes: Partial<Tag>) =>
    onChange(tags.map((tag, at) => (at === index ? { ...tag, ...changes } : tag)));
  return (
    <fieldset class="stack tight">
      <legend>Tags</legend>
      {tags.map((tag, index) => (
        <div key={index} class="row pair">
          <input
            type="text"
            aria-label={`Key of tag ${index + 1}`}
            placeholder="Key"
            value={tag.key}
            onInput={(event) => change(index, { key: event.currentTarget.value })}
          />
          <input
            type="text"
            aria-label={`Value of tag ${index + 1}`}
            placeholder="Value"
            value={tag.value}
            onInput={(event) => change(index, { value: event.currentTarget.value })}
          />
          <button
            type="button"
            class="quiet icon"
            aria-label={`Remove tag ${index + 1}`}
            onClick={() => onChange(tags.filter((_, at) => at !== index))}
          >
            <Icon name="trash" />
          </button>
        </div>
      ))}
      {error && <p class="error">{error}</p>}
      <div>
        <button type="button" onClick={() => onChange([...tags, { key: '', value: '' }])}>
          <Icon name="plus" /> Add tag
        </button>
      </div>
      <p class="hint">Up to 50: a key of 1 to 128 characters, and a value of up to 256.</p>
    </fieldset>
  );
}
