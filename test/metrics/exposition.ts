/** Scrapes and parses metrics as Prometheus would. */

export interface Scrape {
  /** The type of each family, by its name. */
  types: ReadonlyMap<string, string>;
  /** The value of each sample, by its name and labels as they are written: `name{a="b"}`. */
  samples: ReadonlyMap<string, number>;
}

const LINE = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(\{(?:[a-zA-Z_]\w*="(?:[^"\\\n]|\\["\\n])*",?)*\})? (\S+)$/;

/** Throws if a line is not in the text format, or if a sample occurs twice or before its type. */
export async function scrape(url: string): Promise<Scrape> {
  const response = await fetch(`${url}/metrics`);
  if (!response.ok) throw new Error(`${response.status} ${await response.text()}`);
  const types = new Map<string, string>();
  const samples = new Map<string, number>();
  for (const line of (await response.text()).split('\n')) {
    const [, family, type] = /^# TYPE (\S+) (\S+)$/.exec(line) ?? [];
    if (family) types.set(family, type!);
    if (line === '' || line.startsWith('# ')) continue;
    const [, name, labels = '', value] = LINE.exec(line) ?? [];
    if (name === undefined) throw new Error(`Not a sample: ${line}`);
    if (!types.has(name) && !types.has(name.replace(/_(sum|count|bucket)$/, ''))) throw new Error(`No type: ${line}`);
    if (samples.has(name + labels)) throw new Error(`A second sample of the same name: ${line}`);
    samples.set(name + labels, Number(value));
  }
  return { types, samples };
}
