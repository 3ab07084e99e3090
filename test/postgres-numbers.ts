/** A table of numbers for the tests of lanes, on connections that go through a proxy. */

import type { Lane } from '../src/storage/postgres/lanes.ts';
import { openChecked } from '../src/storage/postgres/open.ts';
import { targetOf } from '../src/storage/postgres/opening/target.ts';
import { Sessions } from '../src/storage/postgres/sessions.ts';
import { statement } from '../src/storage/postgres/statement.ts';
import { sql } from './postgres.ts';
import { type DatabaseProxy, proxyOf } from './postgres-proxy.ts';

export const ADD = statement<{ x: number }>('INSERT INTO public.numbers VALUES ($1) RETURNING x');
export const READ = statement<{ x: number }>('SELECT x FROM public.numbers ORDER BY x');

export interface Numbers {
  proxy: DatabaseProxy;
  sessions: Sessions;
  lane: Lane;
  /** The faults that the sessions have reported, and undefined for each end of one. */
  faults: (string | undefined)[];
  close(): Promise<void>;
}

/** Makes an empty table, and a lane of two connections to its database. */
export async function openNumbers(url: string): Promise<Numbers> {
  await sql(url, 'DROP TABLE IF EXISTS public.numbers; CREATE TABLE public.numbers (x bigint PRIMARY KEY)');
  const proxy = await proxyOf(url);
  const sessions = new Sessions(targetOf({ url: proxy.url }), openChecked);
  const faults: (string | undefined)[] = [];
  sessions.faults.onFault((fault) => faults.push(fault?.message));
  return {
    ...{ proxy, sessions, lane: sessions.lane(2), faults },
    async close() {
      proxy.restore();
      await sessions.close();
      await proxy.close();
    },
  };
}

/** Resolves to the numbers in the table. */
export async function storedIn(url: string): Promise<number[]> {
  return (await sql<{ x: string }>(url, READ.text)).map(({ x }) => Number(x));
}
