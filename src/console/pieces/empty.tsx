/** What is shown where there is nothing, or where loading has failed. */

import type { ComponentChildren } from 'preact';
import { Refusal } from '../api.ts';

export function Empty({ title, children }: { title: string; children?: ComponentChildren }) {
  return (
    <section class="empty">
      <h2>{title}</h2>
      {children}
    </section>
  );
}

/** Why something could not be shown. The banner speaks for a Squab that does not answer. */
export function Problem({ error }: { error: Error | undefined }) {
  if (!(error instanceof Refusal)) return null;
  return (
    <div class="problem" role="alert">
      {error.message}
    </div>
  );
}
