/** The commands of `squab`, and what the help says of each. `cli.ts` loads the one that is called. */

import type { Squab } from '../index.ts';

/** What has to be stopped when the process is told to end. */
export interface Running {
  squab?: Promise<Squab>;
}

export interface CommandModule {
  /** Carries the command out. Resolves to the exit code. Throws UsageError for arguments that it does not have. */
  run(args: readonly string[], running: Running): Promise<number>;
}

interface CommandRow {
  /** How it is called, behind `squab`. */
  usage: string;
  summary: string;
}

export const commands = {
  serve: {
    usage: '[serve] [options]',
    summary: 'answer as Amazon SQS until stopped; the command when none is named',
  },
  check: {
    usage: 'check DIR',
    summary: 'look whether the data in a folder are sound; changes nothing',
  },
  export: {
    usage: 'export [options]',
    summary: 'write the queues of a running Squab, or of a data folder, as a file',
  },
  import: {
    usage: 'import FILE [options]',
    summary: 'make the queues of a file in a running Squab',
  },
  wait: {
    usage: 'wait [options]',
    summary: 'wait until a Squab answers; for scripts and health checks',
  },
} satisfies Record<string, CommandRow>;

export type CommandName = keyof typeof commands;

/** The name of the command that a command line calls, and what is behind it. */
export function calledBy([first, ...rest]: readonly string[]): { name: string; args: readonly string[] } {
  if (first === undefined) return { name: 'serve', args: [] };
  return first.startsWith('-') ? { name: 'serve', args: [first, ...rest] } : { name: first, args: rest };
}
