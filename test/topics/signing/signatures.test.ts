/** Signatures of messages, verified with node:crypto and with a library that subscribers use. */

import { verify, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer, globalAgent } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import MessageValidator from 'sns-validator';
import { afterEach, describe, expect, it, onTestFinished } from 'vitest';
import { Signatures, type SignatureVersion, type SignedMembers } from '../../../src/topics/signing/signatures.ts';

/** Keeps texts as an engine does, and counts what it is asked. */
class Kept {
  readonly texts = new Map<string, string>();
  keeps = 0;
  failing = false;

  async keep(name: string, text: string): Promise<string> {
    this.keeps++;
    if (this.failing) throw new Error('The disk is full');
    if (!this.texts.has(name)) this.texts.set(name, text);
    return this.texts.get(name)!;
  }

  async kept(name: string): Promise<string | undefined> {
    return this.texts.get(name);
  }
}

const notification: SignedMembers = {
  Type: 'Notification',
  MessageId: '1',
  TopicArn: 'arn:aws:sns:us-east-1:000000000000:t',
  Subject: 'Größe',
  Message: 'a\nmessage 🐦',
  Timestamp: '2026-01-01T00:00:00.000Z',
};

const confirmation: SignedMembers = {
  ...notification,
  Type: 'SubscriptionConfirmation',
  Subject: undefined,
  Token: '0123abcd',
  SubscribeURL: 'http://localhost/?Action=ConfirmSubscription&Token=0123abcd',
};

const texts: [title: string, members: SignedMembers, text: string][] = [
  [
    'a notification',
    notification,
    'Message\na\nmessage 🐦\nMessageId\n1\nSubject\nGröße\nTimestamp\n2026-01-01T00:00:00.000Z\n' +
      'TopicArn\narn:aws:sns:us-east-1:000000000000:t\nType\nNotification\n',
  ],
  [
    'a notification without a subject',
    { ...notification, Subject: undefined },
    'Message\na\nmessage 🐦\nMessageId\n1\nTimestamp\n2026-01-01T00:00:00.000Z\n' +
      'TopicArn\narn:aws:sns:us-east-1:000000000000:t\nType\nNotification\n',
  ],
  [
    'a confirmation',
    confirmation,
    'Message\na\nmessage 🐦\nMessageId\n1\nSubscribeURL\nhttp://localhost/?Action=ConfirmSubscription&Token=0123abcd\n' +
      'Timestamp\n2026-01-01T00:00:00.000Z\nToken\n0123abcd\n' +
      'TopicArn\narn:aws:sns:us-east-1:000000000000:t\nType\nSubscriptionConfirmation\n',
  ],
];

const versions: [SignatureVersion, string][] = [
  ['1', 'sha1'],
  ['2', 'sha256'],
];

describe.each(versions)('a signature of version %s', (version, hash) => {
  it.each(texts)('of %s is valid for the text that AWS documents', async (_title, members, text) => {
    const signatures = new Signatures(new Kept());
    const { signature, certificateName } = await signatures.sign(members, version);
    const certificate = new X509Certificate((await signatures.certificate(certificateName))!);
    expect(verify(hash, Buffer.from(text), certificate.publicKey, Buffer.from(signature, 'base64'))).toBe(true);
    expect(verify(hash, Buffer.from(`${text} `), certificate.publicKey, Buffer.from(signature, 'base64'))).toBe(false);
  });

  it('satisfies a validator that subscribers use', async () => {
    const signatures = new Signatures(new Kept());
    const base = await serveCertificates(signatures);
    for (const members of [notification, confirmation]) {
      const { signature, certificateName } = await signatures.sign(members, version);
      const message = {
        ...JSON.parse(JSON.stringify(members)),
        SignatureVersion: version,
        Signature: signature,
        SigningCertURL: `${base}/${certificateName}`,
      };
      expect(await validated(message)).toEqual(message);
      await expect(validated({ ...message, Message: 'another' })).rejects.toThrow('The message signature is invalid');
    }
  });
});

