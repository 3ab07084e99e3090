/**
 * The peers: other emulators of SQS, downloaded from their registries and kept in the scratch folder. They run in
 * their fastest configuration: in memory, and without a log of requests; fauxqs also with its database. If one is not
 * available, the output says why. `README.md` says more about each.
 */

import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { Protocol } from '../load/requests.ts';
import { npm } from '../parts/installed-size.ts';
import { firstAnswer, freePort } from '../parts/start-up.ts';
import type { Column, Sdk } from './fleet.ts';
import { carryOut, lastingFolder, processOf, run, type Server } from './servers.ts';

/** How to start a downloaded peer. */
interface Peer {
  version: string;
  /** Where it keeps messages. */
  kept?: string;
  program: string;
  /** `folder` is empty, and for its data. */
  args(port: number, folder: string): readonly string[];
  /** The only protocol that it speaks; if undefined, it speaks both. */
  protocol?: Protocol;
  /** An SDK that speaks its protocol; by default, the latest. */
  sdk?: Sdk;
}

const ELASTICMQ_VERSION = '1.7.1';
/** The latest version that the proxy of Go modules has. It speaks only the Query protocol. */
const GOAWS_VERSION = '0.4.5';
/** Of November 2023. The next one speaks JSON. */
const QUERY_SDK = '@aws-sdk/client-sqs@3.445.0';

const fetchers: Record<string, (folder: string) => Promise<Peer>> = {
  fauxqs,

  async 'fauxqs on disk'(folder) {
    const { args, ...peer } = await fauxqs(folder);
    return { ...peer, kept: 'on disk', args: (port, data) => [...args(port, data), data] };
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

  async GoAWS(folder) {
    const program = join(folder, `goaws-${GOAWS_VERSION}`);
    if (!existsSync(program)) {
      writeFileSync(join(folder, 'go.mod'), GO_MOD);
      writeFileSync(join(folder, 'main.go'), GO_MAIN);
      await carryOut('go', ['mod', 'tidy'], folder);
      await carryOut('go', ['build', '-buildvcs=false', '-o', program, '.'], folder);
    }
    writeFileSync(join(folder, 'package.json'), '{}\n');
    await npm(['install', '--no-audit', '--no-fund', QUERY_SDK], folder);
    const sdk = createRequire(join(folder, 'package.json'))('@aws-sdk/client-sqs') as Sdk;
    return { version: GOAWS_VERSION, program, args: (port) => [`${port}`], protocol: 'Query', sdk };
  },
};

/**
 * Started as a library, and put together from its parts, because its command logs every request, and both it and
 * `startFauxqs` listen on all addresses. With a second argument, a folder, it keeps messages in its database.
 */
async function fauxqs(folder: string): Promise<Peer> {
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }\n');
  await npm(['install', '--no-audit', '--no-fund', 'fauxqs@latest'], folder);
  const script = join(folder, 'start.js');
  writeFileSync(
    script,
    `import { buildApp } from 'fauxqs';
import { PersistenceManager } from './node_modules/fauxqs/dist/persistence.js';
import { S3Store } from './node_modules/fauxqs/dist/s3/s3Store.js';
import { SnsStore } from './node_modules/fauxqs/dist/sns/snsStore.js';
import { SqsStore } from './node_modules/fauxqs/dist/sqs/sqsStore.js';
const [port, folder] = process.argv.slice(2);
const stores = { sqsStore: new SqsStore(), snsStore: new SnsStore(), s3Store: new S3Store() };
if (folder) stores.sqsStore.persistence = new PersistenceManager(folder);
await buildApp({ logger: false, stores }).listen({ port: Number(port), host: '127.0.0.1' });\n`,
  );
  const { version } = JSON.parse(readFileSync(join(folder, 'node_modules/fauxqs/package.json'), 'utf8'));
  return { version, program: process.execPath, args: (port) => [script, `${port}`] };
}

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

const GO_MOD = `module peers

go 1.21

require github.com/Admiral-Piett/goaws v${GOAWS_VERSION}
`;

/** Put together from its parts, because its command logs every request with its message, and listens on all addresses. */
const GO_MAIN = `package main

import (
	"net/http"
	"os"
	"time"

	"github.com/Admiral-Piett/goaws/app"
	"github.com/Admiral-Piett/goaws/app/gosqs"
	"github.com/Admiral-Piett/goaws/app/router"
	log "github.com/sirupsen/logrus"
)

func main() {
	log.SetLevel(log.ErrorLevel)
	port := os.Args[1]
	app.CurrentEnvironment = app.Environment{Host: "127.0.0.1", Port: port, AccountID: "000000000000"}
	app.CurrentEnvironment.QueueAttributeDefaults.VisibilityTimeout = 30
	app.CurrentEnvironment.QueueAttributeDefaults.MaximumMessageSize = 262144
	go gosqs.PeriodicTasks(time.Second, make(chan struct{}))
	log.Fatal(http.ListenAndServe("127.0.0.1:"+port, router.New()))
}
`;

/** Downloads the peers; `notes` has a line about each. */
export async function peerColumns(): Promise<{ columns: Column[]; notes: string[] }> {
  const columns: Column[] = [];
  const notes: string[] = [];
  for (const [name, fetch] of Object.entries(fetchers)) {
    const folder = lastingFolder('peers', name);
    try {
      const peer = await fetch(folder);
      columns.push({ name, peer: true, deep: true, sdk: peer.sdk, start: (data) => start(name, peer, data) });
      const protocol = peer.protocol ? `, over the ${peer.protocol} protocol, the only one that it speaks` : '';
      notes.push(`${name}: version ${peer.version}, ${peer.kept ?? 'in memory'}${protocol}.`);
    } catch (error) {
      notes.push(`Not measured: ${name}. ${(error as Error).message}`);
    }
  }
  return { columns, notes };
}

async function start(name: string, { program, args, protocol }: Peer, folder: string): Promise<Server> {
  const port = await freePort();
  const child = run(program, args(port, folder));
  const url = `http://127.0.0.1:${port}`;
  await firstAnswer(url, child, protocol);
  return { name, url, ...(protocol && { protocol }), ...processOf(child) };
}
