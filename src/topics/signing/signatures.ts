/**
 * Signs the messages that topics send, so that subscribers can verify them. The key is created when it is first needed,
 * and belongs to the data, like the receipt secret: a signature stays valid after a restart.
 * Source: developer guide, "Verifying the signatures of Amazon SNS messages".
 */

import { createHash, createPrivateKey, generateKeyPair, type KeyObject, sign, X509Certificate } from 'node:crypto';
import { promisify } from 'node:util';
import type { Topics } from '../../storage/topics.ts';
import { selfSigned } from './certificate.ts';

/** The members of a message that its signature covers. Their order is that of the text that is signed. */
const SIGNED = ['Message', 'MessageId', 'SubscribeURL', 'Subject', 'Timestamp', 'Token', 'TopicArn', 'Type'] as const;

export type SignedMembers = { readonly [name in (typeof SIGNED)[number]]?: string | undefined };

/** The `SignatureVersion` of a topic: SHA-1 or SHA-256, with RSA and the padding of PKCS #1 v1.5. */
export type SignatureVersion = '1' | '2';

const hashes: Readonly<Record<SignatureVersion, string>> = { 1: 'RSA-SHA1', 2: 'RSA-SHA256' };

/** The name under which the key and its certificate are kept. */
const KEPT_AS = 'sns-signing-key';

const newKeyPair = promisify(generateKeyPair);
/** Signs on another thread. */
const signature = promisify(sign);

export interface Signature {
  /** In base64. */
  signature: string;
  /** The file name of the certificate, with which `SigningCertURL` ends. */
  certificateName: string;
}

interface SigningKey {
  privateKey: KeyObject;
  certificate: string;
  certificateName: string;
}

export class Signatures {
  readonly #topics: Pick<Topics, 'keep' | 'kept'>;
  #key: Promise<SigningKey> | undefined;

  constructor(topics: Pick<Topics, 'keep' | 'kept'>) {
    this.#topics = topics;
  }

  /** Signs the members of a message. The first signature of all waits for the new key, which takes some 100 ms. */
  async sign(members: SignedMembers, version: SignatureVersion): Promise<Signature> {
    const { privateKey, certificateName } = await this.#readyKey();
    const bytes = await signature(hashes[version], Buffer.from(textToSign(members)), privateKey);
    return { signature: bytes.toString('base64'), certificateName };
  }

  /** Begins to create the key, if there is none, so that the first message need not wait for it. */
  prepare(): void {
    this.#readyKey().catch(() => {});
  }

  /** Resolves to the certificate with this file name, in PEM; to undefined if there is none. */
  async certificate(name: string): Promise<string | undefined> {
    if (!this.#key && (await this.#topics.kept(KEPT_AS)) === undefined) return undefined;
    const { certificate, certificateName } = await this.#readyKey();
    return name === certificateName ? certificate : undefined;
  }

  /** After a failure of the storage, the next call tries again. */
  #readyKey(): Promise<SigningKey> {
    this.#key ??= readOrCreateKey(this.#topics).catch((error: unknown) => {
      this.#key = undefined;
      throw error;
    });
    return this.#key;
  }
}

/** The text has a line for the name of each member that the message has, and then its value. */
function textToSign(members: SignedMembers): string {
  return SIGNED.filter((name) => members[name] !== undefined)
    .map((name) => `${name}\n${members[name]}\n`)
    .join('');
}

async function readOrCreateKey(topics: Pick<Topics, 'keep' | 'kept'>): Promise<SigningKey> {
  const text = (await topics.kept(KEPT_AS)) ?? (await topics.keep(KEPT_AS, await newKeyText()));
  // Both are in one text, so that they cannot be of different keys.
  const certificate = text.slice(text.indexOf('-----BEGIN CERTIFICATE-----'));
  const hash = createHash('sha256').update(new X509Certificate(certificate).raw).digest('hex');
  return {
    privateKey: createPrivateKey(text),
    certificate,
    certificateName: `SimpleNotificationService-${hash.slice(0, 32)}.pem`,
  };
}

/** Returns a new key and its certificate in PEM, the key first. */
async function newKeyText(): Promise<string> {
  const { privateKey, publicKey } = await newKeyPair('rsa', { modulusLength: 2048 });
  return `${privateKey.export({ type: 'pkcs8', format: 'pem' })}${selfSigned(privateKey, publicKey)}`;
}
