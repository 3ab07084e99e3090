/**
 * The benchmark of the engine for PostgreSQL: `npm run bench:postgres -- --help`.
 *
 * Squab's engine, pgmq, pg-boss and graphile-worker do the same work, each in a process of its own, on a PostgreSQL
 * server of its own. Rounds are interleaved, and only ratios of the same rounds mean anything. The steadiest figure is
 * the CPU time of the database per message. Linux only.
 */

import { writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import packageJson from '../../package.json' with { type: 'json' };
import { Figures } from '../figures.ts';
import { leaveNothingBehind } from '../servers/servers.ts';
import { judge, verdictTable } from '../verdicts.ts';
import { Contenders } from './contenders.ts';
import { HTTP_ROWS } from './over-http.ts';
import { FULL, QUICK } from './rounds.ts';
import { ROWS } from './rows.ts';
import { TARGETS } from './targets.ts';

const USAGE = `Usage: npm run bench:postgres -- [options]

  --quick         only check that nothing is broken: small queues, and rounds too short for conclusions
  --rows PATTERN  measure only rows whose name matches this regular expression; --rows list prints the names
  --no-peers      do not download and measure pgmq, pg-boss and graphile-worker
  --json FILE     write every figure of every round to this file
  --help          show this help`;

const rows = [...ROWS, ...HTTP_ROWS];

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      ...{ quick: { type: 'boolean' }, rows: { type: 'string', default: '' }, json: { type: 'string' } },
      ...{ peers: { type: 'boolean', default: true }, help: { type: 'boolean' } },
    },
    allowNegative: true,
  });
  if (values.help) return console.log(USAGE);
  if (values.rows === 'list') return console.log(rows.map(({ name }) => name).join('\n'));
  const wanted = new RegExp(values.rows);
  const plan = values.quick ? QUICK : FULL;
  const contenders = await Contenders.prepare(values.peers);
  const { version } = await contenders.database('squab');
  console.log(
    [
      `Machine: ${cpus()[0]?.model.trim()}, ${cpus().length} cores. Node.js ${process.version}. ${version}.`,
      `Squab ${packageJson.version}. ${plan.rounds} rounds of ${plan.roundMs} ms; 16 loops in each process.`,
      'Figures are medians (lowest–highest). Only ratios within one run are meaningful.',
      ...contenders.notes,
    ].join('\n'),
  );
  const figures = new Figures();
  for (const { title, measure } of rows.filter(({ name }) => wanted.test(name))) {
    console.log(`\n${title}:\n\n${await measure(contenders, plan, figures)}`);
  }
  await contenders.end();
  const verdicts = judge(TARGETS, figures);
  console.log(`\n${verdictTable(verdicts)}`);
  if (values.json) writeFileSync(values.json, `${JSON.stringify({ figures, verdicts }, null, 2)}\n`);
}

leaveNothingBehind();
try {
  await main();
  process.exit();
} catch (error) {
  console.error(process.env.DEBUG ? error : `bench: ${(error as Error).message}`);
  process.exit(1);
}
