/** The command line of the benchmark. */

import { parseArgs } from 'node:util';

export interface Options {
  quick: boolean;
  /** File for all measurements. */
  json: string | undefined;
  /** Measures only rows whose key matches it. */
  rows: RegExp;
  /** Other SQS endpoints, measured in the same rounds. */
  against: { name: string; url: string }[];
  /** Folder for CPU profiles of Squab's servers. */
  cpuProf: string | undefined;
  /** Downloads the peers, and measures them too. */
  peers: boolean;
}

export const USAGE = `Usage: npm run bench -- [options]

  --quick             only check that nothing is broken: no deep queues, and rounds too short for conclusions
  --rows PATTERN      measure only rows whose key matches this regular expression; --rows list prints the keys
  --against NAME=URL  measure another SQS endpoint in the same rounds; can be repeated
  --peers             download fauxqs, ElasticMQ and GoAWS, and measure them in the same rounds (npm run bench:peers)
  --json FILE         write every figure of every round to this file
  --cpu-prof DIR      make each Squab write a CPU profile to this folder when it stops
  --help              show this help`;

const TAKEN = ['floor', 'memory', 'disk', 'power', 'fauxqs', 'fauxqs on disk', 'ElasticMQ', 'GoAWS'];

/** Throws an Error that says what is wrong with the arguments. */
export function readOptions(args: readonly string[]): Options | 'help' | 'list' {
  const { values } = parseArgs({
    args: [...args],
    options: {
      quick: { type: 'boolean', default: false },
      rows: { type: 'string' },
      against: { type: 'string', multiple: true, default: [] },
      peers: { type: 'boolean', default: false },
      json: { type: 'string' },
      'cpu-prof': { type: 'string' },
      help: { type: 'boolean' },
    },
  });
  if (values.help) return 'help';
  if (values.rows === 'list') return 'list';
  const { quick, json, peers, 'cpu-prof': cpuProf } = values;
  return { quick, json, peers, cpuProf, rows: pattern(values.rows ?? ''), against: endpoints(values.against) };
}

function pattern(text: string): RegExp {
  try {
    return new RegExp(text, 'i');
  } catch (error) {
    throw new Error(`--rows must be a regular expression, not ${JSON.stringify(text)}: ${(error as Error).message}.`);
  }
}

function endpoints(texts: readonly string[]): Options['against'] {
  const taken = new Set(TAKEN);
  return texts.map((text) => {
    const [, name, url] = /^([^=]+)=(http:\/\/.+)$/.exec(text) ?? [];
    if (name === undefined || url === undefined || !URL.canParse(url)) {
      throw new Error(`--against must be NAME=URL, such as old=http://127.0.0.1:9324, not ${JSON.stringify(text)}.`);
    }
    if (taken.has(name)) throw new Error(`--against ${text}: the name ${name} is already in use. Choose another.`);
    taken.add(name);
    return { name, url };
  });
}
