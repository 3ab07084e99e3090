/**
 * Protects Squab from web pages. Browsers on this machine can reach Squab, and a browser sends requests for any page
 * that its user opens. So a browser's request is refused unless the page has an allowed origin, or the user opened
 * the URL directly, only to read. Clients other than browsers are not affected: they send none of these headers.
 *
 * A link to the console is the exception: see `isLinkToConsole`.
 *
 * Two rules, against two attacks:
 * - **Origins.** A foreign page submits a form, loads an image or calls `fetch` with a URL of Squab. The browser
 *   reveals that: in `Sec-Fetch-Site`, which it omits over plain HTTP to hosts other than loopback; in `Origin`,
 *   except for a GET in the mode `no-cors`; in `Referer`, unless the page forbids it. A browser that sends none of
 *   them is refused too. If a page has a URL fetched in advance (speculation rules), only `Sec-Purpose` reveals it; if the
 *   certificate of a server does (the URL of its issuer), only `Sec-Fetch-Mode`; if it is a download that goes on in the
 *   background or after an error, only `Sec-Fetch-Dest`, and sometimes `Origin`. Nothing reveals it if the browser opens a
 *   window for the page, such as that of an identity provider (FedCM), whose server then redirects it. So an address that
 *   is opened in a browser changes nothing: see `changesSomething`.
 * - **Hosts.** After it is loaded, a page of `http://evil.example:9324` makes that name point to this machine (DNS
 *   rebinding), and then has the same origin as Squab. Such a page can set any header except those that browsers
 *   reserve for themselves, `Host` among them. So a browser's request must name a host that no stranger can own: see
 *   `isOurs`.
 *
 * Sources: Fetch, "Forbidden request-headers", "Sec-Purpose" and "Main fetch" (a missing `Accept-Language` is added);
 * Fetch Metadata; RFC 6761 and RFC 6762 (`.localhost`, `.test`, `.local`), RFC 8375 (`.home.arpa`), ICANN 2024
 * (`.internal`).
 */

import { isAwsEndpoint } from '../api/names.ts';
import type { WireRequest } from '../api/wire.ts';
import { readCall } from '../api/wires/query.ts';

type Headers = Readonly<Record<string, string | string[] | undefined>>;

export interface Trust {
  /** In the form of the `Origin` header, in lower case; `*` for any. */
  origins: readonly string[];
  /** Host names without a port, in lower case; `*.example.com` for a domain and all names below it, `*` for any. */
  hosts: readonly string[];
}

/**
 * The origin of a page, which may read the response, or why the request is refused; undefined if no page is involved.
 */
export type Verdict = { readonly origin: string } | { readonly refusal: string } | undefined;

/** What a request is for. */
interface What {
  /** Whether it is for the console, so that it may come from any page. */
  isLink?: boolean;
  /** Returns whether it would change something. */
  changes?(): boolean;
}

/** Suffixes of names that do not resolve on the public internet, or that resolve to the machine itself. */
const PRIVATE_SUFFIXES = ['localhost', 'local', 'internal', 'test', 'home.arpa', 'lan', 'localhost.localstack.cloud'];

/** The length of the longest possible name in DNS. */
const HOST_MAX = 253;

/** The number of characters of a header that a message quotes, since a client can send very long headers. */
const SHOWN_MAX = 200;

/**
 * Returns a function that judges a request by its headers. `trust`: origins and hosts to allow beyond the rules
 * above.
 */
export function makeJudge(trust: Trust): (headers: Headers, what?: What) => Verdict {
  const origins = new Set(trust.origins);
  const isKnown = knownHosts(trust.hosts);
  return (headers, { isLink = false, changes = () => false } = {}) => {
    const origin = text(headers.origin);
    const site = headers['sec-fetch-site'];
    const page = origin ?? originOf(text(headers.referer));
    if (page === undefined && site === undefined && !looksLikeBrowser(headers)) return undefined;
    const verdict = origin === undefined ? undefined : { origin };
    if (origins.has('*') || (page !== undefined && origins.has(page.toLowerCase()))) return verdict;
    const host = text(headers.host) ?? '';
    if (!isLink && isForeign(site, page, host, headers)) return { refusal: foreign(page) };
    if (site === 'none' && changes()) return { refusal: OPENED };
    return isKnown(host) ? verdict : { refusal: unknownHost(host) };
  };
}

