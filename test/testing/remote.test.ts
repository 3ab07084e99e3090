/** The methods of the control interface that a test can call on a Squab in another thread. */

import { expect, expectTypeOf, it } from 'vitest';
import type { Control } from '../../src/control/control.ts';
import { outline, type Remote } from '../../src/testing/remote.ts';
import { setup } from '../helpers.ts';

it('has the methods of the control interface, but no values, streams or callbacks, at run time and in its type', async () => {
  expectTypeOf<Remote<Control>['clock']['advance']>().returns.resolves.toHaveProperty('millis');
  expectTypeOf<Remote<Control>>().toHaveProperty('waitFor');
  expectTypeOf<Remote<Control>>().not.toHaveProperty('onReset');
  expectTypeOf<Remote<Control>['snapshots']>().not.toHaveProperty('onRestore');
  expectTypeOf<Remote<Control>['faults']>().not.toHaveProperty('seed');
  expectTypeOf<Remote<Control>['events']>().not.toHaveProperty('lastId');
  expectTypeOf<Remote<Control>['events']>().not.toHaveProperty('follow');
  const { squab } = await setup();
  const { clock, faults } = outline(squab.control);
  expect(clock).toHaveProperty('advance');
  expect(faults).not.toHaveProperty('seed');
});
