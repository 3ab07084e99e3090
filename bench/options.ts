/** What the command line asks the benchmark for. */

import { parseArgs } from 'node:util';

export interface Options {
  quick: boolean;
  /** File for everything that was measured. */
  json: string | undefined;
  /** Only rows whose key it matches. */
  rows: RegExp;
  /** Other SQS endpoints, measured in the same rounds. */
  against: { name: string; url: string }[];
  /** Folder for CPU profiles of Squab's servers. */
  cpuProf: string | undefined;
  /** Fetch the peers, and measure them too. */
  peers: boolean;
}

export const USAGE = `Usage: npm run bench -- [options]

  --quick             rounds that are too short for a decision, and no deep queues: is anything broken?
  --rows PATTERN      only rows whose key matches this regular expression; --rows list prints the keys
  --against NAME=URL  measure another SQS endpoint in the same rounds; may be repeated
  --peers             fetch fauxqs and ElasticMQ, and measure them in the same rounds (npm run bench:peers)
  --json FILE         write every figure of every round to this file
  --cpu-prof DIR      have each Squab write a CPU profile there when it ends
  --help              print this`;

const TAKEN = ['floor', 'memory', 'disk', 'power', 'fauxqs', 'ElasticMQ'];

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
    throw new Error(`--rows cannot be ${JSON.stringify(text)}: ${(error as Error).message}.`);
  }
}

function endpoints(texts: readonly string[]): Options['against'] {
  const taken = new Set(TAKEN);
  return texts.map((text) => {
    const [, name, url] = /^([^=]+)=(http:\/\/.+)$/.exec(text) ?? [];
    if (name === undefined || url === undefined || !URL.canParse(url)) {
      throw new Error(
        `--against cannot be ${JSON.stringify(text)}: must be NAME=URL, such as old=http://127.0.0.1:9324.`,
      );
    }
    if (taken.has(name)) throw new Error(`--against cannot be ${JSON.stringify(text)}: the name ${name} is taken.`);
    taken.add(name);
    return { name, url };
  });
}
