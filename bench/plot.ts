/**
 * Draws the results of a run beside those of peers: `npm run bench:plot -- run.json speed.svg` reads the file that
 * `npm run bench:peers -- --json run.json` has written, writes a picture, and prints the same as a Markdown table.
 */

import { readFileSync, writeFileSync } from 'node:fs';
import { byCpu, ratio } from './figures.ts';
import { table } from './table.ts';

/** What is compared, by the keys of rows; times are inverted, so that further right is always better. */
const ROWS = [
  { key: 'send-json-c16', name: 'Send' },
  { key: 'send-batch-c16', name: 'Send a batch of 10' },
  { key: 'fifo-send-100', name: 'FIFO send' },
  { key: 'cycle-c16', name: 'Send, receive and delete 10' },
  { key: 'fifo-cycle-100', name: 'The same, FIFO' },
  { key: 'cycle-depth-100000', name: 'The same with 100,000 queued' },
  { key: 'empty-receive-c16', name: 'Receive nothing' },
  { key: 'attributes-c16', name: 'GetQueueAttributes' },
  { key: 'first-requests', name: 'First 300 requests', isTime: true },
] as const;

/** Each server is a colour of its own; the first is the one that all others are compared with. */
const SERVERS = [
  { key: 'fauxqs', name: 'fauxqs, in memory', colour: '#8a8f98', shape: 'line' },
  { key: 'fauxqs on disk', name: 'fauxqs, on disk', colour: '#8a8f98', shape: 'ring' },
  { key: 'ElasticMQ', name: 'ElasticMQ, in memory', colour: '#c98500', shape: 'dot' },
  { key: 'power', name: 'Squab, on disk, safe from power failures', colour: '#2a78d6', shape: 'ring' },
  { key: 'disk', name: 'Squab, on disk', colour: '#1baf7a', shape: 'dot' },
  { key: 'memory', name: 'Squab, in memory', colour: '#2a78d6', shape: 'dot' },
] as const;

type Figures = Record<string, Record<string, number[]>>;

interface Run {
  machine: { cpu: string; cores: number; node: string; squab: string };
  figures: Figures;
}

interface Line {
  name: string;
  /** How many times as much work per second of CPU time as the first server, by server; undefined if not measured. */
  ratios: (number | undefined)[];
}

/** Returns the rows that were measured on the first server. */
export function linesOf(figures: Figures): Line[] {
  return ROWS.flatMap((row) => {
    const of = figures[byCpu(row.key)] ?? {};
    const base = of[SERVERS[0].key];
    if (!base) return [];
    const ratios = SERVERS.map(({ key }) => {
      const own = of[key];
      if (!own) return undefined;
      const { median } = 'isTime' in row ? ratio(base, own) : ratio(own, base);
      return median;
    });
    return [{ name: row.name, ratios }];
  });
}

const [LEFT, RIGHT, TOP, LINE, LEGEND] = [230, 24, 34, 30, 22];
const WIDTH = 800;
/** The ends of the scale, which is logarithmic. */
const [LEAST, MOST] = [1 / 32, 32];
const TICKS = [1 / 16, 1 / 4, 1, 4, 16];

/** Returns a picture with a line for each row, and a mark for each server. It has colours for light and dark pages. */
export function pictureOf(lines: readonly Line[]): string {
  const bottom = TOP + lines.length * LINE;
  const height = bottom + 14 + Math.ceil(SERVERS.length / 2) * LEGEND;
  const xOf = (value: number) => {
    const share = Math.log(Math.min(Math.max(value, LEAST), MOST) / LEAST) / Math.log(MOST / LEAST);
    return Math.round(LEFT + share * (WIDTH - LEFT - RIGHT));
  };
  const ticks = TICKS.map((tick) => {
    const label = tick < 1 ? `1/${1 / tick}` : `${tick}×`;
    const style = tick === 1 ? 'base' : 'tick';
    return (
      `<line class="${style}" x1="${xOf(tick)}" x2="${xOf(tick)}" y1="${TOP - 6}" y2="${bottom}"/>` +
      `<text class="label" x="${xOf(tick)}" y="${TOP - 14}" text-anchor="middle">${label}</text>`
    );
  });
  const rows = lines.map(({ name, ratios }, index) => {
    const y = TOP + index * LINE + LINE / 2;
    const marks = ratios.map((value, server) => (value === undefined ? '' : mark(server, xOf(value), y)));
    return `<text x="${LEFT - 14}" y="${y + 4}" text-anchor="end">${name}</text>${marks.join('')}`;
  });
  const legend = SERVERS.map(({ name }, server) => {
    const [x, y] = [LEFT + (server % 2) * 270, bottom + 26 + Math.floor(server / 2) * LEGEND];
    return `${mark(server, x, y - 4)}<text x="${x + 14}" y="${y}">${name}</text>`;
  });
  const style =
    'text{font:13px system-ui,sans-serif;fill:#24292f}.label{fill:#6b7280}.tick{stroke:#d0d7de}.base{stroke:#8a8f98;stroke-width:2}' +
    '@media(prefers-color-scheme:dark){text{fill:#e6edf3}.tick{stroke:#30363d}}';
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" role="img">` +
    `<title>Work per second of CPU time, compared with fauxqs in memory</title><style>${style}</style>` +
    `${[...ticks, ...rows, ...legend].join('\n')}\n</svg>\n`
  );
}

function mark(server: number, x: number, y: number): string {
  const { colour, shape } = SERVERS[server]!;
  if (shape === 'line') return `<rect x="${x - 2}" y="${y - 8}" width="4" height="16" fill="${colour}"/>`;
  if (shape === 'dot') return `<circle cx="${x}" cy="${y}" r="6" fill="${colour}"/>`;
  return `<circle cx="${x}" cy="${y}" r="5" fill="none" stroke="${colour}" stroke-width="3"/>`;
}

/** Returns the same as a Markdown table. */
export function tableOf(lines: readonly Line[]): string {
  const shown = SERVERS.slice(1)
    .map(({ name }, index) => ({ name, index: index + 1 }))
    .reverse();
  return table(
    ['', ...shown.map(({ name }) => name)],
    lines.map(({ name, ratios }) => [name, ...shown.map(({ index }) => ratios[index]?.toFixed(1) ?? '–')]),
  );
}

if (process.argv[1] === import.meta.filename) {
  const [from, to] = process.argv.slice(2);
  if (!from || !to)
    throw new Error('Name the file that `npm run bench -- --json FILE` wrote, and the SVG file to write.');
  const { machine, figures } = JSON.parse(readFileSync(from, 'utf8')) as Run;
  const lines = linesOf(figures);
  writeFileSync(to, pictureOf(lines));
  const { cpu, cores, node, squab } = machine;
  console.log(
    `Squab ${squab}, Node.js ${node}, ${cpu}, ${cores} cores; compared with fauxqs in memory:\n\n${tableOf(lines)}`,
  );
}
