/** The issue forms follow GitHub's rules. GitHub hides a form that does not. */

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { parse } from 'yaml';

const folder = join(import.meta.dirname, '../../.github/ISSUE_TEMPLATE');
const forms = readdirSync(folder).filter((file) => file !== 'config.yml');

interface Part {
  type: string;
  id?: string;
  attributes: { label?: string; value?: string; description?: string };
}

it.each(forms)('%s has a name, a description, and fields with unique IDs and labels', (file) => {
  const { name, description, body } = parse(readFileSync(join(folder, file), 'utf8')) as {
    name: string;
    description: string;
    body: Part[];
  };
  expect(name).toMatch(/\w/);
  expect(description).toMatch(/\w/);
  const asked = body.filter(({ type }) => type !== 'markdown');
  expect(new Set(asked.map(({ id }) => id)).size).toBe(asked.length);
  expect(new Set(asked.map(({ attributes }) => attributes.label)).size).toBe(asked.length);
  for (const { type, id } of asked) {
    expect(['input', 'textarea', 'dropdown', 'checkboxes']).toContain(type);
    expect(id).toMatch(/^[\w-]+$/);
  }
});
