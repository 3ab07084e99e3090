/** All services share one port: a request says by its version, signature, target or action which of them it is for. */

import { expect, it } from 'vitest';
import { setup } from '../helpers.ts';

const SNS = 'http://sns.amazonaws.com/doc/2010-03-31/';
const SQS = 'http://queue.amazonaws.com/doc/2012-11-05/';

const scope = (service: string) => ({
  authorization: `AWS4-HMAC-SHA256 Credential=x/20260101/us-east-1/${service}/aws4_request, SignedHeaders=host, Signature=0`,
});

const rows: [what: string, query: string, headers: Record<string, string>, namespace: string][] = [
  ['the version of SNS', 'Action=AddPermission&Version=2010-03-31', {}, SNS],
  ['the version of SNS, whatever the signature', 'Action=AddPermission&Version=2010-03-31', scope('sqs'), SNS],
  ['the version of SQS, whatever the signature', 'Action=AddPermission&Version=2012-11-05', scope('sns'), SQS],
  ['the signature, without a version', 'Action=AddPermission', scope('sns'), SNS],
  [
    'the signature in the query',
    'Action=AddPermission&X-Amz-Credential=x/20260101/us-east-1/sns/aws4_request',
    {},
    SNS,
  ],
  ['an action that only SNS has', 'Action=Unsubscribe', {}, SNS],
  ['an action that only SQS has', 'Action=GetQueueUrl', {}, SQS],
  ['a topic', 'Action=RemovePermission&TopicArn=x', {}, SNS],
  ['nothing', 'Action=RemovePermission', {}, SQS],
  ['an unknown action and the version of SNS', 'Action=NoSuchAction&Version=2010-03-31', {}, SNS],
  ['an unknown action', 'Action=NoSuchAction', {}, SQS],
];

it.each(rows)('a request with %s gets a response of that service', async (_what, query, headers, namespace) => {
  const { squab } = await setup();
  const requests: [path: string, request: RequestInit][] = [
    [`/?${query}`, { headers }],
    [`/?${query}`, { method: 'POST', headers }],
    ['/', { method: 'POST', headers, body: new URLSearchParams(query) }],
  ];
  for (const [path, request] of requests) {
    const response = await fetch(`${squab.url}${path}`, request);
    const xml = await response.text();
    expect(xml).toContain(`<ErrorResponse xmlns="${namespace}"><Error><Type>Sender</Type>`);
    expect(xml.includes('<Detail/>')).toBe(namespace === SQS);
    expect(xml).toContain(`<RequestId>${response.headers.get('x-amzn-requestid')}</RequestId>`);
  }
});

it('does not serve SNS over JSON, which SNS does not have', async () => {
  const { squab } = await setup();
  const headers = { 'x-amz-target': 'AmazonSQS.Publish' };
  const response = await fetch(squab.url, { method: 'POST', headers, body: '{}' });
  expect(await response.json()).toMatchObject({ message: 'The action Publish is not valid for this endpoint.' });
});

it('returns the error for a request that is too long in the format of the signed service', async () => {
  const { squab } = await setup();
  const response = await fetch(squab.url, { method: 'PUT', headers: scope('sns') });
  expect(await response.text()).toContain(`<ErrorResponse xmlns="${SNS}">`);
});
