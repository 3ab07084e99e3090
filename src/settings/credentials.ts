/**
 * The credentials that Squab knows when it checks signatures: from a file in the format of `~/.aws/credentials`, or
 * from a program. No error message contains a secret.
 */

import { readFileSync } from 'node:fs';

/** An access key with its secret and its owner. The members are named as in the AWS SDK for JavaScript. */
export interface Credential {
  accessKeyId: string;
  secretAccessKey: string;
  /** For temporary credentials only. Requests must then include it. */
  sessionToken?: string | undefined;
  /** When temporary credentials expire, on Squab's clock. */
  expiration?: Date | undefined;
  /** 12 digits. By default, the account in the principal, or else Squab's option `account`. */
  accountId?: string | undefined;
  /**
   * The identity of the caller: the ARN of a user, a role session or an account root, or a service such as
   * `sns.amazonaws.com`. By default a user of the account, named after the profile, or after the access key if there
   * is none.
   */
  principal?: string | undefined;
}

/** A credential with its defaults filled in. */
export interface KnownCredential {
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken: string | undefined;
  /** In milliseconds since the epoch. */
  expiresAt: number | undefined;
  account: string;
  principal: string;
}

/** All known credentials, by access key. */
export type Credentials = ReadonlyMap<string, KnownCredential>;

/** Invalid credentials. The message names their place in the file or the list. */
export class CredentialsError extends Error {
  override readonly name = 'CredentialsError';
}

/** Reads and checks credentials. `given` is the path of a file, or a list. Throws CredentialsError. */
export function knownCredentials(given: string | readonly Credential[], defaultAccount: string): Credentials {
  const entries = typeof given === 'string' ? readFile(given) : given.map(listed);
  if (entries.length === 0) throw new CredentialsError(`There are no credentials in ${placeOf(given)}.`);
  const known = new Map<string, KnownCredential>();
  const places = new Map<string, string>();
  for (const { credential, place, userName } of entries) {
    const { accessKeyId, sessionToken, expiration } = credential;
    const problem = problemOf(credential);
    if (problem) throw new CredentialsError(`${place}: ${problem}.`);
    const other = places.get(accessKeyId);
    if (other) throw new CredentialsError(`${place}: the access key is already used by ${other}.`);
    places.set(accessKeyId, place);
    const account = credential.accountId ?? accountIn(credential.principal) ?? defaultAccount;
    known.set(accessKeyId, {
      ...{ accessKeyId, sessionToken, account, secretAccessKey: credential.secretAccessKey },
      expiresAt: expiration?.getTime(),
      principal: credential.principal ?? `arn:aws:iam::${account}:user/${userName ?? accessKeyId}`,
    });
  }
  return known;
}

interface Entry {
  credential: Credential;
  /** Where the credential is, for error messages. */
  place: string;
  userName?: string;
}

function placeOf(given: string | readonly Credential[]): string {
  return typeof given === 'string' ? `the file ${given}` : 'the list';
}

function listed(credential: Credential, index: number): Entry {
  return { credential, place: `Credential ${index + 1} of the list` };
}

const PRINCIPAL =
  /^(arn:aws[a-z-]*:(iam|sts)::\d{12}:(root|(user|role|assumed-role|federated-user)\/\S+)|[a-z0-9.-]+\.amazonaws\.com)$/;

/** Returns what is wrong with a credential. It may be any value, since JavaScript programs are not type-checked. */
function problemOf(credential: Credential): string | undefined {
  if (typeof credential !== 'object' || credential === null) return 'a credential must be an object';
  const { accessKeyId, secretAccessKey, sessionToken, expiration, accountId, principal } = credential;
  if (!isNonEmptyString(accessKeyId)) return `${settingOf('accessKeyId')} is missing`;
  // In the Authorization header, commas separate the parts and slashes those of the credential scope.
  if (!/^[^\s/,]+$/.test(accessKeyId)) return `${settingOf('accessKeyId')} must not contain spaces, commas or slashes`;
  if (!isNonEmptyString(secretAccessKey)) return `${settingOf('secretAccessKey')} is missing`;
  if (sessionToken !== undefined && !isNonEmptyString(sessionToken))
    return `${settingOf('sessionToken')} must be a non-empty string`;
  if (accountId !== undefined && !/^\d{12}$/.test(accountId))
    return `${settingOf('accountId')} must be a 12-digit account ID`;
  if (expiration !== undefined && !(expiration instanceof Date && !Number.isNaN(expiration.getTime()))) {
    return 'expiration must be a time such as 2026-01-31T12:00:00Z (in a program, a valid Date)';
  }
  if (principal === undefined) return undefined;
  if (!isNonEmptyString(principal) || !PRINCIPAL.test(principal)) {
    return 'principal must be an ARN such as arn:aws:iam::111122223333:user/alice, or a service such as sns.amazonaws.com';
  }
  const other = accountIn(principal);
  if (accountId !== undefined && other !== undefined && other !== accountId) {
    return `principal belongs to the account ${other}, but ${settingOf('accountId')} is ${accountId}`;
  }
  return undefined;
}

