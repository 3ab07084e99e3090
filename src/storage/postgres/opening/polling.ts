/** The setting of a session that not every server has. It is here, since commands that do not need pg load `target.ts`. */

/**
 * The setting that has the server look whether a client is still connected. PostgreSQL cannot do so on Windows, nor before
 * version 15 on macOS; there, it notices at the end of a statement, which has a time limit.
 */
export const POLLING = 'client_connection_check_interval';
