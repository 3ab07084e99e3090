/**
 * Tells faults of the database from bugs, turns them into errors for the callers, and decides when a fault is over.
 * The codes are those of https://www.postgresql.org/docs/current/errcodes-appendix.html.
 */

import { CatalogueFull } from '../catalogue-bound.ts';
import { StoreUnavailable } from '../store.ts';

/** Another transaction was in the way. Nothing of the transaction has happened, and it can be repeated. */
const CONFLICTS = ['40001', '40P01', '55P03'];

/** Codes of errors that mean that the database cannot work for the time being, and what is wrong. */
const OUTAGES: readonly [code: RegExp, message: string][] = [
  [/^53100/, 'WHERE has no free disk space (CODE). Free some.'],
  [/^53200/, 'WHERE has no free memory (CODE). Make more available.'],
  [/^53/, 'WHERE has no free connections (CODE). Raise its max_connections, or run fewer nodes.'],
  [/^57014/, 'WHERE is too slow: a statement was cancelled (CODE). Check its load.'],
  [/^57/, 'WHERE is shutting down or starting (CODE). Squab connects again by itself.'],
  [/^58/, 'WHERE cannot use its files (CODE). Check its disk.'],
  [/^25006/, 'WHERE is read-only (CODE). Squab connects again until it finds the primary.'],
  [/^(42P01|3F000|42501)/, "WHERE no longer has Squab's tables, or refuses access to them (CODE). Restore them."],
  [
    /^(40001|40P01|55P03)/,
    'Other transactions on WHERE stay in the way (CODE). Look for one that holds locks for long.',
  ],
  [/^28|^3D000/, "WHERE refuses Squab's connection (CODE). Check its roles and databases."],
  [/^(08|25P0[34])/, 'The connection to WHERE was lost (CODE). Squab connects again by itself.'],
];

/** Codes with which the server ends a connection. (It translates the word FATAL into its own language.) */
const ENDING = /^(08|57P0|25P0[34])/;

/** The part of the server that finds a prepared statement to be of no use. (The text is in its own language.) */
const OLD_PLAN = 'RevalidateCachedQuery';

/** The answer of a query, or of a connection, as far as this file is concerned with it. */
interface DatabaseError {
  code?: unknown;
  severity?: unknown;
  routine?: unknown;
  message: string;
}

/** The connection ended before the answer came. */
export class ConnectionLost extends Error {
  override readonly name = 'ConnectionLost';
}

/**
 * A verb is carried out again because the connection was lost at its commit, and what it finds now does not say whether
 * it had its effect before.
 */
export class UnknownOutcome extends Error {
  override readonly name = 'UnknownOutcome';
}

/** Returns the error for the caller of a verb that threw UnknownOutcome; other errors as they are. */
export function asRefusal(error: unknown): unknown {
  if (!(error instanceof UnknownOutcome)) return error;
  const message = 'The connection to the database was lost. Whether the request was carried out is unknown. Try again.';
  return new StoreUnavailable(message, { outcome: 'unknown', cause: error });
}

export function codeOf(error: unknown): string {
  const { code } = (error ?? {}) as DatabaseError;
  return typeof code === 'string' ? code : '';
}

/** Whether the server itself said this about a statement, and keeps the connection: the statement had no effect. */
export function isAnswer(error: unknown): boolean {
  if (error instanceof ConnectionLost) return false;
  const { severity } = (error ?? {}) as DatabaseError;
  if (!/^[0-9A-Z]{5}$/.test(codeOf(error)) || ENDING.test(codeOf(error))) return false;
  return severity !== 'FATAL' && severity !== 'PANIC';
}

/** Whether the error says that the connection has ended, or is about to. */
export function isLoss(error: unknown): boolean {
  if (error instanceof ConnectionLost) return true;
  return error instanceof Error && 'severity' in error && !isAnswer(error);
}

/** Whether the server cannot write any more, as after a failover: a new connection may find the new primary. */
export function isReadOnly(error: unknown): boolean {
  return isAnswer(error) && codeOf(error) === '25006';
}

