/**
 * Kills Squab (`kill -9`) again and again while clients use it. Squab must keep every promise that it has made:
 * acknowledged messages are kept, removed ones do not come back, groups stay in order, duplicates are recognized, move
 * tasks continue, and published messages are in all matching queues or in none.
 *
 * `npm run test:crash` uses SQUAB_CRASH_ROUNDS and SQUAB_CRASH_SEED. The seed decides what the clients do, and after
 * how many responses Squab is killed. It does not decide what else the machine does at that moment.
 */

import { join } from 'node:path';
import { afterAll, expect, it, onTestFinished } from 'vitest';
import { checkFolder } from '../../src/storage/sqlite/offline/check-folder.ts';
import { scratch, squabServes } from '../commands/command.ts';
import { client } from '../helpers.ts';
import { snsClient } from '../sns-client.ts';
import { randomNumbers } from '../storage/random.ts';
import { checkCounts, finalCheck, prepare, summaryOf } from './checks.ts';
import { Ledger } from './ledger.ts';
import { Load } from './load.ts';
import { Publications } from './publications.ts';
import { prepareTopics, startEndpoint } from './publishers.ts';

const rounds = Number(process.env.SQUAB_CRASH_ROUNDS ?? 50);
const seed = Number(process.env.SQUAB_CRASH_SEED ?? 1);

let summary = '';
afterAll(() => summary && console.log(summary));

it(`keeps what it acknowledged through ${rounds} kills (seed ${seed})`, {
  timeout: 60_000 + rounds * 5000,
}, async () => {
  const random = randomNumbers(seed);
  const data = join(scratch(), 'data');
  const ledger = new Ledger();
  const publications = new Publications();
  const load = new Load(ledger, publications, random);
  const { url: endpoint, delivered, stop } = await startEndpoint();
  onTestFinished(async () => void (await stop()));
  for (let round = 0; round < rounds; round++) {
    const durability = random() < 0.2 ? 'power' : 'process';
    const { child, url, ended } = await squabServes([
      '--data',
      data,
      '--durability',
      durability,
      '--confirm-http',
      '--log-level',
      'info',
    ]);
    const { call } = client('JSON', url);
    const about = `round ${round} of seed ${seed}`;
    if (round === 0) {
      await prepare(call, url, ledger);
      await prepareTopics(snsClient(url), call, endpoint);
    }
    await checkCounts(call, url, ledger, about);
    await load
      .run(client('JSON', url), url, 1 + Math.floor(random() * 200), () => child.kill('SIGKILL'))
      .catch((error: Error) => expect.fail(`${about}: ${error.message}`));
    expect(await ended, about).toMatchObject({ signal: 'SIGKILL', stderr: '' });
    expect(checkFolder(data).problems, about).toEqual([]);
  }
  await finalCheck({ data }, { ledger, publications, delivered });
  expect(checkFolder(data).problems, `at the end of seed ${seed}`).toEqual([]);
  summary = `${rounds} kills, seed ${seed}: ${summaryOf(ledger, publications)}`;
});
