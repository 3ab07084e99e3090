/**
 * The peers: other emulators of SQS, fetched from where they are published and kept in the scratch folder. They run as
 * fast as they can: in memory, and without a log of requests. What cannot be had is named with the reason.
 */

import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { npm } from '../parts/installed-size.ts';
import { firstAnswer, freePort } from '../parts/start-up.ts';
import type { Column } from './fleet.ts';
import { carryOut, lastingFolder, processOf, run, type Server } from './servers.ts';

/** How to start a peer that was fetched. */
interface Peer {
  version: string;
  program: string;
  args(port: number): readonly string[];
}

const ELASTICMQ_VERSION = '1.7.1';

const fetchers: Record<string, (folder: string) => Promise<Peer>> = {
  /** Its command logs every request, and listens on all addresses; so it is started as a library. */
  async fauxqs(folder) {
    writeFileSync(join(folder, 'package.json'), '{ "type": "module" }\n');
    await npm(['install', '--no-audit', '--no-fund', 'fauxqs@latest'], folder);
    const script = join(folder, 'start.js');
    writeFileSync(
      script,
      `import { buildApp } from 'fauxqs';
await buildApp({ logger: false }).listen({ port: Number(process.argv[2]), host: '127.0.0.1' });\n`,
    );
    const { version } = JSON.parse(readFileSync(join(folder, 'node_modules/fauxqs/package.json'), 'utf8'));
    return { version, program: process.execPath, args: (port) => [script, `${port}`] };
  },

  async ElasticMQ(folder) {
    const jars = join(folder, ELASTICMQ_VERSION);
    mkdirSync(jars, { recursive: true });
    if (readdirSync(jars).length === 0) {
      writeFileSync(join(folder, 'pom.xml'), POM);
      await carryOut('mvn', ['-q', '-B', 'dependency:copy-dependencies', `-DoutputDirectory=${jars}`], folder);
    }
    await carryOut('java', ['-version'], folder);
    const args = (port: number) => [
      `-Drest-sqs.bind-port=${port}`,
      '-Drest-sqs.bind-hostname=127.0.0.1',
      '-Dnode-address.host=127.0.0.1',
      `-Dnode-address.port=${port}`,
      '-Drest-stats.enabled=false',
      ...['-cp', join(jars, '*'), 'org.elasticmq.server.Main'],
    ];
    return { version: ELASTICMQ_VERSION, program: 'java', args };
  },
};

const POM = `<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>squab</groupId>
  <artifactId>peers</artifactId>
  <version>1</version>
  <dependencies>
    <dependency>
      <groupId>org.elasticmq</groupId>
      <artifactId>elasticmq-server_2.13</artifactId>
      <version>${ELASTICMQ_VERSION}</version>
    </dependency>
  </dependencies>
</project>
`;

/** Fetches the peers; `says` has a line about each. */
export async function peerColumns(): Promise<{ columns: Column[]; says: string[] }> {
  const columns: Column[] = [];
  const says: string[] = [];
  for (const [name, fetch] of Object.entries(fetchers)) {
    const folder = lastingFolder('peers', name);
    try {
      const peer = await fetch(folder);
      columns.push({ name, peer: true, deep: true, start: () => start(name, peer) });
      says.push(`${name} ${peer.version}, in memory.`);
    } catch (error) {
      says.push(`Left out: ${name}. ${(error as Error).message}`);
    }
  }
  return { columns, says };
}

async function start(name: string, { program, args }: Peer): Promise<Server> {
  const port = await freePort();
  const child = run(program, args(port));
  const url = `http://127.0.0.1:${port}`;
  await firstAnswer(url, child);
  return { name, url, ...processOf(child) };
}
