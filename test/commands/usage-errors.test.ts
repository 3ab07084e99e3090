/** Wrong command lines: one line that says what is wrong, and exit code 2. */

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { failure, scratch, squabEnds } from './command.ts';

describe('the command prints one line and exits with 2 for', () => {
  it.each([
    ['an unknown flag', ['--prot', '1'], 'Unknown option --prot. Did you mean "--port"? See squab --help.'],
    ['an unknown short flag', ['-p'], 'Unknown option -p. See squab --help.'],
    [
      'an unknown command',
      ['start'],
      'Unknown command "start". The commands are: serve, check, export, import, migrate, move, wait. See squab --help.',
    ],
    ['an argument of serve', ['serve', 'here'], 'Unexpected argument "here". See squab --help.'],
    [
      'durability without a data folder',
      ['--durability=power'],
      '--durability needs --data or --database: data in memory is lost when Squab stops. See squab --help.',
    ],
    [
      'an unknown durability',
      ['--data=.squab', '--durability=fire'],
      '--durability must be process or power, not "fire". See squab --help.',
    ],
    ['a flag without its value', ['--port'], '--port needs a value. See squab --help.'],
    [
      'a value for a flag that turns something off',
      ['--no-control=false'],
      '--no-control takes no value. See squab --help.',
    ],
    ['a flag in place of a value', ['--data', '--port', '0'], '--data needs a value. See squab --help.'],
    ['an empty data folder', ['--data='], '--data must be the path of a folder, not "". See squab --help.'],
    ['an empty port', ['--port='], '--port must be a number from 0 to 65535, not "". See squab --help.'],
    [
      'a port that is not a number',
      ['--port', 'http'],
      '--port must be a number from 0 to 65535, not "http". See squab --help.',
    ],
    [
      'a port that is too high',
      ['--port=65536'],
      '--port must be a number from 0 to 65535, not "65536". See squab --help.',
    ],
    [
      'a port in hexadecimal',
      ['--port=0x10'],
      '--port must be a number from 0 to 65535, not "0x10". See squab --help.',
    ],
    [
      'a limit of 0',
      ['--in-flight-limit=0'],
      '--in-flight-limit must be a number from 1 to 1000000000, not "0". See squab --help.',
    ],
    [
      'a region with invalid characters',
      ['--region=EU 1'],
      '--region must be a region such as us-east-1, not "EU 1". See squab --help.',
    ],
    ['an invalid account', ['--account=42'], '--account must be a 12-digit account ID, not "42". See squab --help.'],
    [
      'a base URL without a scheme',
      ['--base-url=squab:9324'],
      '--base-url must be a URL such as http://sqs.local:9324, without a query, and with no placeholders except {region}, {account}, {host} and {port}, not "squab:9324". See squab --help.',
    ],
    [
      'a base URL with an unknown placeholder',
      ['--base-url=http://sqs.{zone}.local'],
      '--base-url must be a URL such as http://sqs.local:9324, without a query, and with no placeholders except {region}, {account}, {host} and {port}, not "http://sqs.{zone}.local". See squab --help.',
    ],
    [
      'a switch that is neither true nor false',
      ['--trust-proxy=maybe'],
      '--trust-proxy must be true or false, not "maybe". See squab --help.',
    ],
    [
      'an invalid origin',
      ['--allowed-origins=http://a.example,localhost:5173'],
      '--allowed-origins must be * or a comma-separated list of origins such as http://localhost:5173, not "http://a.example,localhost:5173". See squab --help.',
    ],
    [
      'a pattern of origins, which no page would match',
      ['--allowed-origins=https://*.example.com'],
      '--allowed-origins must be * or a comma-separated list of origins such as http://localhost:5173, not "https://*.example.com". See squab --help.',
    ],
    [
      'an origin with a port that does not exist',
      ['--allowed-origins=http://localhost:517300'],
      '--allowed-origins must be * or a comma-separated list of origins such as http://localhost:5173, not "http://localhost:517300". See squab --help.',
    ],
    [
      'a host with a port',
      ['--allowed-hosts=sqs.example.com:9324'],
      '--allowed-hosts must be * or a comma-separated list of host names such as sqs.example.com or *.example.com, not "sqs.example.com:9324". See squab --help.',
    ],
    [
      'an unknown log level',
      ['--log-level=loud'],
      '--log-level must be trace, debug, info, warn, error, fatal or silent, not "loud". See squab --help.',
    ],
    [
      'a migration of nothing',
      ['migrate'],
      'migrate needs a database: squab migrate --database URL. See squab migrate --help.',
    ],
  ])('%s', async (_what, args, message) => {
    expect(await squabEnds(args)).toEqual(failure(2, message));
  });

  it('half a credential or an invalid credentials file, without printing secrets', async () => {
    const half = await squabEnds(['--auth=sigv4'], { env: { SQUAB_SECRET_ACCESS_KEY: 'TOPSECRET' } });
    const together =
      'SQUAB_ACCESS_KEY_ID and SQUAB_SECRET_ACCESS_KEY must be set together: set both or neither. See squab --help.';
    expect(half).toEqual(failure(2, together));
    const file = join(scratch(), 'credentials');
    writeFileSync(file, '[a]\naws_secret_access_key TOPSECRET\n');
    const message = `${file}, line 2: expected [profile] or setting = value. See squab --help.`;
    expect(await squabEnds(['--auth', 'policy', '--credentials', file])).toEqual(failure(2, message));
  });

  it('an invalid environment variable, which the message names', async () => {
    const message = 'SQUAB_IN_FLIGHT_LIMIT must be a number from 1 to 1000000000, not "lots". See squab --help.';
    expect(await squabEnds([], { env: { SQUAB_IN_FLIGHT_LIMIT: 'lots' } })).toEqual(failure(2, message));
  });
});

it.each([
  [['--prot', '1'], 'Unknown option --prot. Did you mean "--port"? See squab --help.'],
  [['chek'], 'Unknown command "chek". Did you mean "check"? The commands are: '],
  [['wait', '--timeot', '1s'], 'Unknown option --timeot. Did you mean "--timeout"? See squab wait --help.'],
  [['--port', '-1'], '--port must be a number from 0 to 65535, not "-1". See squab --help.'],
])('with %j, the command says what was probably meant', async (args, message) => {
  expect(await squabEnds(args)).toMatchObject({ code: 2, stderr: expect.stringContaining(`squab: ${message}`) });
});
