/** The commands of `squab`, with their lines in the help. `cli.ts` loads the one that was chosen. */

import type { Squab } from '../index.ts';

/** The Squab to stop when the process receives a signal. */
export interface Running {
  squab?: Promise<Squab>;
}

export interface CommandModule {
  /** Runs the command and resolves to its exit code. Throws UsageError for invalid arguments. */
  run(args: readonly string[], running: Running): Promise<number>;
}

interface CommandRow {
  /** Its name and arguments, as they follow `squab`. */
  usage: string;
  summary: string;
}

export const commands = {
  serve: {
    usage: '[serve] [options]',
    summary: 'serve Amazon SQS until stopped (the default command)',
  },
  check: {
    usage: 'check DIR | --database URL',
    summary: 'check the integrity of a data folder or a database, without changing it',
  },
  export: {
    usage: 'export [options]',
    summary: 'write the queues of a running Squab, or of a data folder, to a file',
  },
  import: {
    usage: 'import FILE… [options]',
    summary: 'create the queues of files on a running Squab',
  },
  migrate: {
    usage: 'migrate [options]',
    summary: 'create or update the tables in a database',
  },
  move: {
    usage: 'move [options]',
    summary: 'move everything in a data folder to a database',
  },
  wait: {
    usage: 'wait [options]',
    summary: 'wait until Squab is ready, for scripts and health checks',
  },
} satisfies Record<string, CommandRow>;

export type CommandName = keyof typeof commands;

/**
 * Splits a command line into the name of the command and its arguments. Without a name, the command is `serve`;
 * `squab help check` is `squab check --help`.
 */
export function splitCommand([first, ...rest]: readonly string[]): { name: string; args: readonly string[] } {
  if (first === undefined) return { name: 'serve', args: [] };
  if (first === 'help')
    return rest[0] === undefined ? { name: 'serve', args: ['--help'] } : { name: rest[0], args: ['--help'] };
  return first.startsWith('-') ? { name: 'serve', args: [first, ...rest] } : { name: first, args: rest };
}
