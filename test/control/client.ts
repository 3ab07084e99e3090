/** A client for the control interface. */

import type { Output } from '../helpers.ts';

export interface ControlClient {
  get(path: string): Promise<Output>;
  post(path: string, body?: unknown): Promise<Output>;
  put(path: string, body?: unknown): Promise<Output>;
  remove(path: string): Promise<Output>;
}

/** Returns a client. Its methods reject with the status and the error message of a failed request. */
export function control(url: string): ControlClient {
  const ask = async (method: string, path: string, body?: unknown) => {
    const response = await fetch(`${url}/_squab${path}`, {
      method,
      ...(body !== undefined && { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${response.status} ${(JSON.parse(text) as { error: string }).error}`);
    return JSON.parse(text);
  };
  return {
    get: (path) => ask('GET', path),
    post: (path, body) => ask('POST', path, body),
    put: (path, body) => ask('PUT', path, body),
    remove: (path) => ask('DELETE', path),
  };
}
