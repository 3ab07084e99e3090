/** How commands reach a running Squab: where it is, and whose queues are meant. */

import { type Ask, askOver, type Owner } from '../queue-files/ask.ts';
import { complete, UsageError } from '../settings/config.ts';
import type { Options } from '../settings/options.ts';
import { systemClock } from '../time/clock.ts';
import type { Flags } from './arguments.ts';

/** The account and region that flags name, else the usual ones. Throws UsageError. */
export function deploymentOf({ values }: Flags): Pick<Options, 'account' | 'region'> {
  const { account, region } = complete(
    (name) => (name === 'account' || name === 'region' ? values.get(name) : undefined),
    (name) => `--${name}`,
  );
  return { account, region };
}

/** As `deploymentOf`, but what no flag names is left to the server. Throws UsageError. */
export function ownerOf(flags: Flags): Owner {
  const { account, region } = deploymentOf(flags);
  return {
    account: flags.values.has('account') ? account : undefined,
    region: flags.values.has('region') ? region : undefined,
  };
}

/** Where a Squab is that was started with this environment: at its port, or the first of several. */
export function usualUrl(environment: Readonly<Record<string, string | undefined>>): string {
  const [port] = (environment.SQUAB_PORT ?? '').split(',');
  return `http://127.0.0.1:${port?.trim() || 9324}`;
}

/** Where `--url`, or else the environment, says that Squab is. Throws UsageError. */
export function urlOf({ values }: Flags, environment: Readonly<Record<string, string | undefined>>): string {
  const url = values.get('url') ?? usualUrl(environment);
  if (/^https?:$/.test(URL.parse(url)?.protocol ?? '')) return url;
  throw new UsageError(`--url cannot be ${JSON.stringify(url)}: must be a URL such as http://127.0.0.1:9324.`);
}

/** Asks the Squab that is there, signed with the credentials of the environment where there are some. Throws UsageError. */
export function serverOf(flags: Flags, environment: Readonly<Record<string, string | undefined>>): Ask {
  const url = urlOf(flags, environment);
  const { AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN } = environment;
  const keys =
    AWS_ACCESS_KEY_ID && AWS_SECRET_ACCESS_KEY
      ? { accessKeyId: AWS_ACCESS_KEY_ID, secretAccessKey: AWS_SECRET_ACCESS_KEY, sessionToken: AWS_SESSION_TOKEN }
      : undefined;
  return askOver(url, keys, () => systemClock.now());
}
