/** Values far longer than SQS accepts: the response must not be as long, in any place of any operation's input. */

import { describe, expect, it } from 'vitest';
import { operations } from '../../src/api/operations/index.ts';
import { queryForm } from '../query-client.ts';
import { contentOf, FORM, withQueues } from './ask.ts';
import { complete, jsonWith, placesIn } from './places.ts';

/** Characters that XML and JSON escape. */
const LONG = '"<'.repeat(100_000);
/** An error quotes up to 10,000 characters, which XML writes as up to 60,000. */
const ANSWER_MAX = 70_000;

const names = [...operations.keys()];

describe('a long value in any place of the input', () => {
  it.each(names)('of %s does not make the response long on the JSON wire', async (name) => {
    const made = await withQueues();
    const headers = { 'x-amz-target': `AmazonSQS.${name}` };
    const sample = complete(name);
    for (const place of placesIn(operations.get(name)!.input, sample)) {
      for (const value of [LONG, [LONG], { [LONG]: LONG }]) {
        const body = jsonWith(sample, place, JSON.stringify(value));
        expect((await contentOf(made, { headers, body })).length).toBeLessThan(ANSWER_MAX);
      }
    }
  });

  it.each(names)('of %s does not make the response long on the Query wire', async (name) => {
    const made = await withQueues();
    const pairs = [...new URLSearchParams(queryForm(name, complete(name)).toString())];
    for (const index of pairs.keys()) {
      const long = pairs.map(([key, value], at): [string, string] => [key, at === index ? LONG : value]);
      const body = new URLSearchParams(long).toString();
      expect((await contentOf(made, { headers: { 'content-type': FORM }, body })).length).toBeLessThan(ANSWER_MAX);
    }
  });
});
