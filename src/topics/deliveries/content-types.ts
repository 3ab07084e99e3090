/**
 * The content types that a delivery policy can choose for requests.
 * Source: developer guide, "Creating an HTTP/S delivery policy", `headerContentType`.
 */

export const DEFAULT_CONTENT_TYPE = 'text/plain; charset=UTF-8';

const ALWAYS: ReadonlySet<string> = new Set(['text/plain', 'application/json']);

const WITH_RAW_DELIVERY: ReadonlySet<string> = new Set([
  ...ALWAYS,
  'text/css',
  'text/csv',
  'text/html',
  'text/xml',
  'application/atom+xml',
  'application/octet-stream',
  'application/soap+xml',
  'application/x-www-form-urlencoded',
  'application/xhtml+xml',
  'application/xml',
]);

/** Returns what is wrong with a content type, in words that follow its name; undefined if nothing is. */
export function checkContentType(value: unknown): string | undefined {
  if (typeof value !== 'string') return 'must be a string';
  // Parameters such as a charset may follow. Other characters would not be valid in a header.
  if (WITH_RAW_DELIVERY.has(mediaTypeOf(value)) && /^[\x20-\x7e]{1,128}$/.test(value)) return undefined;
  return `must be one of: ${[...WITH_RAW_DELIVERY].join(', ')}`;
}

/** Returns the content type of a notification. Most types are only for requests without an envelope. */
export function contentTypeOf(chosen: string, raw: boolean): string {
  return (raw ? WITH_RAW_DELIVERY : ALWAYS).has(mediaTypeOf(chosen)) ? chosen : DEFAULT_CONTENT_TYPE;
}

function mediaTypeOf(contentType: string): string {
  return contentType.split(';', 1)[0]!.trim().toLowerCase();
}
