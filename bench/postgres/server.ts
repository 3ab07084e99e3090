/**
 * The PostgreSQL servers of the benchmark, one for each contender, so that the work of one (also what autovacuum does
 * afterwards) is not counted for another. They write to disk as a server does by default: fsync and
 * synchronous_commit are on.
 */

import { readdirSync, readFileSync } from 'node:fs';
import pg from 'pg';
import { newFolder, startServer as startPostgres } from '../../test/postgres-server.ts';
import { lastingFolder } from '../servers/servers.ts';

/** A server on this machine. */
export interface DatabaseServer {
  /** Of an empty database. */
  url: string;
  version: string;
  /** CPU time that all its processes have used so far, in milliseconds. */
  cpuMs(): number;
  end(): Promise<void>;
}

/** No checkpoint in the middle of a round. */
const SETTINGS = ['max_connections=200', 'max_wal_size=8GB', 'checkpoint_timeout=30min'];

/** Starts a server with an empty database. */
export async function startServer(): Promise<DatabaseServer> {
  const folder = newFolder(lastingFolder('postgres'));
  const settings = SETTINGS.flatMap((setting) => ['-c', setting]);
  const { url, pid, stop } = await startPostgres(settings, folder);
  const kill = () => process.kill(pid, 'SIGQUIT');
  process.on('exit', kill);
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  const { rows } = await client.query('SHOW server_version');
  await client.end();
  return {
    ...{ url, version: `PostgreSQL ${rows[0].server_version}`, cpuMs: () => cpuMsOf(pid) },
    async end() {
      process.off('exit', kill);
      await stop();
    },
  };
}

/**
 * The CPU time of a server: of its processes that run, and of those that have ended, which Linux counts for the process
 * that started them.
 */
export function cpuMsOf(postmaster: number): number {
  let nanoseconds = 0;
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      const stat = statOf(pid);
      if (Number(pid) !== postmaster && stat.parent !== postmaster) continue;
      nanoseconds += Number(readFileSync(`/proc/${pid}/schedstat`, 'utf8').split(' ', 1)[0]);
      if (Number(pid) === postmaster) nanoseconds += stat.ended * 1e7;
    } catch {
      // It has ended since it was listed.
    }
  }
  return nanoseconds / 1e6;
}

/** The parent of a process, and the time of its children that have ended, in hundredths of a second. */
function statOf(pid: string): { parent: number; ended: number } {
  const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
  // The name of the program, in parentheses, may contain spaces.
  const fields = text
    .slice(text.lastIndexOf(')') + 2)
    .split(' ')
    .map(Number);
  return { parent: fields[1]!, ended: fields[13]! + fields[14]! };
}
