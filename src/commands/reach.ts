/** How commands reach a running Squab: its URL, its credentials, and the account and region whose queues they use. */

import type { Server } from '../queue-files/add-messages.ts';
import { callSqsOverHttp, type Owner } from '../queue-files/call-sqs.ts';
import { addDeadLetterOverHttp } from '../queue-files/dead-letters.ts';
import type { Deployment } from '../queue-files/declared.ts';
import { complete } from '../settings/complete.ts';
import { type Name, UsageError } from '../settings/config.ts';
import { systemClock } from '../time/clock.ts';
import type { Flags } from './arguments.ts';

/** The flags of options that commands share with `squab serve`. */
const FLAGS: Partial<Record<Name, string>> = {
  account: 'account',
  region: 'region',
  parameters: 'parameter',
  stackName: 'stack-name',
};

/** Returns the account, region, parameters and stack name given as flags, or their defaults. Throws UsageError. */
export function deploymentOf({ values, all }: Flags): Deployment {
  const { account, region, parameters, stackName } = complete(
    (name) => {
      const flag = FLAGS[name];
      if (flag === undefined || !values.has(flag)) return undefined;
      return name === 'parameters' ? all(flag) : values.get(flag);
    },
    (name) => `--${FLAGS[name]}`,
  );
  return { account, region, parameters, stackName };
}

/** Like `deploymentOf`, but undefined where there is no flag: the server then uses its own. Throws UsageError. */
export function ownerOf(flags: Flags): Owner {
  const { account, region } = deploymentOf(flags);
  return {
    account: flags.values.has('account') ? account : undefined,
    region: flags.values.has('region') ? region : undefined,
  };
}

/**
 * Returns the URL of a Squab that was started with this environment, at the first port of `SQUAB_PORT`. Throws
 * UsageError.
 */
function defaultUrl({ SQUAB_PORT }: Readonly<Record<string, string | undefined>>): string {
  const options = complete(
    (name) => (name === 'port' ? SQUAB_PORT || undefined : undefined),
    () => 'SQUAB_PORT',
  );
  const [port] = [options.port].flat();
  if (port !== 0) return `http://127.0.0.1:${port}`;
  throw new UsageError('SQUAB_PORT is 0, so Squab listens on a free port that it chose: give its URL with --url.');
}

/** Returns the value of `--url`, or the URL that follows from the environment. Throws UsageError. */
export function urlOf({ values }: Flags, environment: Readonly<Record<string, string | undefined>>): string {
  const url = values.get('url');
  if (url === undefined) return defaultUrl(environment);
  const { protocol = '', username, password } = URL.parse(url) ?? {};
  if (username || password) throw new UsageError('--url must be without a user name and a password.');
  if (/^https?:$/.test(protocol)) return url;
  throw new UsageError(`--url must be a URL such as http://127.0.0.1:9324, not ${JSON.stringify(url)}.`);
}

/**
 * Returns functions that send requests to the server, signed with the credentials in the environment, if there are
 * any. Throws UsageError.
 */
export function serverOf(flags: Flags, environment: Readonly<Record<string, string | undefined>>): Server {
  const url = urlOf(flags, environment);
  const { AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN } = environment;
  const keys =
    AWS_ACCESS_KEY_ID && AWS_SECRET_ACCESS_KEY
      ? { accessKeyId: AWS_ACCESS_KEY_ID, secretAccessKey: AWS_SECRET_ACCESS_KEY, sessionToken: AWS_SESSION_TOKEN }
      : undefined;
  return {
    callSqs: callSqsOverHttp(url, keys, () => systemClock.now()),
    addDeadLetter: addDeadLetterOverHttp(url),
  };
}
