/** Filter policies against a slow, obvious evaluator, on random policies and messages. */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FilteredMessage, parseFilterPolicy } from '../../../src/topics/filters/filter-policy.ts';
import { InvalidText } from '../../../src/topics/invalid-text.ts';
import { type Json, slowlyPasses } from './slow-evaluator.ts';

/** Few names and values, so that policies and messages often agree. */
const name = fc.constantFrom('a', 'a', 'b', 'a.b', 'b.a', 'a.b.a', 'a.', '.');
const text = fc.string({ unit: fc.constantFrom('a', 'b', 'B'), maxLength: 3 });
const number = fc.integer({ min: -2, max: 2 });
const scalar = fc.oneof(text, number, fc.boolean(), fc.constant(null));

const message: fc.Arbitrary<Json> = fc.letrec<{ value: Json; object: Json }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3, depthIdentifier: 'message' },
    scalar,
    fc.array(scalar, { maxLength: 4 }),
    fc.array(tie('value'), { maxLength: 3 }),
    tie('object'),
  ),
  object: fc.dictionary(name, tie('value'), { minKeys: 1, maxKeys: 5 }),
})).object;

const wildcard = fc.array(text, { minLength: 1, maxLength: 4 }).map((parts) => parts.join('*'));
const bound = fc.constantFrom('<', '<=', '>', '>=', '=');
const condition = fc.oneof(
  scalar,
  text.map((prefix) => ({ prefix })),
  text.map((suffix) => ({ suffix })),
  text.map((wanted) => ({ 'equals-ignore-case': wanted })),
  wildcard.map((pattern) => ({ wildcard: pattern })),
  fc.boolean().map((exists) => ({ exists })),
  fc
    .oneof(
      text,
      number,
      fc.array(text, { minLength: 1 }),
      fc.array(number, { minLength: 1 }),
      text.map((prefix) => ({ prefix })),
      wildcard.map((pattern) => ({ wildcard: pattern })),
    )
    .map((wanted) => ({ 'anything-but': wanted })),
  fc.tuple(bound, number).map((numeric) => ({ numeric })),
  fc.tuple(fc.constantFrom('>', '>='), number, fc.constantFrom('<', '<='), number).map((numeric) => ({ numeric })),
);

type Policy = { [name: string]: unknown };
const conditions = fc.array(condition, { minLength: 1, maxLength: 4 });
const depth = { maxDepth: 2, depthIdentifier: 'policy' };
const policy: fc.Arbitrary<Policy> = fc.letrec<{ policy: Policy; branches: Policy[] }>((tie) => ({
  policy: fc.oneof(
    depth,
    { weight: 3, arbitrary: fc.dictionary(name, conditions, { minKeys: 1, maxKeys: 2 }) },
    fc.dictionary(name, fc.oneof(depth, conditions, tie('policy')), { minKeys: 1, maxKeys: 2 }),
    fc.tuple(tie('policy'), tie('branches')).map(([members, $or]) => ({ ...members, $or })),
  ),
  branches: fc.array(tie('policy'), { minLength: 2, maxLength: 3 }),
})).policy;

/** Undefined if the policy is beyond a limit, or its range is empty. */
function parsed(written: Policy) {
  try {
    return parseFilterPolicy(JSON.stringify(written), 'MessageBody', '');
  } catch (error) {
    if (!(error instanceof InvalidText)) throw error;
    expect(error.message).toMatch(/too complex|more than|Bottom|Consecutive/);
    return undefined;
  }
}

describe('a filter policy', () => {
  it('agrees with the slow evaluator, and gives a reason exactly when a message does not pass', () => {
    let [passed, refused] = [0, 0];
    fc.assert(
      fc.property(policy, message, (written, value) => {
        const rules = parsed(written);
        if (!rules) return;
        const filtered = new FilteredMessage(undefined, JSON.stringify(value));
        const passes = filtered.passes(rules);
        expect(passes).toBe(slowlyPasses(written, value));
        expect(filtered.reasonAgainst(rules) === undefined).toBe(passes);
        if (passes) passed++;
        else refused++;
      }),
      { numRuns: 3000 },
    );
    // The generators make enough of both kinds.
    expect(Math.min(passed, refused)).toBeGreaterThan(200);
  });

  it('is refused with an InvalidText or accepted, whatever its JSON is', () => {
    fc.assert(
      fc.property(fc.json(), (json) => {
        for (const scope of ['MessageAttributes', 'MessageBody'] as const) {
          try {
            const rules = parseFilterPolicy(json, scope, '');
            new FilteredMessage(undefined, json).passes(rules);
          } catch (error) {
            expect(error).toBeInstanceOf(InvalidText);
          }
        }
      }),
      { numRuns: 2000 },
    );
  });
});
