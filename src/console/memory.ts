/** What the browser remembers for this page, if it may: the theme, and what was sent last. */

const PREFIX = 'squab.';

/** Returns what was remembered under this name. */
export function recall<T>(name: string, fallback: T): T {
  try {
    const text = localStorage.getItem(PREFIX + name);
    return text === null ? fallback : (JSON.parse(text) as T);
  } catch {
    return fallback;
  }
}

/** Remembers a value. Where the browser does not allow it, or has no room, it is forgotten with the page. */
export function remember(name: string, value: unknown): void {
  try {
    localStorage.setItem(PREFIX + name, JSON.stringify(value));
  } catch {
    // Without storage, the page works as well.
  }
}
