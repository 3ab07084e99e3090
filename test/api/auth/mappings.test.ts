/** `--auth policy`: who may create and change the event source mappings of a queue, within its account. */

import { expect, it } from 'vitest';
import { fed, MAPPINGS } from '../../functions/fed.ts';
import { ARN, BY_POLICY, COLLEAGUE, denied, enforced } from './callers.ts';
import { OWNER, signedBy } from './signing.ts';

it('lets nobody feed a function from a queue that is denied to them, but lets them stop it', async () => {
  const { call, squab } = await fed(enforced);
  const Statement = {
    Effect: 'Deny',
    Principal: { AWS: COLLEAGUE.principal },
    Action: 'sqs:ReceiveMessage',
    Resource: ARN,
  };
  const Attributes = { Policy: JSON.stringify({ Version: '2012-10-17', Statement }) };
  await call('CreateQueue', { QueueName: 'q', Attributes }, { sign: signedBy(OWNER) });
  const ask = async (who: typeof OWNER, method: string, path: string, input: object) => {
    const url = new URL(`${MAPPINGS}${path}`, squab.url);
    const body = JSON.stringify(input);
    const headers = await signedBy(who, { service: 'lambda' })({ url, method, headers: {}, body });
    const response = await fetch(url, { method, headers, body });
    return { status: response.status, ...((await response.json()) as { UUID?: string; message?: string }) };
  };
  const { status, message } = denied(COLLEAGUE.principal, 'sqs:receivemessage', BY_POLICY);
  const mapping = { EventSourceArn: ARN, FunctionName: 'f', Enabled: false };
  expect(await ask(COLLEAGUE, 'POST', '', mapping)).toMatchObject({ status, message });
  const { UUID } = await ask(OWNER, 'POST', '', mapping);
  for (const change of [
    { Enabled: true },
    { FunctionName: 'f' },
    { Enabled: false, FunctionName: 'f' },
    { Enabled: false, BatchSize: 1 },
  ]) {
    expect(await ask(COLLEAGUE, 'PUT', `/${UUID}`, change)).toMatchObject({ status, message });
    expect((await ask(OWNER, 'PUT', `/${UUID}`, change)).status).toBe(202);
  }
  expect((await ask(COLLEAGUE, 'PUT', `/${UUID}`, { Enabled: false })).status).toBe(202);
  expect((await ask(COLLEAGUE, 'PUT', '/nowhere', { Enabled: true })).status).toBe(404);
});
