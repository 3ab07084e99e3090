/** Invoke, which passes an event on to a function. */

import { CLIENT_CONTEXT_MAX } from '../../functions/lambda-limits.ts';
import { invalidMember } from '../../functions/settings.ts';
import { optional, rawBytes, required, string, structure } from '../wires/shape.ts';
import { lambdaOperation } from './lambda-operation.ts';
import { RawOutput } from './rest-wire.ts';

/**
 * "Qualifier: Length Constraints: Minimum length of 1. Maximum length of 128." Other characters are invalid in a
 * header.
 */
const QUALIFIER = /^[A-Za-z0-9$_-]{1,128}$/;

export const invoke = lambdaOperation({
  name: 'Invoke',
  summary: 'Invokes a function, and waits for its answer or not.',
  input: structure({
    FunctionName: required(string),
    Payload: required(rawBytes),
    InvocationType: optional(string),
    ClientContext: optional(string),
    Qualifier: optional(string),
  }),
  async handle(input, { caller: { account, region }, traceHeader, signal }, { invocations }) {
    const { FunctionName, Payload, InvocationType, ClientContext, Qualifier = '$LATEST' } = input;
    if (!QUALIFIER.test(Qualifier)) {
      const constraint = 'Member must satisfy regular expression pattern: (|[a-zA-Z0-9$_-]+)';
      throw invalidMember('qualifier', Qualifier, constraint);
    }
    // Asynchronous invocations keep it until they end.
    if (ClientContext !== undefined && ClientContext.length > CLIENT_CONTEXT_MAX) {
      const constraint = `Member must have length less than or equal to ${CLIENT_CONTEXT_MAX}`;
      throw invalidMember('clientContext', ClientContext, constraint);
    }
    const passedOn = {
      ...(ClientContext !== undefined && { 'x-amz-client-context': ClientContext }),
      ...(traceHeader !== undefined && { 'x-amzn-trace-id': traceHeader }),
    };
    const invoked = await invocations.invoke(
      { account, region },
      { functionName: FunctionName, type: InvocationType, payload: Payload, headers: passedOn, signal },
    );
    const { status, answer, failed } = invoked;
    if (!answer) return new RawOutput(status, {}, '');
    const error = failed ? String(answer.headers['x-amz-function-error'] ?? 'Unhandled') : undefined;
    const headers = {
      'content-type': 'application/json',
      'x-amz-executed-version': Qualifier,
      ...(error !== undefined && { 'x-amz-function-error': error }),
    };
    return new RawOutput(status, headers, answer.body.toString());
  },
});
