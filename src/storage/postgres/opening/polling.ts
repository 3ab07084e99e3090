/** Settings of a session that not every server has. They are here, since commands that do not need pg load `target.ts`. */

/**
 * The setting that has the server look whether a client is still connected. PostgreSQL cannot do so on Windows, nor before
 * version 15 on macOS; there, it notices at the end of a statement, which has a time limit.
 */
export const POLLING = 'client_connection_check_interval';

/**
 * The setting that has the server end a connection on which nothing that it sends is acknowledged, or read. It is 0 on
 * systems that cannot do so (macOS, Windows), and on Unix sockets.
 */
export const UNREAD = 'tcp_user_timeout';
