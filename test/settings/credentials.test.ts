/** Credentials from a file or a list, and the errors for invalid ones, which never contain a secret. */

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { start } from '../../src/index.ts';
import { type Credential, knownCredentials } from '../../src/settings/credentials.ts';
import { temporaryFolder } from '../helpers.ts';

const ACCOUNT = '000000000000';

function file(text: string): string {
  const path = join(temporaryFolder(), 'credentials');
  writeFileSync(path, text);
  return path;
}

const known = (given: string | readonly Credential[]) => [...knownCredentials(given, ACCOUNT).values()];

describe('a file of credentials', () => {
  it('has the format that SDKs read, with a few more settings', () => {
    const text = `# of the team
[default]
aws_access_key_id = AKIDDEFAULT
aws_secret_access_key=a/secret+with=signs==
region = eu-west-1

[alice]
  aws_access_key_id = AKIDALICE
  aws_secret_access_key = hers
  aws_account_id = 111122223333
; until then
  aws_session_token = token==
  expiration = 2026-06-01T12:00:00Z
[service]
aws_access_key_id = AKIDSNS
aws_secret_access_key = x
principal = sns.amazonaws.com
[role]
aws_access_key_id = AKIDROLE
aws_secret_access_key = x
principal = arn:aws:sts::444455556666:assumed-role/reader/session
`;
    const expected = [
      {
        accessKeyId: 'AKIDDEFAULT',
        secretAccessKey: 'a/secret+with=signs==',
        sessionToken: undefined,
        expiresAt: undefined,
        account: ACCOUNT,
        principal: 'arn:aws:iam::000000000000:user/default',
      },
      {
        accessKeyId: 'AKIDALICE',
        secretAccessKey: 'hers',
        sessionToken: 'token==',
        expiresAt: Date.UTC(2026, 5, 1, 12),
        account: '111122223333',
        principal: 'arn:aws:iam::111122223333:user/alice',
      },
      { accessKeyId: 'AKIDSNS', account: ACCOUNT, principal: 'sns.amazonaws.com' },
      {
        accessKeyId: 'AKIDROLE',
        account: '444455556666',
        principal: 'arn:aws:sts::444455556666:assumed-role/reader/session',
      },
    ];
    expect(known(file(text))).toMatchObject(expected);
    expect(known(file(`\ufeff${text.replaceAll('\n', '\r\n')}`))).toMatchObject(expected);
  });

  it.each([
    ['no content', '', /^There are no credentials in the file .*credentials\.$/],
    ['an unreadable line', '[a]\nTOPSECRET\n', /line 2: expected \[profile\] or setting = value\.$/],
    [
      'a setting before a profile',
      'aws_access_key_id = A',
      /line 1: a \[profile\] must come before the first setting\.$/,
    ],
    ['an unknown setting', '[a]\naws_acount_id = TOPSECRET', /line 2: unknown setting\. The settings are: aws_/],
    [
      'a repeated setting',
      '[a]\nprincipal = x\nprincipal = TOPSECRET',
      /line 3: principal is already set in this profile\.$/,
    ],
    ['an empty setting', '[a]\naws_session_token =', /line 2: aws_session_token has no value\.$/],
    ['a repeated profile', '[a]\n[b]\n[a]', /line 3: the profile a is already defined on line 1\.$/],
    ['an invalid profile name', '[a b]', /line 1: the name of a profile may only contain letters, digits and /],
    ['no secret', '[b]\n[a]\naws_access_key_id = A', /line 1, profile b: aws_access_key_id is missing\.$/],
  ])('is rejected for %s', (_what, text, message) => {
    expect(() => known(file(text))).toThrow(message);
    expect(() => known(file(text))).not.toThrow(/TOPSECRET/);
  });

  it('is rejected if it is missing, or a folder', () => {
    const folder = temporaryFolder();
    expect(() => known(join(folder, 'none'))).toThrow(
      /^Cannot read the credentials in .*none: there is no such file\.$/,
    );
    expect(() => known(folder)).toThrow(/: it is a folder\.$/);
  });
});

describe('a list of credentials', () => {
  const good = { accessKeyId: 'AKID', secretAccessKey: 'TOPSECRET' };

  it('names users after their access keys', () => {
    expect(known([good])).toMatchObject([{ account: ACCOUNT, principal: `arn:aws:iam::${ACCOUNT}:user/AKID` }]);
  });

  it.each<[string, unknown]>([
    ['a credential must be an object', 'TOPSECRET'],
    ['aws_access_key_id is missing', { ...good, accessKeyId: '' }],
    ['aws_access_key_id must not contain spaces, commas or slashes', { ...good, accessKeyId: 'TOPSECRET/1' }],
    ['aws_secret_access_key is missing', { ...good, secretAccessKey: undefined }],
    ['aws_session_token must be a non-empty string', { ...good, sessionToken: 7 }],
    ['aws_account_id must be a 12-digit account ID', { ...good, accountId: '42' }],
    [
      'expiration must be a time such as 2026-01-31T12:00:00Z (in a program, a valid Date)',
      { ...good, expiration: '2026-01-31' },
    ],
    [
      'expiration must be a time such as 2026-01-31T12:00:00Z (in a program, a valid Date)',
      { ...good, expiration: new Date('soon') },
    ],
    ['principal must be an ARN such as', { ...good, principal: 'alice' }],
    [
      'principal belongs to the account 444455556666, but aws_account_id is 111122223333',
      { ...good, accountId: '111122223333', principal: 'arn:aws:iam::444455556666:user/alice' },
    ],
  ])('is rejected with "%s"', (message, second) => {
    const list = [good, second] as Credential[];
    expect(() => known(list)).toThrow(`Credential 2 of the list: ${message}`);
    expect(() => known(list)).not.toThrow(/TOPSECRET/);
  });

  it('is rejected if it repeats an access key, or is empty', () => {
    expect(() => known([good, good])).toThrow(
      'Credential 2 of the list: the access key is already used by Credential 1 of the list.',
    );
    expect(() => known([])).toThrow('There are no credentials in the list.');
  });
});

describe('Squab does not start', () => {
  it.each([
    [
      { auth: 'sigv4' },
      /^--auth sigv4 needs credentials to check requests against: give a file with --credentials FILE/,
    ],
    [{ auth: 'policy' }, /^--auth policy needs credentials to check requests against/],
    [{ auth: 'yes' }, /^auth must be none, sigv4 or policy, not "yes"\.$/],
    [{ credentials: [] }, /^Credentials are checked only with --auth sigv4 or --auth policy: add one of them\.$/],
    [
      { auth: 'sigv4', credentials: { secretAccessKey: 'TOPSECRET' } },
      /^credentials must be the path of a file or a list of credentials, not \[Object\]\.$/,
    ],
    [{ auth: 'sigv4', credentials: '/none' }, /^Cannot read the credentials in \/none: there is no such file\.$/],
  ])('with %j', async (options, message) => {
    await expect(start({ port: 0, ...(options as object) })).rejects.toThrow(message);
  });
});
