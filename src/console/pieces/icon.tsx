/** The icons, drawn on a grid of 16. They are decoration: what they stand beside, or its label, says the same. */

const PATHS = {
  brand: 'M3 4h10M3 8h6M3 12h3M11 11.5a1.6 1.6 0 1 0 3.2 0a1.6 1.6 0 1 0-3.2 0',
  refresh: 'M13 8a5 5 0 1 1-1.5-3.5M13 2v3h-3',
  clock: 'M8 4.5V8l2.5 1.5M2 8a6 6 0 1 0 12 0a6 6 0 1 0-12 0',
  system: 'M2 3h12v8H2zM6 14h4M8 11v3',
  light: 'M5 8a3 3 0 1 0 6 0a3 3 0 1 0-6 0M8 1v1.5M8 13.5V15M1 8h1.5M13.5 8H15M3 3l1 1M12 12l1 1M13 3l-1 1M4 12l-1 1',
  dark: 'M13.5 9.5A6 6 0 1 1 6.5 2.5a5 5 0 0 0 7 7z',
  copy: 'M5.5 5.5h8v8h-8zM10.5 5.5v-3h-8v8h3',
  close: 'M4 4l8 8M12 4l-8 8',
  search: 'M3 7a4 4 0 1 0 8 0a4 4 0 1 0-8 0M10 10l4 4',
  plus: 'M8 3v10M3 8h10',
  send: 'M14 2L7 9M14 2l-4.5 12L7 9L2 6.5z',
  key: 'M9 7a3 3 0 1 0-6 0a3 3 0 1 0 6 0M9 7h5v2.5M11.5 7v2',
  purge: 'M10.5 2.5L8 8M4 13.5c0-3 1.5-5 4-5.5l2 1c.5 2 0 4-1 5.5zM6.5 13.8c0-1.5.3-2.5 1-3.5',
  trash: 'M3 4.5h10M6 4.5V3h4v1.5M4.5 4.5l.5 9h6l.5-9M7 7v4M9 7v4',
  warning: 'M8 2l6.5 11.5h-13zM8 6.5v3M8 11.5v.5',
  star: 'M8 2l1.8 3.8l4.2.6l-3 2.9l.7 4.2L8 11.5l-3.7 2l.7-4.2l-3-2.9l4.2-.6z',
  check: 'M3 8.5l3.5 3.5L13 4.5',
  down: 'M4 6l4 4l4-4',
  up: 'M4 10l4-4l4 4',
  left: 'M10 4L6 8l4 4',
  right: 'M6 4l4 4l-4 4',
} as const;

export type IconName = keyof typeof PATHS;

export function Icon({ name }: { name: IconName }) {
  return (
    <svg class="icon" viewBox="0 0 16 16" width="16" height="16" aria-hidden="true">
      <path d={PATHS[name]} />
    </svg>
  );
}
