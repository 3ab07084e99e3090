/**
 * The signatures of real clients, and how they report refusals: the AWS SDK for JavaScript, and boto3 on both
 * protocols.
 */

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  CreateQueueCommand,
  GetQueueUrlCommand,
  ListQueuesCommand,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
} from '@aws-sdk/client-sqs';
import { describe, expect, it } from 'vitest';
import type { StartOptions } from '../../src/index.ts';
import { OWNER, STRANGER, TEMPORARY } from '../api/auth/signing.ts';
import { sdk, squabWith } from './javascript.ts';
import { environment, lack, output } from './programs.ts';

const EXPIRED = { ...OWNER, accessKeyId: 'ASIAEXPIRED', sessionToken: 'old', expiration: new Date(Date.UTC(2020, 0)) };
const checked: StartOptions = { auth: 'sigv4', credentials: [OWNER, TEMPORARY, EXPIRED] };

describe('the AWS SDK for JavaScript', () => {
  it('works with known credentials', async () => {
    const squab = await squabWith(checked);
    for (const { accessKeyId, secretAccessKey, sessionToken } of [OWNER, TEMPORARY]) {
      const sqs = sdk({
        endpoint: squab.url,
        credentials: { accessKeyId, secretAccessKey, ...(sessionToken !== undefined && { sessionToken }) },
      });
      const { QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName: 'orders' }));
      expect(QueueUrl).toBe(`${squab.url}/111122223333/orders`);
      const Entries = [{ Id: 'one', MessageBody: 'smørrebrød' }];
      expect((await sqs.send(new SendMessageBatchCommand({ QueueUrl, Entries }))).Successful).toHaveLength(1);
      expect((await sqs.send(new ReceiveMessageCommand({ QueueUrl }))).Messages).toHaveLength(1);
    }
  });

  it('signs requests to a queue URL that it uses as its endpoint', async () => {
    const squab = await squabWith(checked);
    const { QueueUrl } = await sdk({ endpoint: squab.url, credentials: OWNER }).send(
      new CreateQueueCommand({ QueueName: 'orders' }),
    );
    const sqs = sdk({ credentials: OWNER });
    expect((await sqs.send(new ReceiveMessageCommand({ QueueUrl }))).Messages).toBeUndefined();
  });

  it.each([
    ['a wrong secret', { ...OWNER, secretAccessKey: 'wrong' }, 'SignatureDoesNotMatch'],
    ['an unknown key', STRANGER, 'InvalidClientTokenId'],
    ['expired credentials', { ...EXPIRED, expiration: undefined }, 'ExpiredToken'],
  ])('gets a named error for %s', async (_what, { accessKeyId, secretAccessKey, ...more }, name) => {
    const squab = await squabWith(checked);
    const credentials = {
      accessKeyId,
      secretAccessKey,
      ...('sessionToken' in more && { sessionToken: more.sessionToken }),
    };
    const sqs = sdk({ endpoint: squab.url, credentials });
    await expect(sqs.send(new ListQueuesCommand({}))).rejects.toMatchObject({
      name,
      $metadata: { httpStatusCode: 403 },
    });
  });

  it("gets QueueDoesNotExist for another account's queue that it may not access", async () => {
    const squab = await squabWith({ auth: 'policy', credentials: [OWNER, STRANGER] });
    await sdk({ endpoint: squab.url, credentials: OWNER }).send(new CreateQueueCommand({ QueueName: 'orders' }));
    const sqs = sdk({ endpoint: squab.url, credentials: STRANGER });
    const asked = sqs.send(new GetQueueUrlCommand({ QueueName: 'orders', QueueOwnerAWSAccountId: OWNER.accountId }));
    await expect(asked).rejects.toMatchObject({ name: 'QueueDoesNotExist' });
  });
});

const [tlsCert, tlsKey] = ['cert', 'key'].map((name) => join(import.meta.dirname, `../data/tls/${name}.pem`)) as [
  string,
  string,
];

const lacking = lack('boto3', 'python3', ['-c', 'import boto3']);

describe.skipIf(lacking)(`boto3${lacking}`, () => {
  it.each([
    ['JSON', {}],
    ['Query', {}],
    ['JSON and HTTPS', { tlsCert, tlsKey }],
  ])('is accepted and refused over %s, as on AWS', async (wire, options) => {
    const models = await mkdtemp(join(tmpdir(), 'squab-models-'));
    try {
      if (wire === 'Query') await output('python3', [join(import.meta.dirname, 'query_model.py'), models]);
      const squab = await squabWith({ ...checked, ...options });
      const program = join(import.meta.dirname, 'boto3_signatures.py');
      const env = environment(squab.url, { AWS_DATA_PATH: models, AWS_CA_BUNDLE: tlsCert, SSL_CERT_FILE: tlsCert });
      expect(JSON.parse(await output('python3', [program], { env }))).toEqual({
        right: 'fine',
        'with a token': 'fine',
        'a presigned URL': 'fine',
        'a wrong secret': [403, 'SignatureDoesNotMatch'],
        'an unknown key': [403, 'InvalidClientTokenId'],
        'a wrong token': [403, 'InvalidClientTokenId'],
        'an expired token': [403, 'ExpiredToken'],
        'a wrong region': [403, 'SignatureDoesNotMatch'],
        'a body that was changed': [403, 'SignatureDoesNotMatch'],
        'no signature': [403, 'AccessDenied'],
      });
    } finally {
      await rm(models, { recursive: true, force: true });
    }
  });
});
