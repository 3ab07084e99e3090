/**
 * `channel_binding=require`: the server proves during the login that it is the other end of the TLS connection, so that
 * nobody in between can pass the login on. The package `pg` binds if the server offers it, and logs in without it otherwise.
 */

import type { Client } from 'pg';

/** The login that is bound to the connection (RFC 5802, RFC 5929). */
const BOUND = 'SCRAM-SHA-256-PLUS';

const UNBOUND = 'channel binding is required, but the server does not offer it';

/** An error as of a server that refuses the login. */
const unbound = () => Object.assign(new Error(UNBOUND), { code: '28000', severity: 'FATAL' });

/** Ends the connection before the password is used, unless the login is bound to it. Must be called before it connects. */
export function requireChannelBinding({ connection }: Client): void {
  let isProven = false;
  const refuse = () => {
    connection.emit('error', unbound());
    connection.stream.destroy();
  };
  connection.on('authenticationCleartextPassword', refuse);
  connection.on('authenticationMD5Password', refuse);
  connection.on('authenticationSASL', ({ mechanisms }: { mechanisms: string[] }) => {
    if (!mechanisms.includes(BOUND)) refuse();
  });
  connection.on('authenticationSASLFinal', () => {
    isProven = true;
  });
  // A server that asks for no password proves nothing.
  connection.on('authenticationOk', () => {
    if (!isProven) refuse();
  });
}
