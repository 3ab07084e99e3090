/** The contenders of a run, each with a server of its own, started when a row first needs it. */

import { fetchers } from './peers.ts';
import { Process } from './processes.ts';
import { type DatabaseServer, startServer } from './server.ts';

interface Started {
  database: DatabaseServer;
  node: Process;
}

export class Contenders {
  /** A line about each peer. */
  readonly notes: string[] = [];
  readonly #names = ['squab'];
  readonly #started = new Map<string, Started>();
  readonly #others = new Map<string, DatabaseServer>();

  /** Downloads the peers, unless only Squab is wanted. */
  static async prepare(peers: boolean): Promise<Contenders> {
    const contenders = new Contenders();
    for (const [name, fetch] of Object.entries(peers ? fetchers : {})) {
      try {
        const { version } = await fetch();
        contenders.#names.push(name);
        contenders.notes.push(`${name}: version ${version}.`);
      } catch (error) {
        contenders.notes.push(`Not measured: ${name}. ${(error as Error).message}`);
      }
    }
    return contenders;
  }

  /** Those of these that can be had. */
  among(names: readonly string[]): string[] {
    return names.filter((name) => this.#names.includes(name));
  }

  async get(name: string): Promise<Started> {
    const known = this.#started.get(name);
    if (known) return known;
    const database = await this.database(name);
    const started = { database, node: await Process.start(name, database.url) };
    this.#started.set(name, started);
    return started;
  }

  /** A second process on the database of a contender. */
  async another(name: string): Promise<Process> {
    return Process.start(name, (await this.get(name)).database.url);
  }

  /** A server for something else. */
  async database(name: string): Promise<DatabaseServer> {
    const known = this.#others.get(name);
    if (known) return known;
    const database = await startServer();
    this.#others.set(name, database);
    return database;
  }

  async end(): Promise<void> {
    await Promise.allSettled([...this.#started.values()].map(({ node }) => node.end()));
    await Promise.all([...this.#others.values()].map((server) => server.end()));
  }
}
