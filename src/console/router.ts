/** The address of the screen, in the part of the URL after `#`: every screen has one, so links and history work. */

import { signal } from '@preact/signals';

export interface Address {
  /** `/queues/us-east-1/000000000000/orders`. */
  path: string;
  query: URLSearchParams;
}

function read(): Address {
  const [path = '', query = ''] = location.hash.replace(/^#/, '').split('?', 2);
  return { path: path || '/queues', query: new URLSearchParams(query) };
}

export const address = signal(read());

addEventListener('hashchange', () => {
  address.value = read();
});

/** Goes to another screen. `replace`: without a step in the browser's history. */
export function go(path: string, { replace = false } = {}): void {
  if (replace) {
    history.replaceState(null, '', `#${path}`);
    address.value = read();
  } else {
    location.hash = path;
  }
}

/** Changes parameters of the address, without a step in the browser's history. Empty ones are removed. */
export function setQuery(changes: Record<string, string>): void {
  const { path, query } = address.peek();
  const changed = new URLSearchParams(query);
  for (const [name, value] of Object.entries(changes)) {
    if (value === '') changed.delete(name);
    else changed.set(name, value);
  }
  const text = changed.toString();
  go(text ? `${path}?${text}` : path, { replace: true });
}

export type Params = Record<string, string>;

/** The parameters of a path that has the form of `pattern`, such as `/queues/:region/:account/:name`. */
export function match(pattern: string, path: string): Params | undefined {
  const [wanted, given] = [pattern.split('/'), path.split('/')];
  if (wanted.length !== given.length) return undefined;
  const params: Params = {};
  for (const [index, part] of wanted.entries()) {
    const value = given[index]!;
    if (part.startsWith(':')) params[part.slice(1)] = decoded(value);
    else if (part !== value) return undefined;
  }
  return params;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** The address of a topic's screen, or of a tab of it. */
export function topicLink(topic: { region: string; account: string; name: string }, ...below: string[]): string {
  return queueLink(topic, ...below).replace('/queues/', '/topics/');
}

/** The address of a queue's screen, or of a tab of it. */
export function queueLink(queue: { region: string; account: string; name: string }, ...below: string[]): string {
  const parts = [queue.region, queue.account, queue.name, ...below].map(encodeURIComponent);
  return `/queues/${parts.join('/')}`;
}
