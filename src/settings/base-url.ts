/** The base of queue URLs: a URL with placeholders, or one of LocalStack's strategies. */

/** LocalStack's values of SQS_ENDPOINT_STRATEGY, as base URLs. Source: LocalStack, "SQS", "Queue URLs". */
const STRATEGIES: Readonly<Record<string, string | undefined>> = {
  standard: 'http://sqs.{region}.localhost.localstack.cloud:{port}',
  domain: 'http://{region}.queue.localhost.localstack.cloud:{port}',
  path: 'http://localhost.localstack.cloud:{port}/queue/{region}',
  dynamic: undefined,
};

/** The parts of a base URL that depend on the queue or on the request. */
const PLACEHOLDERS = /\{(region|account|host|port)\}/g;

/** Completes "--base-url …, not VALUE." */
export const BASE_URL =
  'must be a URL such as http://sqs.local:9324, without a query, and with no placeholders except ' +
  '{region}, {account}, {host} and {port}';

/** Returns the base URL of a strategy, or else the given text. */
export function baseUrlOf(given: string): string | undefined {
  return Object.hasOwn(STRATEGIES, given) ? STRATEGIES[given] : given;
}

/** Whether a URL can be the base of queue URLs: a path is appended to it, so it has no query or fragment. */
export function isBaseUrl(text: string | undefined): boolean {
  if (text === undefined) return true;
  // Digits are valid in the place of each of them.
  const url = URL.parse(text.replace(PLACEHOLDERS, '1'));
  return (
    url !== null && !/[{}]|%7[bd]/i.test(url.href) && /^https?:\/\//i.test(text) && url.search === '' && url.hash === ''
  );
}
