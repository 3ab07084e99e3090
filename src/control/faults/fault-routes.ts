/** Routes of fault rules. */

import { z } from 'zod';
import { type Route, route } from '../route.ts';
import { listedRule, ruleShape, seedShape } from './fault-shapes.ts';
import type { FaultControl } from './faults.ts';

const idParameter = () => z.object({ id: z.string().min(1).max(80) });
const all = () => z.object({ seed: seedShape(), rules: z.array(listedRule()) });
const overview = (faults: FaultControl) => ({ seed: faults.seed, rules: faults.list() });

export const faultRoutes: readonly Route[] = [
  route({
    method: 'GET',
    path: '/faults',
    summary: 'Lists the fault rules, each with how many requests it matched and how many triggered it.',
    answer: all,
    handle: ({ faults }) => overview(faults),
  }),
  route({
    method: 'POST',
    path: '/faults',
    summary: 'Adds a fault rule.',
    body: ruleShape,
    answer: listedRule,
    handle: ({ faults }, { body }) => faults.add(body),
  }),
  route({
    method: 'PUT',
    path: '/faults/{id}',
    summary: 'Adds a fault rule with this ID, or replaces the existing one.',
    parameters: idParameter,
    body: ruleShape,
    answer: listedRule,
    handle: ({ faults }, { parameters, body }) => faults.put(parameters.id, body),
  }),
  route({
    method: 'DELETE',
    path: '/faults/{id}',
    summary: 'Removes a fault rule.',
    parameters: idParameter,
    answer: () => z.object({ removed: z.string() }),
    handle({ faults }, { parameters }) {
      faults.remove(parameters.id);
      return { removed: parameters.id };
    },
  }),
  route({
    method: 'DELETE',
    path: '/faults',
    summary: 'Removes all fault rules.',
    answer: all,
    handle({ faults }) {
      faults.clear();
      return overview(faults);
    },
  }),
  route({
    method: 'POST',
    path: '/faults/seed',
    summary: 'Sets the common seed and restarts every fault rule, with its counts at 0.',
    body: () => z.strictObject({ seed: seedShape() }),
    answer: all,
    handle({ faults }, { body }) {
      faults.reseed(body.seed);
      return overview(faults);
    },
  }),
];