/** Whether the same transaction may succeed if it is repeated at once. */
export function isConflict(error: unknown): boolean {
  return isAnswer(error) && CONFLICTS.includes(codeOf(error));
}

/** Whether the values of a statement are at fault, rather than the statement: one of several requests may be to blame. */
export function isAboutData(error: unknown): boolean {
  return isAnswer(error) && /^2[23]/.test(codeOf(error));
}

/**
 * Whether the connection's prepared statements are of no use any more: a migration changed a table that they return
 * rows of, or a pooler gave the connection another server process.
 */
export function isStale(error: unknown): boolean {
  return isAnswer(error) && (codeOf(error) === '26000' || (error as DatabaseError).routine === OLD_PLAN);
}

/** Whether the connection is lost, or of no use for the statements that follow. */
export function endsConnection(error: unknown): boolean {
  return isLoss(error) || isReadOnly(error) || isStale(error);
}

/** The beginning of the code of an answer, or `connection` for all ways in which a connection is lost or refused. */
function kindOf(error: unknown): string {
  const code = codeOf(error instanceof StoreUnavailable ? error.cause : error);
  return isLossCode(code) ? 'connection' : code.slice(0, 2);
}

/** Servers that stop and start, sockets, and errors without a code. */
const isLossCode = (code: string) => ENDING.test(code) || !/^[0-9A-Z]{5}$/.test(code) || /^E[A-Z]+$/.test(code);

/** Turns faults of the database into StoreUnavailable, and reports when one begins and ends. */
export class Faults {
  /** The database, for messages: its name and its host, never a password. */
  readonly #where: string;
  #fault: StoreUnavailable | undefined;
  /** What the fault is about; an outage has many symptoms, and is reported once. */
  #kind: string | undefined;
  #listener: (fault: StoreUnavailable | undefined) => void = () => {};

  constructor(where: string) {
    this.#where = where;
  }

  onFault(listener: (fault: StoreUnavailable | undefined) => void): void {
    this.#listener = listener;
  }

  /** The fault of the latest verb that failed, if none has been carried out since. */
  get latest(): StoreUnavailable | undefined {
    return this.#fault;
  }

  /** Returns `error` as StoreUnavailable if it is a fault of the database, else undefined. */
  asUnavailable(error: unknown, outcome: StoreUnavailable['outcome'] = 'nothing'): StoreUnavailable | undefined {
    if (error instanceof StoreUnavailable) return error;
    if (!(error instanceof Error)) return undefined;
    const code = codeOf(error);
    const about = isLoss(error) || ('syscall' in error && !isAnswer(error)) ? '08000' : '';
    const template = OUTAGES.find(([pattern]) => pattern.test(code) || pattern.test(about))?.[1];
    if (template === undefined) return undefined;
    const reason = code === '' ? error.message : `${code}: ${error.message}`;
    const message = template.replace('WHERE', this.#where).replace('CODE', () => reason);
    return new StoreUnavailable(message[0]!.toUpperCase() + message.slice(1), { outcome, cause: error });
  }

  /**
   * Records that a verb failed with `error`, and reports a new fault to the listener. Returns the error for the
   * callers: StoreUnavailable for a fault of the database, else `error` itself. (CatalogueFull is no fault of it.)
   */
  record(error: unknown, outcome?: StoreUnavailable['outcome']): unknown {
    if (error instanceof CatalogueFull) return error;
    const fault = this.asUnavailable(error, outcome);
    if (!fault) return error;
    const kind = kindOf(error);
    if (this.#kind !== kind) this.#listener(fault);
    this.#kind = kind;
    this.#fault = fault;
    return fault;
  }

  /** Takes note of a verb that has been carried out: the fault is over. */
  worked(): void {
    if (!this.#fault) return;
    this.#fault = undefined;
    this.#kind = undefined;
    this.#listener(undefined);
  }
}
