/** One connection to the database. Statements are pipelined: each is sent without waiting for the answers before it. */

import { Client, type ClientConfig, types } from 'pg';
import { wakeAfter } from '../../time/clock.ts';
import { ConnectionLost, codeOf } from './faults.ts';
import { requireChannelBinding } from './opening/channel-binding.ts';
import { POLLING } from './opening/polling.ts';
import { inSchema, type Statement } from './statement.ts';
import { withBinaryTexts } from './text-arrays.ts';

/** Where and how to connect. */
export interface Target {
  /** What the package `pg` needs to know, TLS and the settings of the session included. */
  readonly config: ClientConfig;
  readonly schema: string;
  /** The database, for messages: its name and its host, never a password. */
  readonly where: string;
}

/** How long connecting may take, in milliseconds. */
const CONNECT_MS = 5000;

/** How long the server may take to end a connection. */
const CLOSE_MS = 1000;

/** The part of the server that warns of a commit that no synchronous standby may have. (The text is in its own language.) */
const UNREPLICATED = 'SyncRepWaitForLSN';

/** Arrays of bigint and numeric, as PostgreSQL numbers their types; the types themselves follow. */
const NUMBER_ARRAYS = [1016, 1231];
const NUMBERS = [20, 1700];

const toNumbers = (text: string): (number | null)[] =>
  text === '{}'
    ? []
    : text
        .slice(1, -1)
        .split(',')
        .map((item) => (item === 'NULL' ? null : Number(item)));

/** Numbers of Squab stay below 2^53, so bigint and numeric become numbers. */
const parsers: NonNullable<ClientConfig['types']> = {
  getTypeParser: ((type: number, format: 'text' | 'binary') => {
    if (NUMBERS.includes(type)) return Number;
    if (NUMBER_ARRAYS.includes(type)) return toNumbers;
    return types.getTypeParser(type, format as 'text');
  }) as typeof types.getTypeParser,
};

/** Texts of statements in their schema, by schema and name: a connection asks for the same ones again and again. */
const texts = new Map<string, Map<string, string>>();

export class Connection {
  readonly #client: Client;
  readonly #schema: string;
  readonly #texts: Map<string, string>;
  #lost: Error | undefined;
  #corked = false;
  /** Whether a commit that succeeded may be lost. Its answer arrives although the connection has been ended. */
  #isUnreplicated = false;
  readonly #onLost: ((error: Error) => void)[] = [];

  private constructor(client: Client, schema: string) {
    this.#client = client;
    this.#schema = schema;
    this.#texts = texts.get(schema) ?? new Map();
    texts.set(schema, this.#texts);
    client.on('error', (error) => this.#lose(error));
    client.on('end', () => this.#lose(new ConnectionLost('the connection was closed')));
    // An administrator has ended the wait for a standby. The commit succeeds, but a failover would lose it.
    client.on('notice', ({ routine }) => {
      if (routine !== UNREPLICATED) return;
      this.#isUnreplicated = true;
      this.destroy(new ConnectionLost('a commit may not be on a standby'));
    });
  }

  /** Connects. Rejects with the error of the socket or of the server. */
  static async open({ config, schema }: Target): Promise<Connection> {
    try {
      return new Connection(await connected(config), schema);
    } catch (error) {
      if (codeOf(error) !== '22023' || !(error as Error).message.includes(POLLING)) throw error;
      const options = config.options!.replace(/(client_connection_check_interval)=\S+/, '$1=0');
      return new Connection(await connected({ ...config, options }), schema);
    }
  }

  /** Why the connection can no longer be used; undefined if it can. */
  get lost(): Error | undefined {
    return this.#lost;
  }

  /** Calls the listener once the connection is lost or closed; at once if it is already. */
  onLost(listener: (error: Error) => void): void {
    if (this.#lost) listener(this.#lost);
    else this.#onLost.push(listener);
  }

  /** Calls the listener with the payload of each notification (see LISTEN). */
  onNotification(listener: (payload: string) => void): void {
    this.#client.on('notification', ({ payload }) => listener(payload ?? ''));
  }

  /** Carries out a statement. Rejects with the server's error, or with ConnectionLost. */
  run<Row>(statement: Statement<Row>, values: readonly unknown[]): Promise<Row[]> {
    let text = this.#texts.get(statement.name);
    if (text === undefined) {
      text = inSchema(statement.text, this.#schema);
      this.#texts.set(statement.name, text);
    }
    return this.#send({ name: statement.name, text, values: values.map(withBinaryTexts) }, ({ rows }) => rows as Row[]);
  }

  /** Carries out SQL that has no parameters, without preparing it. `squab.` stands for the schema. */
  script(text: string): Promise<void> {
    return this.#send(inSchema(text, this.#schema), () => undefined);
  }

  /** Carries out a command, such as COMMIT, and resolves to the server's name of what it did. */
  command(text: string): Promise<string> {
    return this.#send(text, ({ command }) => command);
  }

  /** Ends the connection at once, whatever is under way. */
  destroy(reason: Error): void {
    this.#lose(reason);
    // `end` would wait for statements whose answers may never come.
    this.#client.connection.stream.destroy();
  }

  /** Ends the connection once everything that was sent has been answered. */
  async close(): Promise<void> {
    if (this.#lost) return;
    const cancel = wakeAfter(CLOSE_MS, () => this.destroy(new ConnectionLost('it could not be closed in time')));
    await this.#client.end().catch(() => {});
    cancel();
  }

  #send<T>(
    query: string | { name: string; text: string; values: unknown[] },
    answer: (result: Answer) => T,
  ): Promise<T> {
    const answered = new Promise<T>((resolve, reject) => {
      if (this.#lost) {
        reject(new ConnectionLost(this.#lost.message, { cause: this.#lost }));
        return;
      }
      this.#cork();
      const settle = (error: Error | null, result: Answer) => {
        // What the server said of a statement is its answer, even if the connection ends with it.
        if (error) reject(error instanceof Error && 'severity' in error ? error : this.#asLost(error));
        else if (this.#isUnreplicated) reject(this.#asLost(this.#lost!));
        else resolve(answer(result));
      };
      if (typeof query === 'string') this.#client.query(query, settle);
      else this.#client.query(query, settle);
    });
    // A statement of a burst may fail before its caller awaits it.
    answered.catch(() => {});
    return answered;
  }

  #asLost(error: Error): Error {
    // Values that cannot be sent are a bug; the connection is as it was.
    if (!this.#lost && !error.message.startsWith('Connection terminated')) return error;
    return new ConnectionLost((this.#lost ?? error).message, { cause: error });
  }

  /** Collects what is sent in this turn of the event loop, so that a burst leaves in one packet. */
  #cork(): void {
    if (this.#corked) return;
    this.#corked = true;
    const { stream } = this.#client.connection;
    stream.cork();
    process.nextTick(() => {
      this.#corked = false;
      stream.uncork();
    });
  }

  #lose(error: Error): void {
    if (this.#lost) return;
    this.#lost = error;
    for (const listener of this.#onLost.splice(0)) listener(error);
  }
}

interface Answer {
  rows: unknown[];
  command: string;
}

async function connected(config: ClientConfig): Promise<Client> {
  const client = new Client({
    ...config,
    ...{ types: parsers, pipeline: true, keepAlive: true, keepAliveInitialDelayMillis: 10_000 },
    connectionTimeoutMillis: CONNECT_MS,
  });
  // Until the connection stands, errors reject `connect`; those that follow must not end the process.
  client.on('error', () => {});
  if (config.enableChannelBinding) requireChannelBinding(client);
  await client.connect();
  return client;
}
