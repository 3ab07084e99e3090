/** Functions as users configure them: names and URLs. */

/** Where a function is. */
export interface FunctionTarget {
  /** The `http` or `https` URL to which events are posted. `{name}` stands for the function's name. */
  url: string;
  /** How long an invocation may take, in seconds: 1 to 900. Default: 900. */
  timeoutSeconds?: number | undefined;
}

/** "The maximum is 900 seconds (15 minutes)." Lambda developer guide, "Configure Lambda function timeout". */
export const FUNCTION_SECONDS_MAX = 900;

/** A function's name, or `*` for all functions that have no URL of their own. */
export const FUNCTION_NAME = /^(\*|[A-Za-z0-9_-]{1,140})$/;

/** Returns whether events can be posted to a URL. */
export function isFunctionUrl(text: string): boolean {
  const url = URL.parse(text.replaceAll('{name}', 'name'));
  return url !== null && /^https?:$/.test(url.protocol) && url.username === '' && url.password === '';
}