/**
 * Returns whether the user has followed a link to the console, from whatever page. That page learns nothing: the
 * console opens in a window of its own, the response is always the same, and nothing is carried out.
 */
export function isLinkToConsole(method: string, url: string, headers: Headers): boolean {
  return method === 'GET' && url === '/' && opensPage(headers);
}

/** Operations that change nothing, or that only someone who knows a secret can ask for, as in a link of a subscription. */
const READ = /^(Get|List)[A-Z]/;
/** With `--auto-create`, they create the queue. */
const CREATING = /^(GetQueueUrl|GetQueueAttributes|ListQueueTags)$/;
const LINK = /^(ConfirmSubscription|Unsubscribe)$/;

/** Returns whether an address that is opened in a browser would change something. */
export function changesSomething(request: WireRequest, { autoCreate }: { autoCreate: boolean }): boolean {
  const { action } = readCall(request);
  const reads = READ.test(action) && !(autoCreate && CREATING.test(action));
  const isHarmless = action === '' || LINK.test(action) || reads;
  return request.method !== 'GET' || !isHarmless;
}

/** Returns whether a window or tab is to show the response. Downloads are navigations, too, but to no document. */
function opensPage(headers: Headers): boolean {
  return headers['sec-fetch-mode'] === 'navigate' && headers['sec-fetch-dest'] === 'document';
}

/** Returns whether a request has a header that every browser adds, even for a page that hides its origin. */
function looksLikeBrowser(headers: Headers): boolean {
  return headers['accept-language'] !== undefined || isMozilla(headers) || isOfHelper(headers);
}

/**
 * Programs beside browsers, which fetch what pages choose: macOS, iOS and Windows verify certificates, and fetch the
 * addresses in them; AppleCoreMedia plays videos; and Safari itself, which does not call itself Mozilla then, fetches icons.
 */
const HELPERS = /^(com\.apple\.trustd|Microsoft-CryptoAPI|AppleCoreMedia|(Mobile)?Safari)\b/;

function isOfHelper(headers: Headers): boolean {
  return HELPERS.test(text(headers['user-agent']) ?? '');
}

/** All browsers call themselves Mozilla, and a page cannot change that in requests to another origin. */
function isMozilla(headers: Headers): boolean {
  return headers['user-agent']?.includes('Mozilla/') === true;
}

/**
 * Returns whether the request comes from a page of another origin, or from a page that the browser does not reveal. The
 * site `none` means that the user sent it only if the browser opens a page there, not in advance and for no other page:
 * pages can have the browser fetch an address in advance, or on its own account, such as that of the issuer of a
 * certificate, or for a download.
 */
