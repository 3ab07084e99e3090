/** For every operation it is decided whether other accounts can be permitted to call it. */

import { expect, it } from 'vitest';
import { operations } from '../../../src/api/operations/index.ts';
import { ownersOnly, permissible } from '../../../src/queues/policies/permissions.ts';

const actions = [...operations.keys()].filter((name) => !name.endsWith('Batch'));

it.each(actions)('%s is either permissible or only for the owner of the queue', (action) => {
  const where = 'in one of the two sets of src/queues/policies/permissions.ts';
  expect([permissible.has(action), ownersOnly.has(action)].filter(Boolean), where).toEqual([true]);
});
