/** Every operation is either grantable to other accounts or reserved for the owner. */

import { expect, it } from 'vitest';
import { operations } from '../../../src/api/sqs/index.ts';
import { grantable, ownersOnly } from '../../../src/queues/policies/permissions.ts';

const actions = [...operations.keys()].filter((name) => !name.endsWith('Batch'));

it.each(actions)('%s can either be granted to other accounts or is reserved for the owner', (action) => {
  const where = 'in one of the two sets of src/queues/policies/permissions.ts';
  expect([grantable.has(action), ownersOnly.has(action)].filter(Boolean), where).toEqual([true]);
});
