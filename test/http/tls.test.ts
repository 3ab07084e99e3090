/** HTTPS. The certificate in test/data/tls belongs to the tests; nothing else trusts it. */

import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { request } from 'node:https';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { type ConnectionOptions, connect, getCiphers } from 'node:tls';
import { describe, expect, it } from 'vitest';
import { OWNER, presigned } from '../api/auth/signing.ts';
import { setup } from '../helpers.ts';
import { RawConnection } from './raw-http.ts';

const range = (count: number) => Array.from({ length: count }, (_, index) => index);
const data = (name: string) => join(import.meta.dirname, '../data/tls', name);
const [tlsCert, tlsKey] = [data('cert.pem'), data('key.pem')];

function get(url: URL): Promise<string> {
  return new Promise((resolve, reject) => {
    const sent = request(url, { ca: readFileSync(tlsCert) }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (part) => {
        text += part;
      });
      response.on('end', () => resolve(text));
    });
    sent.on('error', reject).end();
  });
}

describe('with a certificate', () => {
  it('Squab uses HTTPS, including in its URLs', async () => {
    const { squab } = await setup({ tlsCert, tlsKey });
    expect(squab.url).toBe(`https://127.0.0.1:${squab.port}`);
    const answer = await get(new URL(`${squab.url}/?Action=CreateQueue&QueueName=q`));
    expect(answer).toContain(`<QueueUrl>${squab.url}/000000000000/q</QueueUrl>`);
  });

  it('every port uses HTTPS', async () => {
    const { squab } = await setup({ tlsCert, tlsKey, port: [0, 0] });
    for (const port of squab.ports) {
      const url = `https://127.0.0.1:${port}`;
      const answer = await get(new URL(`${url}/?Action=CreateQueue&QueueName=q`));
      expect(answer).toContain(`<QueueUrl>${url}/000000000000/q</QueueUrl>`);
    }
  });

  it('every port also serves plain HTTP, with queue URLs that begin with http', async () => {
    const { squab } = await setup({ tlsCert, tlsKey, port: [0, 0] });
    for (const port of squab.ports) {
      const url = `http://127.0.0.1:${port}`;
      const answer = await (await fetch(`${url}/?Action=CreateQueue&QueueName=q`)).text();
      expect(answer).toContain(`<QueueUrl>${url}/000000000000/q</QueueUrl>`);
    }
  });

  it('a connection that sends neither is closed, even when Squab stops in the meantime', async () => {
    const { squab } = await setup({ tlsCert, tlsKey });
    const silent = await RawConnection.open(squab.port);
    const broken = await RawConnection.open(squab.port);
    broken.send(Buffer.from([22, 3, 1, 0, 5, 1, 2, 3, 4, 5]));
    await broken.ended;
    const handshaking = await RawConnection.open(squab.port);
    handshaking.send(Buffer.from([22]));
    const nonsense = await RawConnection.open(squab.port);
    nonsense.send('nonsense\r\n\r\n');
    expect((await nonsense.answer()).status).toBe(400);
    nonsense.socket.destroy();
    await squab.stop();
    await Promise.all([silent.ended, handshaking.ended]);
  });

  it('a client cannot repeat the handshake', async () => {
    const { squab } = await setup({ tlsCert, tlsKey });
    const ca = readFileSync(tlsCert);
    const client = connect({ port: squab.port, host: '127.0.0.1', ca, maxVersion: 'TLSv1.2' });
    await once(client, 'secureConnect');
    const refused = new Promise((resolve) => client.on('error', resolve));
    client.renegotiate({}, () => {});
    expect(await refused).toMatchObject({ code: 'ERR_SSL_NO_RENEGOTIATION' });
    client.destroy();
  });

  it('a connection is closed at a record that was not encrypted with its key', async () => {
    const { squab } = await setup({ tlsCert, tlsKey });
    const connection = await RawConnection.open(squab.port);
    const client = connect({ socket: connection.socket, ca: readFileSync(tlsCert), host: '127.0.0.1' });
    client.on('error', () => {});
    await once(client, 'secureConnect');
    connection.send(Buffer.from(`1703030020${'ab'.repeat(32)}`, 'hex'));
    await connection.closed;
  });

  it('a client that ends its side before it sends a byte is not waited for', async () => {
    const { squab } = await setup({ tlsCert, tlsKey });
    const ended = await RawConnection.open(squab.port);
    ended.socket.end();
    await ended.ended;
  });

  it('a poll over TLS ends with a response when Squab stops', async () => {
    const { squab } = await setup({ tlsCert, tlsKey });
    await get(new URL(`${squab.url}/?Action=CreateQueue&QueueName=q`));
    const poll = get(new URL(`${squab.url}/000000000000/q?Action=ReceiveMessage&WaitTimeSeconds=20`));
    await expect.poll(async () => (await squab.control.queues.get('q')).waitingReceives).toBe(1);
    await squab.stop();
    expect(await poll).toContain('<ReceiveMessageResponse');
  });

  it('a policy that requires HTTPS allows access', async () => {
    const { squab } = await setup({ tlsCert, tlsKey, auth: 'policy', credentials: [OWNER] });
    const Statement = {
      ...{ Effect: 'Deny', Principal: '*', Action: 'sqs:*', Resource: '*' },
      Condition: { Bool: { 'aws:SecureTransport': 'false' } },
    };
    const policy = encodeURIComponent(JSON.stringify({ Version: '2012-10-17', Statement }));
    const create = `Action=CreateQueue&QueueName=q&Attribute.1.Name=Policy&Attribute.1.Value=${policy}`;
    await get(await presigned(new URL(`${squab.url}/?${create}`), OWNER));
    const purge = new URL(`${squab.url}/111122223333/q?Action=PurgeQueue`);
    expect(await get(await presigned(purge, OWNER))).toContain('<PurgeQueueResponse');
    const plain = await presigned(new URL(purge.href.replace('https', 'http')), OWNER);
    expect(await (await fetch(plain)).text()).toContain('<Code>AccessDenied</Code>');
  });
});

