/**
 * The PostgreSQL server of a run of tests. It starts when the first test file asks for it, so that runs without such
 * tests do not wait for it. SQUAB_TEST_DATABASE names another server to use instead, by a URL.
 */

import { createServer } from 'node:http';
import type { TestProject } from 'vitest/node';
import { type Server, startServer } from './postgres-server.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** Where the URL of the server can be asked for. */
    postgres: string;
  }
}

/** Called by Vitest, which wants a function with this name. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  let starting: Promise<Server> | undefined;
  const answers = createServer((_request, response) => {
    starting ??= startServer();
    starting.then(
      ({ url }) => response.end(url),
      (error: Error) => response.writeHead(503).end(error.message),
    );
  });
  await new Promise<void>((resolve) => answers.listen(0, '127.0.0.1', resolve));
  answers.unref();
  project.provide('postgres', `http://127.0.0.1:${(answers.address() as { port: number }).port}`);
  return async () => {
    answers.close();
    await (await starting?.catch(() => undefined))?.stop();
  };
}
