/** Credentials: the file, the list, and what is wrong with them; no error tells a secret. */

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
  it('is one that SDKs read, with a few settings more', () => {
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
    ['nothing', '', /^There are no credentials in the file .*credentials\.$/],
    ['a line of neither kind', '[a]\nTOPSECRET\n', /line 2: it is neither \[profile\] nor setting = value\.$/],
    ['a setting before a profile', 'aws_access_key_id = A', /line 1: a \[profile\] has to come first\.$/],
    [
      'an unknown setting',
      '[a]\naws_acount_id = TOPSECRET',
      /line 2: there is no setting of this name\. There are: aws_/,
    ],
    ['a setting twice', '[a]\nprincipal = x\nprincipal = TOPSECRET', /line 3: principal is in this profile already\.$/],
    ['an empty setting', '[a]\naws_session_token =', /line 2: aws_session_token has no value\.$/],
    ['a profile twice', '[a]\n[b]\n[a]', /line 3: the profile a is there already, in line 1\.$/],
    ['a name that is none', '[a b]', /line 1: a profile is named by letters, digits and /],
    ['no secret', '[b]\n[a]\naws_access_key_id = A', /line 1, profile b: it has no aws_access_key_id\.$/],
  ])('with %s is refused', (_what, text, message) => {
    expect(() => known(file(text))).toThrow(message);
    expect(() => known(file(text))).not.toThrow(/TOPSECRET/);
  });

  it('that is not there, or a folder, is refused', () => {
    const folder = temporaryFolder();
    expect(() => known(join(folder, 'none'))).toThrow(
      /^Cannot read the credentials in .*none: there is no such file\.$/,
    );
    expect(() => known(folder)).toThrow(/: it is a folder\.$/);
  });
});

describe('a list of credentials', () => {
  const good = { accessKeyId: 'AKID', secretAccessKey: 'TOPSECRET' };

  it('names its users by their keys', () => {
    expect(known([good])).toMatchObject([{ account: ACCOUNT, principal: `arn:aws:iam::${ACCOUNT}:user/AKID` }]);
  });

  it.each<[string, unknown]>([
    ['it must be an object', 'TOPSECRET'],
    ['it has no aws_access_key_id', { ...good, accessKeyId: '' }],
    ['aws_access_key_id must have no blank, comma or slash in it', { ...good, accessKeyId: 'TOPSECRET/1' }],
    ['it has no aws_secret_access_key', { ...good, secretAccessKey: undefined }],
    ['aws_session_token must be a text', { ...good, sessionToken: 7 }],
    ['aws_account_id must have twelve digits', { ...good, accountId: '42' }],
    ['expiration must be an instant such as 2026-01-31T12:00:00Z', { ...good, expiration: '2026-01-31' }],
    ['expiration must be an instant such as 2026-01-31T12:00:00Z', { ...good, expiration: new Date('soon') }],
    ['principal must be an ARN such as', { ...good, principal: 'alice' }],
    [
      'principal is of the account 444455556666, but aws_account_id is 111122223333',
      { ...good, accountId: '111122223333', principal: 'arn:aws:iam::444455556666:user/alice' },
    ],
  ])('is refused where %s', (message, second) => {
    const list = [good, second] as Credential[];
    expect(() => known(list)).toThrow(`Credential 2 of the list: ${message}`);
    expect(() => known(list)).not.toThrow(/TOPSECRET/);
  });

  it('is refused when a key is there twice, or nothing', () => {
    expect(() => known([good, good])).toThrow(
      'Credential 2 of the list: it has the access key of Credential 1 of the list.',
    );
    expect(() => known([])).toThrow('There are no credentials in the list.');
  });
});

describe('a Squab does not start', () => {
  it.each([
    [
      { auth: 'sigv4' },
      /^--auth sigv4 needs credentials to check requests against: give a file with --credentials FILE/,
    ],
    [{ auth: 'policy' }, /^--auth policy needs credentials to check requests against/],
    [{ auth: 'yes' }, /^auth cannot be "yes": must be one of none, sigv4, policy\.$/],
    [{ credentials: [] }, /^Credentials are checked only with --auth sigv4 or --auth policy: add one of them\.$/],
    [
      { auth: 'sigv4', credentials: { secretAccessKey: 'TOPSECRET' } },
      /^credentials cannot be \[Object\]: must be the path of a file, or a list\.$/,
    ],
    [{ auth: 'sigv4', credentials: '/none' }, /^Cannot read the credentials in \/none: there is no such file\.$/],
  ])('with %j', async (options, message) => {
    await expect(start({ port: 0, ...(options as object) })).rejects.toThrow(message);
  });
});
