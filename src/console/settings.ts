/** What the page knows of its Squab from the start: the server writes it into the page. */

import type { ConsoleSettings } from '../http/console.ts';

const meta = document.querySelector<HTMLMetaElement>('meta[name="squab"]');

export const settings = JSON.parse(meta?.content ?? '{}') as ConsoleSettings;

/** The address by which SDKs reach this Squab: the one of this page. */
export const endpoint = location.origin;
