/**
 * Authenticates and authorises requests, for `--auth sigv4` and `--auth policy`.
 * Source: IAM User Guide, "AWS Signature Version 4 for API requests"; order of checks and errors as observed on the
 * service.
 */

import { timingSafeEqual } from 'node:crypto';
import { SqsError } from '../../errors.ts';
import { type Asker, checkAccess, notSigned } from '../../queues/policies/access.ts';
import type { Context } from '../../queues/policies/context.ts';
import { principalOf } from '../../queues/policies/principal.ts';
import type { Credentials, KnownCredential } from '../../settings/credentials.ts';
import { textOf } from '../headers.ts';
import { callerOf, type Defaults, regionOfHost } from '../names.ts';
import type { Call, Operation } from '../operation.ts';
import type { Request, Wire } from '../wire.ts';
import { conditionKeys, isSecure } from './condition-keys.ts';
import type { Identity } from './identity.ts';
import { basicFormat, oldSignature, type Signature, signatureIn } from './signature.ts';
import {
  canonicalRequest,
  headerValues,
  readableCanonicalRequest,
  type SignedRequest,
  sha256,
  signatureOf,
  signingKey,
  stringToSign,
} from './sigv4.ts';

/** "Requests must be signed within 15 minutes of the time of the service", in milliseconds. */
const SKEW_MS = 15 * 60_000;

/** A wrong signature, with what the client should have signed, so that users can find out where theirs differs. */
export class WrongSignature extends SqsError {
  readonly canonicalRequest: string;
  readonly stringToSign: string;

  constructor(computed: { canonicalRequest: string; stringToSign: string }, message: string) {
    super('SignatureDoesNotMatch', message);
    this.canonicalRequest = computed.canonicalRequest;
    this.stringToSign = computed.stringToSign;
  }
}

export interface GuardOptions {
  credentials: Credentials;
  /** Whether to enforce queue policies. */
  policies: boolean;
  /** The region of requests whose host names none, and the account of unsigned requests. */
  defaults: Defaults;
  /** Whether to trust `X-Forwarded-Proto` and `X-Forwarded-For`. */
  trustProxy: boolean;
  /** The machine's time in milliseconds, with which signing times are compared. Squab's own clock may differ. */
  machineTime(): number;
  /** The time in milliseconds with which the expiry of credentials is compared. */
  now(): number;
}

export class Guard {
  readonly #options: GuardOptions;
  /**
   * The latest signing key of each access key and service. It changes once a day, and deriving it is the slowest step
   * here.
   */
  readonly #keys = new Map<string, { date: string; region: string; key: Buffer }>();

  constructor(options: GuardOptions) {
    this.#options = options;
  }