/** How many connections shake hands at once. */
const COUNT = 30;

async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn++) await nextTurn();
}

/** Returns the first message of a client. */
async function clientHello(): Promise<Buffer> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const client = connect((server.address() as AddressInfo).port, '127.0.0.1').on('error', () => {});
  const [socket] = (await once(server, 'connection')) as [Socket];
  const [hello] = (await once(socket, 'data')) as [Buffer];
  for (const one of [client, socket, server]) 'destroy' in one ? one.destroy() : one.close();
  return hello;
}

describe('a handshake', () => {
  /** Connects with these settings; resolves to the protocol and the cipher. */
  function handshake(port: number, settings: ConnectionOptions): Promise<string> {
    return new Promise((resolve, reject) => {
      const socket = connect({ port, host: '127.0.0.1', ca: readFileSync(tlsCert), ...settings }, () => {
        resolve(`${socket.getProtocol()} ${socket.getCipher().name}`);
        socket.destroy();
      });
      socket.on('error', reject);
    });
  }

  it('succeeds with authenticated encryption only, and not before TLS 1.2', async () => {
    const { squab } = await setup({ tlsCert, tlsKey });
    const accepted: string[] = [];
    for (const name of getCiphers()) {
      const suite = name.toUpperCase();
      const maxVersion = name.startsWith('tls_') ? 'TLSv1.3' : 'TLSv1.2';
      // The lowest level of security: the client offers everything that it knows.
      const ciphers = maxVersion === 'TLSv1.3' ? suite : `${suite}:@SECLEVEL=0`;
      const settings = { ciphers, maxVersion, minVersion: maxVersion } as const;
      await handshake(squab.port, settings).then(
        (found) => accepted.push(found),
        () => {},
      );
    }
    expect([...new Set(accepted)].sort()).toEqual([
      'TLSv1.2 ECDHE-ECDSA-AES128-GCM-SHA256',
      'TLSv1.2 ECDHE-ECDSA-AES256-GCM-SHA384',
      'TLSv1.2 ECDHE-ECDSA-CHACHA20-POLY1305',
      'TLSv1.3 TLS_AES_128_GCM_SHA256',
      'TLSv1.3 TLS_AES_256_GCM_SHA384',
      'TLSv1.3 TLS_CHACHA20_POLY1305_SHA256',
    ]);
    for (const version of ['TLSv1', 'TLSv1.1'] as const) {
      const settings = { minVersion: version, maxVersion: version, ciphers: 'ALL:@SECLEVEL=0' };
      await expect(handshake(squab.port, settings)).rejects.toThrow(/protocol version|alert/);
    }
  });

  it.each([1, 100])(
    'is signed in a turn of its own, even if the rest of the message follows byte %d',
    async (first) => {
      const { squab } = await setup({ tlsCert, tlsKey });
      const hello = await clientHello();
      const connections = await Promise.all(range(COUNT).map(() => RawConnection.open(squab.port)));
      for (const one of connections) one.send(hello.subarray(0, first));
      await turns(10 * COUNT);
      let answered = 0;
      for (const { socket } of connections) socket.once('data', () => answered++);
      for (const one of connections) one.send(hello.subarray(first));
      const before: number[] = [];
      for (let turn = 0; answered < COUNT && turn < 100_000; turn++) {
        before.push(answered);
        await turns(1);
      }
      expect(answered).toBe(COUNT);
      // Without a turn for each, nearly all answers come at once.
      expect(new Set(before).size).toBeGreaterThan(COUNT / 2);
      for (const { socket } of connections) socket.destroy();
    },
  );

  it('that is repeated because of the key exchange succeeds', async () => {
    const { squab } = await setup({ tlsCert, tlsKey });
    // The client offers a key for the first curve only. The server does not know it, and asks for another one.
    const settings = { ecdhCurve: 'X448:P-256', minVersion: 'TLSv1.3' } as const;
    expect(await handshake(squab.port, settings)).toMatch(/^TLSv1.3/);
  });

  it('is the same on every port', async () => {
    const { squab } = await setup({ tlsCert, tlsKey, port: [0, 0] });
    for (const port of squab.ports) {
      await expect(handshake(port, { ciphers: 'ECDHE-ECDSA-AES128-SHA', maxVersion: 'TLSv1.2' })).rejects.toThrow();
      expect(await handshake(port, { maxVersion: 'TLSv1.2' })).toMatch(/^TLSv1.2 .*(GCM|POLY)/);
    }
  });
});