function isForeign(site: unknown, page: string | undefined, host: string, headers: Headers): boolean {
  if (headers['sec-purpose'] !== undefined) return site !== 'same-origin';
  if (site === 'none') return page !== undefined || !opensPage(headers);
  if (site !== undefined) return site !== 'same-origin';
  if (page !== undefined) return withoutPort(page.replace(/^[^:]*:\/\//, '')) !== withoutPort(host);
  // Neither header alone is enough: PowerShell calls itself Mozilla too, and Node.js's `fetch` sends Accept-Language.
  return isOfHelper(headers) || (isMozilla(headers) && headers['accept-language'] !== undefined);
}

/** Removes the default port of HTTP or HTTPS, which browsers omit from `Host` and proxies may add. */
function withoutPort(host: string): string {
  return host.toLowerCase().replace(/:(80|443)$/, '');
}

function originOf(url: string | undefined): string | undefined {
  return url && /^[a-z][a-z0-9+.-]*:\/\/[^/?#]+/i.exec(url)?.[0];
}

function knownHosts(patterns: readonly string[]): (host: string) => boolean {
  if (patterns.includes('*')) return () => true;
  const names = new Set(patterns.filter((pattern) => !pattern.startsWith('*')));
  const suffixes = [
    ...PRIVATE_SUFFIXES.map((suffix) => `.${suffix}`),
    ...patterns.filter((pattern) => pattern.startsWith('*')).map((pattern) => pattern.slice(1)),
  ];
  return (host) => {
    const name = host.toLowerCase().replace(/:\d*$/, '').replace(/\.$/, '');
    if (name.length > HOST_MAX) return false;
    return isOurs(name) || names.has(name) || suffixes.some((suffix) => `.${name}`.endsWith(suffix));
  };
}

/**
 * Returns whether no stranger can own this name: an IP address cannot be pointed elsewhere, and a single word, such as
 * `localhost` or the service name of a container, cannot be registered as a domain. To browsers, a name that ends in a
 * number is an IP address. A hosts file or a proxy may direct SQS's endpoints on AWS to Squab.
 */
function isOurs(name: string): boolean {
  return !name.includes('.') || name.startsWith('[') || /(^|\.)\d+$/.test(name) || isAwsEndpoint(name);
}

function text(header: string | string[] | undefined): string | undefined {
  return typeof header === 'string' ? header : header?.[0];
}

function foreign(page: string | undefined): string {
  if (page === undefined) {
    return (
      'A browser sent this request for a page of another site, or for a page that it did not identify. To let a page ' +
      'use Squab, start Squab with --allowed-origins ORIGIN, such as http://localhost:5173.'
    );
  }
  const shown = page.slice(0, SHOWN_MAX);
  return (
    `A web page with the origin ${shown} is not allowed to use Squab. ` +
    `If it is yours, start Squab with --allowed-origins ${shown}`
  );
}

const OPENED =
  'A browser opened this address, which would change something. Web pages can make browsers do that as if the user had ' +
  'typed the address. Send the request with another client, such as curl, or use the console.';

function unknownHost(host: string): string {
  const name = host.replace(/:\d*$/, '').slice(0, SHOWN_MAX);
  return (
    `A browser sent this request to ${name}, a name that an attacker may have pointed to this machine. ` +
    `If the name is yours, start Squab with --allowed-hosts ${name}`
  );
}

/** Response headers that a page may read, besides the few that browsers always let it read. */
const EXPOSED = 'x-amzn-requestid, x-amzn-query-error, x-amz-crc32, date';

/** Returns the headers that let a page of this origin read the response. */
export function corsHeaders(origin: string): Record<string, string> {
  return { 'access-control-allow-origin': origin, 'access-control-expose-headers': EXPOSED, vary: 'Origin' };
}

/** Returns whether this is a preflight: the browser asks whether it may send a page's request. */
export function isPreflight(method: string, headers: Headers): boolean {
  return method === 'OPTIONS' && headers['access-control-request-method'] !== undefined;
}

/**
 * Returns the headers of the response to a preflight. They list the requested headers by name, since `*` does not cover
 * `Authorization`, and let a page from the internet reach into this network, for browsers that still ask for that.
 */
export function preflightHeaders(origin: string, headers: Headers): Record<string, string> {
  const asked = text(headers['access-control-request-headers']);
  const isPrivate = headers['access-control-request-private-network'] !== undefined;
  return {
    ...corsHeaders(origin),
    'access-control-allow-methods': 'GET, POST, PUT, DELETE',
    ...(asked && { 'access-control-allow-headers': asked }),
    ...(isPrivate && { 'access-control-allow-private-network': 'true' }),
    'access-control-max-age': '7200',
  };
}
