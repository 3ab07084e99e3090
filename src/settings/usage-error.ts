/** The error for options and arguments that make no sense. */

/** An invalid option or command line. The message names it, its value and what it should be. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}