  /**
   * Returns the caller's identity. Throws `IncompleteSignature`, `InvalidSecurity`, `InvalidClientTokenId`,
   * `ExpiredToken`, `SignatureDoesNotMatch`; without policies also `AccessDenied`, for an unsigned request, unless the
   * operation needs no signature.
   */
  authenticate(request: Request, wire: Wire, service: string, operation: Operation | undefined): Identity {
    const signature = signatureIn(request);
    if (!signature) return this.#anonymous(request, wire, operation?.unsigned === true);
    const credential = this.#options.credentials.get(signature.accessKeyId);
    if (!credential || !sameToken(credential, signature)) {
      throw new SqsError('InvalidClientTokenId', 'The security token included in the request is invalid.');
    }
    if (credential.expiresAt !== undefined && credential.expiresAt <= this.#options.now()) {
      throw new SqsError('ExpiredToken', 'The security token included in the request is expired');
    }
    this.#checkScope(signature, request, service);
    checkTime(signature, this.#options.machineTime());
    const signed = { ...request, rawHeaders: request.raw.rawHeaders };
    checkPath(request);
    checkSignedHeaders(signature, signed);
    checkSignature(signature, this.#keyFor(credential, signature), signed);
    return {
      caller: { account: credential.account, region: signature.scope.region, isSigned: true },
      principal: principalOf(credential.principal),
      accessKeyId: credential.accessKeyId,
      temporary: credential.sessionToken !== undefined,
    };
  }

  /** The scope has been checked, so that there are no more services than Squab has. */
  #keyFor({ accessKeyId, secretAccessKey }: KnownCredential, { scope }: Signature): Buffer {
    const { date, region, service } = scope;
    const place = `${service} ${accessKeyId}`;
    const latest = this.#keys.get(place);
    if (latest?.date === date && latest.region === region) return latest.key;
    const key = signingKey(secretAccessKey, scope);
    this.#keys.set(place, { date, region, key });
    return key;
  }

  #anonymous(request: Request, wire: Wire, isAllowed: boolean): Identity {
    if (wire.hasOldSignature?.()) throw oldSignature();
    if (!this.#options.policies && !isAllowed) throw notSigned(this.#urlOf(request));
    const caller = callerOf({ host: hostOf(request) }, this.#options.defaults);
    return { caller, principal: undefined, accessKeyId: undefined, temporary: false };
  }

  #checkScope({ scope, timestamp }: Signature, request: Request, service: string): void {
    const region = regionOfHost(hostOf(request)) ?? this.#options.defaults.region;
    if (scope.terminator !== 'aws4_request') {
      throw mismatch(`Credential should be scoped with a valid terminator: 'aws4_request', not '${scope.terminator}'.`);
    }
    if (scope.service !== service) throw mismatch(`Credential should be scoped to correct service: '${service}'.`);
    if (scope.region !== region) {
      throw mismatch(`Credential should be scoped to a valid region, not '${scope.region}'.`);
    }
    const day = timestamp.slice(0, 8);
    if (scope.date === day) return;
    throw mismatch(
      'Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: ' +
        `'${scope.date}' != '${day}', from '${timestamp}'.`,
    );
  }

  /**
   * Throws `AccessDenied`, or `QueueDoesNotExist` for GetQueueUrl, if a policy denies the request, or if no policy
   * allows it and the caller is not in the queue's account.
   */
  async authorise(request: Request, identity: Identity, operation: Operation, input: unknown, call: Call) {
    if (!this.#options.policies) return;
    const { trustProxy } = this.#options;
    let keys: Context | undefined;
    const asker: Asker = {
      principal: identity.principal,
      context(queueName) {
        keys ??= conditionKeys(request, identity, { input, queueName }, call, trustProxy);
        return keys;
      },
      url: this.#urlOf(request),
    };
    await checkAccess(call.env, asker, operation.needs(input, call));
  }

  #urlOf(request: Request): string {
    return `${isSecure(request, this.#options.trustProxy) ? 'https' : 'http'}://${hostOf(request) ?? ''}${request.path}`;
  }
}

function hostOf({ headers }: Request): string | undefined {
  return textOf(headers, 'host');
}

function sameToken({ sessionToken: known }: KnownCredential, { sessionToken: given }: Signature): boolean {
  if (known === undefined || given === undefined) return known === given;
  // Compares digests, since a comparison in constant time requires equal lengths.
  return timingSafeEqual(Buffer.from(sha256(Buffer.from(known))), Buffer.from(sha256(Buffer.from(given))));
}

function checkTime({ timestamp, signedAt, expiresSeconds }: Signature, now: number): void {
  const skew = ['15 min.', SKEW_MS] as const;
  const [lifetime, lifetimeMs] =
    expiresSeconds === undefined ? skew : ([`${expiresSeconds} sec.`, expiresSeconds * 1000] as const);
  if (signedAt < now - lifetimeMs) {
    const bound = basicFormat(now - lifetimeMs);
    throw mismatch(`Signature expired: ${timestamp} is now earlier than ${bound} (${basicFormat(now)} - ${lifetime})`);
  }
  if (signedAt > now + SKEW_MS) {
    const bound = basicFormat(now + SKEW_MS);
    throw mismatch(
      `Signature not yet current: ${timestamp} is still later than ${bound} (${basicFormat(now)} + 15 min.)`,
    );
  }
}

/**
 * Unsigned headers could be changed in transit. The session token may be unsigned, since it is compared separately.
 */
function checkSignedHeaders({ signedHeaders }: Signature, { rawHeaders }: SignedRequest): void {
  const signed = new Set(signedHeaders);
  if (!signed.has('host')) {
    throw mismatch("'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.");
  }
  const unsigned = rawHeaders
    .filter((_text, index) => index % 2 === 0)
    .map((name) => name.toLowerCase())
    .filter((name) => name.startsWith('x-amz-') && name !== 'x-amz-security-token' && !signed.has(name));
  if (unsigned.length === 0) return;
  throw mismatch(`'${unsigned[0]}' must be a 'SignedHeader' in the AWS Authorization.`);
}

/** The signature covers the path without its dot segments, but the queue is looked up by the path as received. */
function checkPath({ path }: Request): void {
  if (/\/\.\.?(\/|$)/.test(path)) throw mismatch('The path of a signed request must not contain `.` or `..` segments.');
}

function checkSignature(signature: Signature, key: Buffer, request: SignedRequest): void {
  const { scope, timestamp, signedHeaders } = signature;
  const text = stringToSign(timestamp, scope, canonicalRequest(request, signedHeaders));
  const expected = signatureOf(key, text);
  const given = /^[0-9a-f]{64}$/.test(signature.signature) ? Buffer.from(signature.signature, 'hex') : undefined;
  const statedHash = headerValues(request.rawHeaders).get('x-amz-content-sha256') ?? '';
  // This also rejects `UNSIGNED-PAYLOAD`: SQS's clients sign the body.
  const isBody = statedHash === '' || statedHash === sha256(request.body);
  if (given && timingSafeEqual(expected, given) && isBody) return;
  throw new WrongSignature(
    { canonicalRequest: readableCanonicalRequest(request, signedHeaders), stringToSign: text },
    'The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key ' +
      'and signing method. Consult the service documentation for details.',
  );
}

function mismatch(message: string): SqsError {
  return new SqsError('SignatureDoesNotMatch', message);
}
