/** The body of a message: always text, whatever it contains. */

import { useMemo, useState } from 'preact/hooks';
import { bytes, count } from '../format.ts';
import { Copy } from './copy.tsx';
import { Json } from './json.tsx';
import { prettyOf } from './pretty-json.ts';
import { Segments } from './tabs.tsx';

/** How many characters are shown at first, and up to how many JSON is coloured. */
const SHOWN_MAX = 50_000;
const COLOURED_MAX = 20_000;

const encoder = new TextEncoder();

export const sizeOf = (text: string): number => encoder.encode(text).length;

type Form = 'pretty' | 'raw';

export function Body({ text }: { text: string }) {
  const [form, setForm] = useState<Form>('pretty');
  const [all, setAll] = useState(false);
  const pretty = useMemo(() => prettyOf(text), [text]);
  const size = useMemo(() => sizeOf(text), [text]);
  const shown = (form === 'pretty' && pretty) || text;
  const cut = all ? shown : shown.slice(0, SHOWN_MAX);
  return (
    <section aria-label="Body">
      <div class="spread">
        <h3>
          Body <span class="muted tiny">{bytes(size)}</span>
        </h3>
        <div class="row">
          {pretty !== undefined && (
            <Segments<Form>
              label="Form of the body"
              options={[
                ['pretty', 'Pretty'],
                ['raw', 'Raw'],
              ]}
              value={form}
              onChange={setForm}
            />
          )}
          <Copy text={text} label="Copy the body" />
        </div>
      </div>
      <pre class="body" dir="auto">
        {form === 'pretty' && pretty !== undefined && shown.length <= COLOURED_MAX ? <Json text={shown} /> : cut}
      </pre>
      {cut.length < shown.length && (
        <button type="button" onClick={() => setAll(true)}>
          Show all {count(shown.length)} characters
        </button>
      )}
    </section>
  );
}
