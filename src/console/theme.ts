/** Light, dark, or as the system has it; remembered by the browser. */

import { effect, signal } from '@preact/signals';
import { recall, remember } from './memory.ts';

export type Theme = 'system' | 'light' | 'dark';

export const theme = signal(recall<Theme>('theme', 'system'));

effect(() => {
  if (theme.value === 'system') delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme.value;
  remember('theme', theme.value);
});
