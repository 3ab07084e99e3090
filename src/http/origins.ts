/**
 * What a web page may not do. Squab listens where the browsers of its machine can reach it, and a browser sends requests
 * for any page that its user opens. So a request that a browser sent is refused unless the page is of an allowed origin,
 * or the user asked for it himself. Clients that are not browsers are not concerned: they send none of these headers.
 *
 * Two rules, for two attacks:
 * - **Origins.** A page elsewhere sends a form, an image's GET or a `fetch` here. The browser says so: by `Sec-Fetch-Site`,
 *   which it leaves out over plain HTTP to hosts other than loopback; by `Origin`, but not with a GET of `no-cors`; by
 *   `Referer`, unless the page forbids it. A browser that says none of them is refused too.
 * - **Hosts.** A page of `http://evil.example:9324` lets that name point to this machine after it was loaded (DNS
 *   rebinding), and then is of one origin with Squab. Such a page can set any header but those that browsers keep to
 *   themselves, and `Host` is one. So what a browser sends must name a host that no stranger can own: see `isOurs`.
 *
 * Sources: Fetch, "Forbidden request-headers" and "Main fetch" (`Accept-Language` is added to whatever has none); Fetch
 * Metadata; RFC 6761 and RFC 6762 (`.localhost`, `.test`, `.local`), RFC 8375 (`.home.arpa`), ICANN 2024 (`.internal`).
 */

type Headers = Readonly<Record<string, string | string[] | undefined>>;

export interface Trust {
  /** As `Origin` spells them, in lower case; `*` for any. */
  origins: readonly string[];
  /** Names without port, in lower case; `*.example.com` for all below a domain, `*` for any. */
  hosts: readonly string[];
}

/** Undefined: no page has anything to do with it. Otherwise the page's origin, which may read the answer; or a refusal. */
export type Verdict = { readonly origin: string } | { readonly refusal: string } | undefined;

/** Names that lead nowhere on the public internet, or to the machine itself. */
const PRIVATE_SUFFIXES = ['localhost', 'local', 'internal', 'test', 'home.arpa', 'lan', 'localhost.localstack.cloud'];

/** The endpoints of SQS, which somebody may send here by a hosts file or a proxy: `sqs.eu-west-1.amazonaws.com`. */
const AWS_ENDPOINT =
  /^([a-z0-9-]+\.)*(sqs|sqs-fips|queue)\.([a-z0-9-]+\.)*(amazonaws\.com|amazonaws\.com\.cn|api\.aws)$/;

/** No name in DNS is longer. */
const HOST_MAX = 253;

/** A client can write whole books into a header. */
const SHOWN_MAX = 200;

/** A judge of requests by their headers, for what is trusted besides the rules above. */
export function makeJudge(trust: Trust): (headers: Headers) => Verdict {
  const origins = new Set(trust.origins);
  const isKnown = knownHosts(trust.hosts);
  return (headers) => {
    const origin = text(headers.origin);
    const site = headers['sec-fetch-site'];
    const page = origin ?? originOf(text(headers.referer));
    if (page === undefined && site === undefined && !hasMark(headers)) return undefined;
    const verdict = origin === undefined ? undefined : { origin };
    if (origins.has('*') || (page !== undefined && origins.has(page.toLowerCase()))) return verdict;
    const host = text(headers.host) ?? '';
    if (isForeign(site, page, host, headers)) return { refusal: foreign(page) };
    return isKnown(host) ? verdict : { refusal: unknownHost(host) };
  };
}

/** What every browser adds to a request, even to one whose page would rather hide. */
function hasMark(headers: Headers): boolean {
  return headers['accept-language'] !== undefined || isMozilla(headers);
}

/** All browsers call themselves so, and a page can't change it for requests to elsewhere. */
function isMozilla(headers: Headers): boolean {
  return headers['user-agent']?.includes('Mozilla/') === true;
}

/** Whether a page of another origin asks, or one that the browser keeps to itself. `none` is the user's own doing. */
function isForeign(site: unknown, page: string | undefined, host: string, headers: Headers): boolean {
  if (site !== undefined) return site !== 'same-origin' && site !== 'none';
  if (page !== undefined) return withoutPort(page.replace(/^[^:]*:\/\//, '')) !== withoutPort(host);
  // PowerShell calls itself Mozilla too, and the `fetch` of Node.js sends Accept-Language.
  return isMozilla(headers) && headers['accept-language'] !== undefined;
}

/** Without the port of a protocol, which browsers leave out of `Host` and proxies may add. */
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
 * Names that need no domain: addresses, which can't be pointed elsewhere, and single words such as `localhost` or the
 * service name of a container, which nobody can register. A name that ends in a number is an address to browsers.
 */
function isOurs(name: string): boolean {
  return !name.includes('.') || name.startsWith('[') || /(^|\.)\d+$/.test(name) || AWS_ENDPOINT.test(name);
}

function text(header: string | string[] | undefined): string | undefined {
  return typeof header === 'string' ? header : header?.[0];
}

function foreign(page: string | undefined): string {
  if (page === undefined) {
    return (
      'A browser sent this request for a page that it does not name, or that is of another site. Pages can use this ' +
      'Squab when it is started with --allowed-origins ORIGIN, such as http://localhost:5173.'
    );
  }
  const shown = page.slice(0, SHOWN_MAX);
  return `A web page of ${shown} may not use this Squab. If it is yours, start Squab with --allowed-origins ${shown}`;
}

function unknownHost(host: string): string {
  const name = host.replace(/:\d*$/, '').slice(0, SHOWN_MAX);
  return (
    `A browser sent this request to ${name}, which may be a name that a stranger points here. ` +
    `If it is yours, start Squab with --allowed-hosts ${name}`
  );
}

/** Headers of a refusal's or answer's that a page may read; it sees few others by itself. */
const EXPOSED = 'x-amzn-requestid, x-amzn-query-error, x-amz-crc32, date';

/** What lets a page of that origin read the answer. */
export function corsHeaders(origin: string): Record<string, string> {
  return { 'access-control-allow-origin': origin, 'access-control-expose-headers': EXPOSED, vary: 'Origin' };
}

/** Whether a browser asks, before a page's request, if it may send it. */
export function isPreflight(method: string, headers: Headers): boolean {
  return method === 'OPTIONS' && headers['access-control-request-method'] !== undefined;
}

/**
 * The answer to a preflight. It names the headers that were asked for, since `*` would not stand for `Authorization`; and
 * allows a page of the internet to reach into this network, where browsers still ask for that.
 */
export function preflightHeaders(origin: string, headers: Headers): Record<string, string> {
  const asked = text(headers['access-control-request-headers']);
  const isPrivate = headers['access-control-request-private-network'] !== undefined;
  return {
    ...corsHeaders(origin),
    'access-control-allow-methods': 'GET, POST',
    ...(asked && { 'access-control-allow-headers': asked }),
    ...(isPrivate && { 'access-control-allow-private-network': 'true' }),
    'access-control-max-age': '7200',
  };
}
