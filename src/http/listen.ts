/** Listens on the configured host and ports, or explains why it cannot. */

import type { AddressInfo } from 'node:net';
import type { FastifyInstance } from 'fastify';
import type { Options } from '../settings/options.ts';
import { BACKLOG, type Doors } from './ports.ts';

/**
 * Listens on all ports; resolves to their numbers in order, with the chosen port in place of each 0. Throws an error
 * that says why it cannot listen, and what to do; its `code` is the system's.
 */
export async function listen(app: FastifyInstance, doors: Doors, options: Options): Promise<number[]> {
  const { host, logLevel } = options;
  const [first = 0, ...others] = [options.port].flat();
  // For "localhost", Fastify would open a second server on ::1, and would not wait for its requests when closing.
  const address = host === 'localhost' ? '127.0.0.1' : host;
  // Fastify would log a line for each of the machine's addresses.
  app.log.level = 'silent';
  await orExplained(app.listen({ port: first, host: address, backlog: BACKLOG }), host, first);
  const opened = [(app.server.address() as AddressInfo).port];
  for (const port of others) opened.push(await orExplained(doors.open(address, port), host, port));
  app.log.level = logLevel;
  return opened;
}

/** Rejects with an error that users can understand. */
async function orExplained<T>(listening: Promise<T>, host: string, port: number): Promise<T> {
  try {
    return await listening;
  } catch (error) {
    throw explained(error, host, port);
  }
}

function explained(error: unknown, host: string, port: number): unknown {
  if (!(error instanceof Error)) return error;
  const { code } = error as NodeJS.ErrnoException;
  const unknownHost = `the host ${host} does not exist. Choose another host.`;
  const reason = {
    EADDRINUSE: `port ${port} is in use. Stop the program that uses it, or choose another port (0 picks a free one).`,
    EACCES: `this user is not allowed to use port ${port}. Choose another port.`,
    EADDRNOTAVAIL: `this machine does not have the address ${host}. Choose another host.`,
    ENOTFOUND: unknownHost,
    EAI_AGAIN: unknownHost,
  }[code ?? ''];
  const message = `Cannot listen on ${host}:${port}: ${reason ?? `${error.message}. Choose another host or port.`}`;
  return Object.assign(new Error(message, { cause: error }), { code });
}
