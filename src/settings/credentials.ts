/**
 * The credentials that Squab knows, when it checks them: from a file in the shape of `~/.aws/credentials`, or from a
 * program. No error says anything of a secret.
 */

import { readFileSync } from 'node:fs';

/** A pair of keys and whom it belongs to. The names are those of the AWS SDK for JavaScript. */
export interface Credential {
  accessKeyId: string;
  secretAccessKey: string;
  /** Of temporary credentials; a request has to bring it then. */
  sessionToken?: string | undefined;
  /** When temporary credentials end, by the Squab's clock. */
  expiration?: Date | undefined;
  /** Twelve digits; the account of the options by default. */
  accountId?: string | undefined;
  /**
   * Who calls: the ARN of a user, a role's session or an account's root, or a service such as `sns.amazonaws.com`. By
   * default the account's user of the profile's name; without a profile, of the access key.
   */
  principal?: string | undefined;
}

/** A credential with all that follows from it. */
export interface KnownCredential {
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken: string | undefined;
  /** In milliseconds. */
  expiresAt: number | undefined;
  account: string;
  principal: string;
}

/** By access key. */
export type Credentials = ReadonlyMap<string, KnownCredential>;

/** Credentials that cannot be used; the message names the place in the file or in the list. */
export class CredentialsError extends Error {
  override readonly name = 'CredentialsError';
}

/** `given` is the path of a file, or the credentials themselves. Throws CredentialsError. */
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
    if (other) throw new CredentialsError(`${place}: it has the access key of ${other}.`);
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
  /** For errors. */
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

/** What is wrong with a credential. Programs in JavaScript can give anything. */
function problemOf(credential: Credential): string | undefined {
  if (typeof credential !== 'object' || credential === null) return 'it must be an object';
  const { accessKeyId, secretAccessKey, sessionToken, expiration, accountId, principal } = credential;
  if (!isText(accessKeyId)) return `it has no ${spelled('accessKeyId')}`;
  // A scope is divided by slashes, its neighbours by commas.
  if (!/^[^\s/,]+$/.test(accessKeyId)) return `${spelled('accessKeyId')} must have no blank, comma or slash in it`;
  if (!isText(secretAccessKey)) return `it has no ${spelled('secretAccessKey')}`;
  if (sessionToken !== undefined && !isText(sessionToken)) return `${spelled('sessionToken')} must be a text`;
  if (accountId !== undefined && !/^\d{12}$/.test(accountId)) return `${spelled('accountId')} must have twelve digits`;
  if (expiration !== undefined && !(expiration instanceof Date && !Number.isNaN(expiration.getTime()))) {
    return 'expiration must be an instant such as 2026-01-31T12:00:00Z';
  }
  if (principal === undefined) return undefined;
  if (!isText(principal) || !PRINCIPAL.test(principal)) {
    return 'principal must be an ARN such as arn:aws:iam::111122223333:user/alice, or a service such as sns.amazonaws.com';
  }
  const other = accountIn(principal);
  if (accountId !== undefined && other !== undefined && other !== accountId) {
    return `principal is of the account ${other}, but ${spelled('accountId')} is ${accountId}`;
  }
  return undefined;
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}

function accountIn(principal: string | undefined): string | undefined {
  return principal === undefined ? undefined : /^arn:[^:]*:[^:]*::(\d{12}):/.exec(principal)?.[1];
}

/** Names in the file. */
const SETTINGS: Record<string, keyof Credential> = {
  aws_access_key_id: 'accessKeyId',
  aws_secret_access_key: 'secretAccessKey',
  aws_session_token: 'sessionToken',
  aws_account_id: 'accountId',
  expiration: 'expiration',
  principal: 'principal',
};

/** SDKs read these from the same file. */
const OTHERS_SETTINGS = new Set(['region', 'output', 'endpoint_url', 'aws_security_token']);

/** How both kinds of users know it. */
function spelled(name: keyof Credential): string {
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
    const refuse = (what: string) => new CredentialsError(`${path}, line ${index + 1}: ${what}.`);
    const line = raw.trim();
    if (line === '' || /^[#;]/.test(line)) continue;
    const name = /^\[\s*([^\]]*?)\s*\]$/.exec(line)?.[1];
    if (name !== undefined) {
      // The name becomes a user's, and that the end of an ARN.
      if (!/^[\w+=,.@-]+$/.test(name)) throw refuse('a profile is named by letters, digits and +=,.@_-');
      const earlier = profiles.find((profile) => profile.name === name);
      if (earlier) throw refuse(`the profile ${name} is there already, in line ${earlier.line}`);
      profiles.push({ name, line: index + 1, settings: new Map() });
      continue;
    }
    const [, setting, value] = /^([\w.-]+)\s*=\s*(.*)$/.exec(line) ?? [];
    if (setting === undefined) throw refuse('it is neither [profile] nor setting = value');
    const profile = profiles.at(-1);
    if (!profile) throw refuse('a [profile] has to come first');
    if (OTHERS_SETTINGS.has(setting)) continue;
    if (!Object.hasOwn(SETTINGS, setting)) {
      throw refuse(`there is no setting of this name. There are: ${Object.keys(SETTINGS).join(', ')}`);
    }
    if (profile.settings.has(setting)) throw refuse(`${setting} is in this profile already`);
    if (value === '') throw refuse(`${setting} has no value`);
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

/** One credential without a file, as CI systems keep their secrets. Throws CredentialsError. */
export function credentialIn(
  environment: Readonly<Record<string, string | undefined>>,
): readonly Credential[] | undefined {
  const { SQUAB_ACCESS_KEY_ID: accessKeyId, SQUAB_SECRET_ACCESS_KEY: secretAccessKey } = environment;
  if (!accessKeyId && !secretAccessKey) return undefined;
  if (accessKeyId && secretAccessKey) {
    return [{ accessKeyId, secretAccessKey, sessionToken: environment.SQUAB_SESSION_TOKEN || undefined }];
  }
  throw new CredentialsError('SQUAB_ACCESS_KEY_ID and SQUAB_SECRET_ACCESS_KEY belong together: give both, or none.');
}

/** What a user can do something about, without the path that the message has already. */
export function reasonOf(error: unknown): string {
  const reasons: Record<string, string> = {
    ENOENT: 'there is no such file',
    EACCES: 'this user may not read it',
    EISDIR: 'it is a folder',
  };
  if (!(error instanceof Error)) return String(error);
  return reasons[(error as NodeJS.ErrnoException).code ?? ''] ?? error.message;
}