describe('Squab does not start with', () => {
  it.each([
    ['a certificate alone', { tlsCert }, '--tls-cert and --tls-key must be used together: give both, or neither.'],
    ['a key alone', { tlsKey }, '--tls-cert and --tls-key must be used together: give both, or neither.'],
    [
      'a missing certificate file',
      { tlsCert: data('none.pem'), tlsKey },
      `Cannot read the certificate in ${data('none.pem')}: there is no such file.`,
    ],
    [
      'a missing key file',
      { tlsCert, tlsKey: data('none.pem') },
      `Cannot read the key in ${data('none.pem')}: there is no such file.`,
    ],
    [
      'a key in place of the certificate',
      { tlsCert: tlsKey, tlsKey },
      `${tlsKey} contains no certificate: it must be in PEM format, with -----BEGIN CERTIFICATE-----.`,
    ],
    [
      'a certificate in place of the key',
      { tlsCert, tlsKey: tlsCert },
      `${tlsCert} contains no key: it must be in PEM format, with -----BEGIN PRIVATE KEY-----.`,
    ],
    [
      'the key of another certificate',
      { tlsCert, tlsKey: data('other-key.pem') },
      `The certificate in ${tlsCert} does not belong to the key in ${data('other-key.pem')}.`,
    ],
    [
      'an encrypted key',
      { tlsCert, tlsKey: data('encrypted-key.pem') },
      `The key in ${data('encrypted-key.pem')} is encrypted. ` +
        'Use one without a passphrase (openssl pkey -in KEY -out PLAIN).',
    ],
  ])('%s', async (_what, options, message) => {
    await expect(setup(options)).rejects.toThrow(message);
  });
});
