/** Rules for every route of the control interface. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { CONTROL_PATH, routes } from '../../src/control/routes.ts';

const text = readFileSync(join(import.meta.dirname, '../../docs/control.md'), 'utf8');
const named = routes.map((route) => [`${route.method} ${route.path}`, route] as const);

it.each(named)('%s describes the parameters of its path', (_name, { path, parameters }) => {
  const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
  expect(Object.keys(parameters().shape), 'its `parameters`').toEqual(expect.arrayContaining(inPath));
});

it.each(named)('%s is documented in docs/control.md', (_name, { path }) => {
  // The page writes a parameter in capitals or with a value. The last word alone is enough beside a similar route.
  const written = new RegExp(`${CONTROL_PATH}${path.replaceAll(/\{\w+\}/g, '[\\w.-]+')}(?![\\w/-])`);
  const word = path.split('/').at(-1);
  expect(written.test(text) || text.includes(`\`${word}\``), `docs/control.md has ${CONTROL_PATH}${path}`).toBe(true);
});
