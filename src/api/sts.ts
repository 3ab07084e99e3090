/**
 * The one operation of STS that Squab has: frameworks and infrastructure tools call it before anything else.
 * Source: AWS STS API reference, GetCallerIdentity.
 */

import { SqsError } from '../errors.ts';
import { operation } from './operation.ts';
import { operationTable, type Service } from './service.ts';
import { optional, string, structure } from './wires/shape.ts';

/**
 * Returns the caller as SQS sees it: with `--auth`, the principal that signed the request; otherwise the root user of the
 * account that the access key stands for. Throws `AccessDenied` for an unsigned request if signatures are checked.
 */
const getCallerIdentity = operation({
  name: 'GetCallerIdentity',
  summary: 'Returns the account, the ARN and the user ID of the caller.',
  input: structure({}),
  output: structure({ Arn: optional(string), UserId: optional(string), Account: optional(string) }),
  // AWS: "No permissions are required to perform this operation."
  needs: () => [],
  async handle(_input, { caller, identity }) {
    if (!identity)
      return { Arn: `arn:aws:iam::${caller.account}:root`, UserId: caller.account, Account: caller.account };
    const { principal } = identity;
    if (!principal) throw new SqsError('AccessDenied', 'The request must be signed: its caller is unknown.');
    return {
      Arn: principal.arn,
      UserId: principal.userName ?? principal.account ?? principal.arn,
      Account: principal.account ?? caller.account,
    };
  },
});

export const sts: Service = {
  name: 'sts',
  target: 'AWSSecurityTokenServiceV20110615',
  query: { version: '2011-06-15', namespace: 'https://sts.amazonaws.com/doc/2011-06-15/', hasDetail: true },
  operations: operationTable([getCallerIdentity]),
};
