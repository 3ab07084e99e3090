/** Measures requests and files that are made to be expensive: how long they keep another client waiting. */

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { longestWait } from './parts/longest-wait.ts';
import { carryOut, root, type Server, scratchFolder } from './servers/servers.ts';

const MIB = 2 ** 20;
const ms = (time: number) => `${time.toFixed(0)} ms`;

async function measure(what: string, { url }: Server, path: string, request: RequestInit): Promise<void> {
  let status = 0;
  const longest = await longestWait(url, async () => {
    const response = await fetch(url + path, request);
    await response.arrayBuffer();
    status = response.status;
  });
  console.log(`${what}: ${ms(longest)} (status ${status})`);
}

/** JSON with long strings, long lists and deep nesting, to the control interface and to SQS. */
export async function expensiveJson(squab: Server): Promise<void> {
  const fault = (rule: object) => ({ method: 'POST', body: JSON.stringify(rule) });
  const faults = '/_squab/faults';
  const long = 'x'.repeat(8 * MIB - 100);
  const most = long.slice(0, MIB - 100);
  await measure('a fault rule whose operation has 8 MiB', squab, faults, fault({ operation: long }));
  await measure('a fault rule whose operation has 1 MiB', squab, faults, fault({ operation: most }));
  const list = Array.from({ length: 250_000 }, () => 1);
  await measure('a fault rule with a list of 250,000 numbers', squab, faults, fault({ operation: list }));
  await measure('1 MiB of [ to the control interface', squab, faults, { method: 'POST', body: '['.repeat(MIB - 1) });
  const sqs = (body: string) => ({ method: 'POST', headers: { 'x-amz-target': 'AmazonSQS.ReceiveMessage' }, body });
  await measure('8 MiB of [ to SQS', squab, '/', sqs('['.repeat(8 * MIB - 1)));
  await measure('a list of four million numbers to SQS', squab, '/', sqs(`{"QueueUrl":[${'1,'.repeat(4e6 - 100)}1]}`));
}

/** Starts Squab with a policy of 60 patterns that backtrack, and returns its flags. */
export function withPolicies(): string[] {
  const folder = scratchFolder('policies');
  const patterns = Array.from({ length: 60 }, (_, index) => `*a*a*a*a*b${index}`);
  const statement = {
    Effect: 'Allow',
    Principal: '*',
    Action: 'sqs:SendMessage',
    Resource: '*',
    Condition: { StringLike: { 'aws:UserAgent': patterns } },
  };
  const Policy = { Version: '2012-10-17', Statement: [statement] };
  const config = join(folder, 'squab.yaml');
  const credentials = join(folder, 'credentials');
  writeFileSync(config, JSON.stringify({ queues: [{ name: 'q', attributes: { Policy } }] }));
  writeFileSync(
    credentials,
    '[a]\naws_access_key_id = AKIDA\naws_secret_access_key = secret\naws_account_id = 000000000000\n',
    { mode: 0o600 },
  );
  return ['--auth', 'policy', '--credentials', credentials, '--config', config];
}

/** An unsigned request with a value on which the patterns of a policy backtrack. */
export async function expensivePolicies(squab: Server): Promise<void> {
  await measure('60 patterns against a User-Agent of 60,000 characters', squab, '/', {
    method: 'POST',
    headers: { 'x-amz-target': 'AmazonSQS.SendMessage', 'user-agent': 'a'.repeat(60_000) },
    body: JSON.stringify({ QueueUrl: `${squab.url}/000000000000/q`, MessageBody: 'm' }),
  });
}

/** Imports of files that name one thing many times. */
export async function expensiveImports({ url }: Server): Promise<void> {
  const folder = scratchFolder('imports');
  const files: [what: string, name: string, text: string][] = [
    [
      '56 KB of YAML with aliases',
      'aliases.yaml',
      `x-a: &a x\nx-b: [${Array.from({ length: 14_000 }, () => '*a').join()}]\nqueues: []\n`,
    ],
    [
      'a template of 8,000 queues',
      'template.json',
      JSON.stringify({
        Resources: Object.fromEntries(
          Array.from({ length: 8000 }, (_, n) => [
            `Q${n}`,
            { Type: 'AWS::SQS::Queue', Properties: { QueueName: `q${n}` } },
          ]),
        ),
      }),
    ],
  ];
  for (const [what, name, text] of files) {
    const file = join(folder, name);
    writeFileSync(file, text);
    const start = performance.now();
    const longest = await longestWait(url, () =>
      carryOut(process.execPath, [join(root, 'dist/cli.cjs'), 'import', file, '--url', url], folder),
    );
    console.log(`squab import of ${what}: ${ms(longest)}, takes ${((performance.now() - start) / 1000).toFixed(1)} s`);
  }
}
