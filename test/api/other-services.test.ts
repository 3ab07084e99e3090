/**
 * Requests for services that Squab does not have: STS's GetCallerIdentity works; the error for all others explains that
 * this is Squab.
 */

import { describe, expect, it } from 'vitest';
import { type Client, type Input, overBothWires, setup, type WireName } from '../helpers.ts';
import { enforced, unsigned } from './auth/callers.ts';
import { OWNER, signedBy } from './auth/signing.ts';

/** Calls GetCallerIdentity as SDKs do on each wire. */
function identity({ wire, call }: Client | { wire: WireName; call: Client['call'] }, options: Input = {}) {
  const target = 'AWSSecurityTokenServiceV20110615.GetCallerIdentity';
  const headers: Record<string, string> = wire === 'JSON' ? { 'x-amz-target': target } : {};
  return call('GetCallerIdentity', {}, { headers, ...options });
}

overBothWires('GetCallerIdentity', (fixture) => {
  it('returns the account that an access key of twelve digits stands for, or else the default account', async () => {
    const made = await fixture();
    expect(await identity(made, { account: '111122223333' })).toEqual({
      ...{ Account: '111122223333', UserId: '111122223333', Arn: 'arn:aws:iam::111122223333:root' },
    });
    expect(await identity(made)).toMatchObject({ Account: '000000000000' });
  });

  it.each(['sigv4', 'policy'] as const)(
    'with --auth %s, returns the principal that signed the request',
    async (auth) => {
      const made = await fixture({ ...enforced, auth });
      expect(await identity(made, { sign: signedBy(OWNER, { service: 'sts' }) })).toEqual({
        ...{ Account: '111122223333', UserId: 'owner', Arn: 'arn:aws:iam::111122223333:user/owner' },
      });
      await expect(identity(made, { sign: signedBy(OWNER) })).rejects.toThrow(
        "Credential should be scoped to correct service: 'sts'.",
      );
      await expect(identity(made, { sign: unsigned })).rejects.toMatchObject({ code: 'AccessDenied' });
      await expect(made.call('ListQueues', {}, { sign: signedBy(OWNER, { service: 'sts' }) })).rejects.toThrow(
        "Credential should be scoped to correct service: 'sqs'.",
      );
    },
  );
});

it("returns GetCallerIdentity's XML in the namespace of STS", async () => {
  const { squab } = await setup();
  const xml = await (await fetch(`${squab.url}/?Action=GetCallerIdentity&Version=2011-06-15`)).text();
  expect(xml).toMatch(
    /<GetCallerIdentityResponse xmlns="https:\/\/sts\.amazonaws\.com\/doc\/2011-06-15\/"><GetCallerIdentityResult><Arn>/,
  );
});

describe('a request for another service', () => {
  const scope = (service: string) => ({
    authorization: `AWS4-HMAC-SHA256 Credential=x/20260101/us-east-1/${service}/aws4_request, SignedHeaders=host, Signature=0`,
  });
  const rows: [what: string, path: string, request: RequestInit, named: string][] = [
    [
      'of the Query protocol',
      '/?Action=TagResource&Version=2010-08-01',
      { method: 'POST', headers: scope('monitoring') },
      'the action TagResource of monitoring',
    ],
    [
      'of the JSON protocol',
      '/',
      { method: 'POST', headers: { ...scope('dynamodb'), 'x-amz-target': 'DynamoDB_20120810.ListTables' } },
      'the action ListTables of dynamodb',
    ],
    [
      'of the JSON protocol, unsigned',
      '/',
      { method: 'POST', headers: { 'x-amz-target': 'DynamoDB_20120810.ListTables' } },
      'the action ListTables of DynamoDB_20120810',
    ],
    ['with a path', '/bucket/key', { method: 'GET', headers: scope('s3') }, 'this request to s3'],
    ['with another method', '/bucket', { method: 'PUT', headers: scope('s3') }, 'this request to s3'],
  ];

  it.each(rows)('%s names the service and says what to do', async (_what, path, request, named) => {
    for (const options of [{}, enforced]) {
      const { squab } = await setup(options);
      const response = await fetch(`${squab.url}${path}`, request);
      expect(response.status).toBe(400);
      const text = await response.text();
      expect(text).toMatch(/InvalidAction|UnknownOperationException/);
      expect(text).toContain(
        `Squab emulates SQS, SNS and the event source mappings of Lambda, and does not support ${named}. `,
      );
      expect(text).toContain('set AWS_ENDPOINT_URL_SQS, AWS_ENDPOINT_URL_SNS and AWS_ENDPOINT_URL_LAMBDA instead of');
    }
  });

  it('that is an unknown action of SQS gets the error of SQS', async () => {
    const { client } = await setup();
    for (const wire of ['JSON', 'Query'] as const) {
      await expect(client(wire).call('NoSuchAction')).rejects.toThrow(
        'The action NoSuchAction is not valid for this endpoint.',
      );
    }
  });
});