function isNonEmptyString(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}

function accountIn(principal: string | undefined): string | undefined {
  return principal === undefined ? undefined : /^arn:[^:]*:[^:]*::(\d{12}):/.exec(principal)?.[1];
}

/** The names of the settings in the file. */
const SETTINGS: Record<string, keyof Credential> = {
  aws_access_key_id: 'accessKeyId',
  aws_secret_access_key: 'secretAccessKey',
  aws_session_token: 'sessionToken',
  aws_account_id: 'accountId',
  expiration: 'expiration',
  principal: 'principal',
};

/** Settings that SDKs read from the same file, and Squab ignores. */
const IGNORED_SETTINGS = new Set(['region', 'output', 'endpoint_url', 'aws_security_token']);

/** Returns the name of a member's setting in the file. Users of a list know these names from the SDKs. */
function settingOf(name: keyof Credential): string {
  return Object.entries(SETTINGS).find(([, member]) => member === name)![0];
}

function readFile(path: string): Entry[] {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    throw new CredentialsError(`Cannot read the credentials in ${path}: ${reasonOf(error)}.`);
  }
  const profiles: { name: string; line: number; settings: Map<string, string> }[] = [];
  for (const [index, raw] of text
    .replace(/^\ufeff/, '')
    .split(/\r?\n/)
    .entries()) {
    const problem = (text: string) => new CredentialsError(`${path}, line ${index + 1}: ${text}.`);
    const line = raw.trim();
    if (line === '' || /^[#;]/.test(line)) continue;
    const name = /^\[\s*([^\]]*?)\s*\]$/.exec(line)?.[1];
    if (name !== undefined) {
      // The profile's name becomes the name of a user, which is the last part of an ARN.
      if (!/^[\w+=,.@-]+$/.test(name))
        throw problem('the name of a profile may only contain letters, digits and +=,.@_-');
      const earlier = profiles.find((profile) => profile.name === name);
      if (earlier) throw problem(`the profile ${name} is already defined on line ${earlier.line}`);
      profiles.push({ name, line: index + 1, settings: new Map() });
      continue;
    }
    const [, setting, value] = /^([\w.-]+)\s*=\s*(.*)$/.exec(line) ?? [];
    if (setting === undefined) throw problem('expected [profile] or setting = value');
    const profile = profiles.at(-1);
    if (!profile) throw problem('a [profile] must come before the first setting');
    if (IGNORED_SETTINGS.has(setting)) continue;
    if (!Object.hasOwn(SETTINGS, setting)) {
      throw problem(`unknown setting. The settings are: ${Object.keys(SETTINGS).join(', ')}`);
    }
    if (profile.settings.has(setting)) throw problem(`${setting} is already set in this profile`);
    if (value === '') throw problem(`${setting} has no value`);
    profile.settings.set(setting, value!);
  }
  return profiles.map(({ name, line, settings }) => ({
    credential: credentialOf(settings),
    place: `${path}, line ${line}, profile ${name}`,
    userName: name,
  }));
}

function credentialOf(settings: ReadonlyMap<string, string>): Credential {
  const given = Object.fromEntries([...settings].map(([setting, value]) => [SETTINGS[setting], value]));
  const { expiration, ...texts } = given as Record<string, string>;
  return { ...texts, ...(expiration !== undefined && { expiration: new Date(expiration) }) } as unknown as Credential;
}

/**
 * Returns the one credential in `SQUAB_ACCESS_KEY_ID` and `SQUAB_SECRET_ACCESS_KEY`, if they are set: CI systems keep
 * secrets in environment variables. Throws CredentialsError if only one of them is set.
 */
export function credentialIn(
  environment: Readonly<Record<string, string | undefined>>,
): readonly Credential[] | undefined {
  const { SQUAB_ACCESS_KEY_ID: accessKeyId, SQUAB_SECRET_ACCESS_KEY: secretAccessKey } = environment;
  if (!accessKeyId && !secretAccessKey) return undefined;
  if (accessKeyId && secretAccessKey) {
    return [{ accessKeyId, secretAccessKey, sessionToken: environment.SQUAB_SESSION_TOKEN || undefined }];
  }
  throw new CredentialsError(
    'SQUAB_ACCESS_KEY_ID and SQUAB_SECRET_ACCESS_KEY must be set together: set both or neither.',
  );
}

/** Returns why a file could not be read, in words for users and without the path, which messages already contain. */
export function reasonOf(error: unknown): string {
  const reasons: Record<string, string> = {
    ENOENT: 'there is no such file',
    EACCES: 'this user has no permission to read it',
    EISDIR: 'it is a folder',
  };
  if (!(error instanceof Error)) return String(error);
  return reasons[(error as NodeJS.ErrnoException).code ?? ''] ?? error.message;
}
