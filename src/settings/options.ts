/** The options of Squab. config.ts has their checks and defaults. */

import type { Credential } from './credentials.ts';
import type { FunctionTarget } from './functions.ts';

export interface Options {
  /** Port to listen on, or several; 0 picks a free port. */
  port: number | readonly number[];
  /** Address to listen on. */
  host: string;
  /** Folder for queues and messages; without one, they are kept in memory. */
  data?: string | undefined;
  /**
   * URL of a PostgreSQL database for queues and messages, such as `postgres://squab:PASSWORD@localhost/squab`. Any number
   * of Squabs on one database are one SQS. Cannot be used with `data`.
   */
  database?: string | undefined;
  /** The schema of Squab's tables in the database. */
  databaseSchema: string;
  /** `no`: neither create nor update the tables, as for a role that may not. */
  databaseMigrate: 'yes' | 'no';
  /** URL of the same database for notifications, if `database` leads through a pooler in transaction mode. */
  databaseListen?: string | undefined;
  /**
   * The beginning of this Squab's name among those that share the database; a random part follows. By default, the name
   * of the host.
   */
  nodeName?: string | undefined;
  /**
   * File of queues to create at startup: Squab's own format, a CloudFormation template, an `elasticmq.conf`, a
   * `serverless.yml`, or the output of `terraform show -json`.
   */
  config?: string | undefined;
  /** Values of the parameters of a template in `config`, and of the variables of a `serverless.yml`. */
  parameters?: Readonly<Record<string, string>> | undefined;
  /** `AWS::StackName` of a template in `config`. */
  stackName?: string | undefined;
  /**
   * Functions that event source mappings and `Invoke` can name: URLs to which events are posted, by name. `*` is for all
   * other functions; `{name}` in a URL stands for the name.
   */
  functions?: Readonly<Record<string, string | FunctionTarget>> | undefined;
  /** Create queues when they are first used. */
  autoCreate: boolean;
  /**
   * The worst failure that an acknowledged change survives: `process` for a crash of Squab, `power` for a power
   * failure. By default `process` with `data`, and `power` with `database`; needs one of them.
   */
  durability?: 'process' | 'power' | undefined;
  /** Region of requests that do not specify one. */
  region: string;
  /** Account of requests that do not specify one: 12 digits. */
  account: string;
  /**
   * Base of the queue URLs that Squab returns. By default, the `Host` header of each request. `{region}` and `{account}`
   * stand for those of the queue, `{host}` and `{port}` for those of the request. LocalStack's `standard`, `domain`,
   * `path` and `dynamic` are accepted too.
   */
  baseUrl?: string | undefined;
  /**
   * Base of the links in SNS's messages, such as `UnsubscribeURL` and `SigningCertURL`. By default that of queue URLs.
   * `{region}` and `{account}` stand for those of the topic.
   */
  linkUrl?: string | undefined;
  /** Confirm subscriptions of HTTP endpoints, without asking the endpoints. */
  confirmHttp: boolean;
  /** Let SNS deliver to HTTP endpoints at any address, not only on this machine and in private networks. */
  publicEndpoints: boolean;
  /** Accept any certificate of an HTTPS endpoint to which SNS delivers. */
  anyCertificate: boolean;
  /** Trust `X-Forwarded-Host` and `X-Forwarded-Proto` and, in policy conditions, `X-Forwarded-For`. */
  trustProxy: boolean;
  /** Origins whose web pages may use Squab, such as `http://localhost:5173`; `*` for any. See origins.ts. */
  allowedOrigins: readonly string[];
  /** Public host names at which browsers may reach Squab; `*.example.com` for all its subdomains, `*` for any. */
  allowedHosts: readonly string[];
  /** Maximum number of messages in flight per queue. AWS: "a maximum of approximately 120,000". */
  inFlightLimit: number;
  /** Enforce AWS's 60-second waits: between purges of a queue, and before the name of a deleted queue can be reused. */
  cooldowns: boolean;
  /** Enforce AWS's throughput quotas for FIFO queues, such as 300 calls per second. */
  fifoQuotas: boolean;
  /** Serve the control interface at `/_squab`. */
  control: boolean;
  /** Serve the console, a page for browsers, at `/`. Needs `control`. */
  console: boolean;
  /** Hide everything in the console that changes something. */
  readOnlyConsole: boolean;
  /** Number of messages whose histories the journal keeps; 0 keeps none. */
  journal: number;
  /** `sigv4` rejects requests not signed with a known credential; `policy` also enforces queue policies. */
  auth: 'none' | 'sigv4' | 'policy';
  /** The credentials for `auth`, or the path of a file of credentials in the format of `~/.aws/credentials`. */
  credentials?: string | readonly Credential[] | undefined;
  /** Path of a certificate (PEM). With it and `tlsKey`, Squab serves HTTPS. */
  tlsCert?: string | undefined;
  /** Path of the certificate's private key (PEM). */
  tlsKey?: string | undefined;
  /** Print a line `Ready.` once `squab` is listening. Tools that start LocalStack wait for it. */
  localstack: boolean;
  /** Collect metrics, and serve them for Prometheus at `/metrics`. */
  metrics: boolean;
  /** File to write when Squab is ready and to remove when it stops: `{"url":…,"port":…,"pid":…}`. */
  readyFile?: string | undefined;
  /** Stop once the process's standard input ends, as a pipe does when the program that holds its other end ends. */
  stopWithStdin: boolean;
  /** Lowest log level to write. */
  logLevel: 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal' | 'silent';
}