function validated(message: object): Promise<unknown> {
  const validator = new MessageValidator(/^localhost:\d+$/);
  return new Promise((resolve, reject) => {
    validator.validate(message, (error, valid) => (error ? reject(error) : resolve(valid)));
  });
}

/** Serves certificates over HTTPS, which validators insist on, and resolves to the URL. */
async function serveCertificates(signatures: Signatures): Promise<string> {
  const file = (name: string) => readFileSync(join(import.meta.dirname, '../../data/tls', name));
  const cert = file('cert.pem');
  const server = createServer({ cert, key: file('key.pem') }, async (request, response) => {
    response.end(await signatures.certificate(request.url!.slice(1)));
  });
  await new Promise<void>((resolve) => server.listen(0, 'localhost', resolve));
  globalAgent.options.ca = cert;
  onTestFinished(() => void server.close());
  return `https://localhost:${(server.address() as AddressInfo).port}`;
}

afterEach(() => {
  delete globalAgent.options.ca;
});

describe('the certificate', () => {
  it('is signed with its own key, and valid for as long as its encoding can say', async () => {
    const signatures = new Signatures(new Kept());
    const { certificateName } = await signatures.sign(notification, '1');
    const pem = (await signatures.certificate(certificateName))!;
    const certificate = new X509Certificate(pem);
    expect(certificateName).toMatch(/^SimpleNotificationService-[0-9a-f]{32}\.pem$/);
    expect(certificate.verify(certificate.publicKey)).toBe(true);
    expect(certificate.checkIssued(certificate)).toBe(true);
    expect(certificate.subject).toBe('O=Squab\nCN=sns.amazonaws.com');
    expect(certificate.validFrom).toBe('Jan  1 00:00:00 2020 GMT');
    expect(certificate.validTo).toBe('Dec 31 23:59:59 2049 GMT');
    expect(certificate.publicKey.asymmetricKeyDetails?.modulusLength).toBe(2048);
    expect(certificate.serialNumber).toMatch(/^[4-7C-F][0-9A-F]{31}$/);
  });

  it('exists only under its own name, and only once something was signed', async () => {
    const kept = new Kept();
    const signatures = new Signatures(kept);
    expect(await signatures.certificate('SimpleNotificationService-0.pem')).toBeUndefined();
    expect(kept.keeps).toBe(0);
    await signatures.sign(notification, '1');
    expect(await signatures.certificate('SimpleNotificationService-0.pem')).toBeUndefined();
  });

  it('is the same after a restart', async () => {
    const kept = new Kept();
    const { certificateName } = await new Signatures(kept).sign(notification, '1');
    const restarted = new Signatures(kept);
    expect(await restarted.certificate(certificateName)).toMatch(/^-----BEGIN CERTIFICATE-----\n/);
    expect((await restarted.sign(notification, '1')).certificateName).toBe(certificateName);
  });
});

describe('the key', () => {
  it('is created once, even if many messages are signed at the same time', async () => {
    const kept = new Kept();
    const signatures = new Signatures(kept);
    signatures.prepare();
    const names = await Promise.all(
      Array.from({ length: 20 }, async () => (await signatures.sign(notification, '2')).certificateName),
    );
    expect(new Set(names).size).toBe(1);
    expect(kept.keeps).toBe(1);
  });

  it('is the one that is kept, if another one was kept in the meantime', async () => {
    const kept = new Kept();
    const [one, other] = [new Signatures(kept), new Signatures(kept)];
    const [first, second] = await Promise.all([one.sign(notification, '1'), other.sign(notification, '1')]);
    expect(kept.keeps).toBe(2);
    expect(second).toEqual(first);
  });

  it('is created again after the storage failed', async () => {
    const kept = new Kept();
    const signatures = new Signatures(kept);
    kept.failing = true;
    await expect(signatures.sign(notification, '1')).rejects.toThrow('The disk is full');
    kept.failing = false;
    expect((await signatures.sign(notification, '1')).certificateName).toMatch(/\.pem$/);
  });
});
