/** What Squab can be told at its start. config.ts says what each may be. */

import type { Credential } from './credentials.ts';

export interface Options {
  /** Port to listen on, or several of them; 0 picks a free one. */
  port: number | readonly number[];
  /** Address to listen on. */
  host: string;
  /** Folder that keeps everything; without one, everything is in memory. */
  data?: string | undefined;
  /** File of queues that are made at the start: Squab's own form, a CloudFormation template or an `elasticmq.conf`. */
  config?: string | undefined;
  /** Make a queue that is not there when it is first used. */
  autoCreate: boolean;
  /** What an acknowledged change survives: the end of the process, or also a loss of power. Needs `data`. */
  durability: 'process' | 'power';
  /** Region of requests that name none. */
  region: string;
  /** Account of requests that name none: twelve digits. */
  account: string;
  /** URL at which clients reach Squab, for queue URLs; by default each request's own `Host`. */
  baseUrl?: string | undefined;
  /** Believe `X-Forwarded-Host` and `X-Forwarded-Proto`, and in conditions of policies `X-Forwarded-For`. */
  trustProxy: boolean;
  /** Origins whose web pages may use Squab, such as `http://localhost:5173`; `*` for any. See origins.ts. */
  allowedOrigins: readonly string[];
  /** Public host names at which browsers may reach Squab; `*.example.com` for all below one, `*` for any. */
  allowedHosts: readonly string[];
  /** How many messages of a queue may be in flight; AWS: "a maximum of approximately 120,000". */
  inFlightLimit: number;
  /** AWS's waits of 60 seconds: between purges of a queue, and before a deleted queue's name can be used again. */
  cooldowns: boolean;
  /** AWS's quotas for FIFO queues, such as 300 calls a second. */
  fifoQuotas: boolean;
  /** Serve the control interface, below `/_squab`. */
  control: boolean;
  /** How many messages the journal knows, whose histories can be told; 0 keeps none. */
  journal: number;
  /** `sigv4` refuses requests that no known credential signed; `policy` also enforces queue policies. */
  auth: 'none' | 'sigv4' | 'policy';
  /** The credentials for `auth`: themselves, or a file that has them, in the form of `~/.aws/credentials`. */
  credentials?: string | readonly Credential[] | undefined;
  /** Files in PEM form; with them, Squab speaks HTTPS. */
  tlsCert?: string | undefined;
  tlsKey?: string | undefined;
  /** Keep metrics, and serve them for Prometheus at `/metrics`. */
  metrics: boolean;
  /** File that says where Squab listens, for as long as it does: `{"url":…,"port":…,"pid":…}`. */
  readyFile?: string | undefined;
  /** Stop once the process's standard input ends, as it does when the program that holds its other end is gone. */
  stopWithStdin: boolean;
  /** The least important log lines that are written. */
  logLevel: 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal' | 'silent';
}
