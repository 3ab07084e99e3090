/** Operations of SQS that Squab does not have yet. They are known, so that their absence is said plainly. */

import { SqsError } from '../../errors.ts';
import { type Operation, operation } from '../operation.ts';
import { structure } from '../shape.ts';

export const notImplemented: Operation[] = [
  'AddPermission',
  'ListDeadLetterSourceQueues',
  'ListQueueTags',
  'RemovePermission',
  'TagQueue',
  'UntagQueue',
].map((name) =>
  operation({
    name,
    summary: 'Not implemented yet.',
    input: structure({}),
    async handle() {
      throw new SqsError('UnsupportedOperation', `${name} is not implemented yet in this version of Squab.`);
    },
  }),
);
