/** A Squab that enforces policies, and its callers. */

import type { StartOptions } from '../../../src/index.ts';
import type { CallOptions, Fixture, Input, Output, Sign } from '../../helpers.ts';
import { OWNER, STRANGER, signedBy } from './signing.ts';

export const ROOT = { ...OWNER, accessKeyId: 'AKIDROOT', principal: 'arn:aws:iam::111122223333:root' };
export const COLLEAGUE = {
  ...OWNER,
  accessKeyId: 'AKIDCOLLEAGUE',
  principal: 'arn:aws:iam::111122223333:user/colleague',
};
export const SNS = { accessKeyId: 'AKIDSNS', secretAccessKey: 'the-secret-of-sns', principal: 'sns.amazonaws.com' };
export const enforced: StartOptions = { auth: 'policy', credentials: [OWNER, ROOT, COLLEAGUE, STRANGER, SNS] };

export const ARN = 'arn:aws:sqs:us-east-1:111122223333:q';
export const everything = { Effect: 'Allow', Principal: '*', Action: 'sqs:*', Resource: ARN };
export const unsigned: Sign = async ({ headers: { authorization: _, ...headers } }) => headers;

export type As = (operation: string, input?: Input, options?: CallOptions) => Promise<Output>;
export type Made = Fixture & Record<'owner' | 'root' | 'colleague' | 'stranger' | 'sns' | 'anonymous', As>;

/** Starts a Squab, with a function for each caller. */
export async function callers(
  fixture: (options: StartOptions) => Promise<Fixture>,
  options: StartOptions = {},
): Promise<Made> {
  const made = await fixture({ ...enforced, ...options });
  const as =
    (sign: Sign): As =>
    (operation, input, more) =>
      made.call(operation, input, { ...more, sign });
  return {
    ...made,
    owner: as(signedBy(OWNER)),
    root: as(signedBy(ROOT)),
    colleague: as(signedBy(COLLEAGUE)),
    stranger: as(signedBy(STRANGER)),
    sns: as(signedBy(SNS)),
    anonymous: as(unsigned),
  };
}

/** Creates the owner's queue `q`, with a policy of these statements; resolves to its URL. */
export async function queueWith({ owner }: Made, ...statements: Input[]): Promise<string> {
  const Policy = JSON.stringify({ Version: '2012-10-17', Statement: statements });
  const Attributes = statements.length > 0 ? { Policy } : {};
  return (await owner('CreateQueue', { QueueName: 'q', Attributes })).QueueUrl;
}

export function denied(
  user: string,
  action: string,
  why = `because no resource-based policy allows the ${action} action`,
) {
  const message = `User: ${user} is not authorized to perform: ${action} on resource: ${ARN} ${why}`;
  return { status: 403, code: 'AccessDenied', message };
}
export const BY_POLICY = 'with an explicit deny in a resource-based policy';
