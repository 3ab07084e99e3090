/** The examples of docs/more-than-one-machine.md, as far as they can be tested without containers. */

import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { readCommand } from '../../src/commands/command-line.ts';
import { SETTINGS } from '../../src/storage/postgres/opening/target.ts';
import { root, squabEnds } from '../commands/command.ts';
import { setup } from '../helpers.ts';
import { serverUrl, sql } from '../postgres.ts';
import { lack } from '../sdk/programs.ts';
import { project, runIn, snippetsOf } from './snippets.ts';

const snippets = snippetsOf('docs/more-than-one-machine.md');
const dockerfile = readFileSync(join(root, 'Dockerfile'), 'utf8');

/** Returns the options that a container starts with: those of the image, overridden by the given variables. */
function optionsWith(variables: Record<string, string>) {
  const [, block] = /^ENV ((?:.*\\\n)*.*)$/m.exec(dockerfile)!;
  const defaults = Object.fromEntries([...block!.matchAll(/(\w+)=(\S+)/g)].map(([, name, value]) => [name, value]));
  const command = readCommand([], { ...defaults, ...variables });
  if (command.kind !== 'serve') throw new Error(command.kind);
  return { ...command.options, warnings: command.warnings };
}

/** The status of `GET path` at a Squab in memory. */
async function statusOf(path: string): Promise<number> {
  const { squab } = await setup();
  return (await fetch(new URL(path, squab.url))).status;
}

describe('the Docker Compose example', () => {
  interface Service {
    environment: Record<string, string>;
    ports?: string[];
    configs?: { source: string; target: string }[];
    depends_on: Record<string, unknown>;
  }
  interface Compose {
    services: Record<string, Service>;
    configs: Record<string, { content: string }>;
    volumes: Record<string, unknown>;
  }
  const { services, configs } = parse(snippets.get('compose.yaml')!, { merge: true }) as Compose;
  const haproxy = configs.haproxy!.content;
  const nodes = Object.keys(services).filter((name) => name.startsWith('squab-'));

  it('starts two nodes on its PostgreSQL', () => {
    const { POSTGRES_USER, POSTGRES_PASSWORD, POSTGRES_DB } = services.postgres!.environment;
    expect(nodes).toEqual(['squab-1', 'squab-2']);
    for (const name of nodes) {
      const { database, data, warnings } = optionsWith(services[name]!.environment);
      expect(database).toBe(`postgres://${POSTGRES_USER}:${POSTGRES_PASSWORD}@postgres/${POSTGRES_DB}`);
      expect({ data, warnings }).toEqual({ data: undefined, warnings: [] });
    }
  });

  it('balances requests over both, at the port that it publishes', async () => {
    const [, port] = /SQUAB_PORT=(\d+)/.exec(dockerfile)!;
    const servers = [...haproxy.matchAll(/^ *server (\S+) (\S+)$/gm)].map(([, name, address]) => [name, address]);
    expect(servers).toEqual(nodes.map((name) => [name, `${name}:${port}`]));
    expect(haproxy).toMatch(new RegExp(`^ *bind :${port}$`, 'm'));
    expect(services.balancer!.ports).toEqual([`127.0.0.1:${port}:${port}`]);
    expect(services.balancer!.configs![0]!.source).toBe('haproxy');
    const [, path] = /option httpchk GET (\S+)/.exec(haproxy)!;
    expect(await statusOf(path!)).toBe(200);
  });

  it('waits for longer than a long poll takes, and than Squab keeps an idle connection', () => {
    const seconds = [...haproxy.matchAll(/timeout (?:client|server) (\d+)s/g)].map(([, number]) => Number(number));
    expect(seconds).toHaveLength(2);
    for (const one of seconds) expect(one).toBeGreaterThan(120);
  });

  const noHaproxy = lack('HAProxy', 'haproxy', ['-v']);
  it.skipIf(noHaproxy)(`has a configuration that HAProxy accepts${noHaproxy}`, async () => {
    const folder = project({ 'haproxy.cfg': haproxy.replaceAll(/(?<=squab-\d )squab-\d(?=:)/g, '127.0.0.1') });
    const { code, stderr } = await runIn(folder, 'haproxy', ['-c', '-f', 'haproxy.cfg']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  });
});

describe('the Kubernetes example', () => {
  // biome-ignore lint/suspicious/noExplicitAny: the objects of Kubernetes are trees of any shape.
  type Tree = any;
  const documents = parseAllDocuments(snippets.get('squab-on-kubernetes.yaml')!);
  const objects = documents.map((document) => document.toJS() as Tree);
  const the = (kind: string) => objects.find((one) => one.kind === kind) as Tree;
  const pod = the('Deployment').spec.template;
  const [container] = pod.spec.containers as [Tree];

  it('is valid YAML, with an object of each kind', () => {
    expect(documents.flatMap(({ errors, warnings }) => [...errors, ...warnings])).toEqual([]);
    expect(objects.map(({ kind }) => kind)).toEqual(['Secret', 'Deployment', 'Service', 'PodDisruptionBudget']);
  });

  it('has selectors that match its pods', () => {
    const { labels } = pod.metadata;
    const { selector, replicas } = the('Deployment').spec;
    expect(selector.matchLabels).toEqual(labels);
    expect(the('Service').spec.selector).toEqual(labels);
    expect(the('PodDisruptionBudget').spec.selector.matchLabels).toEqual(labels);
    expect(pod.spec.topologySpreadConstraints[0].labelSelector.matchLabels).toEqual(labels);
    expect(the('PodDisruptionBudget').spec.minAvailable).toBeLessThan(replicas);
  });

  it('starts Squab with a database that it reads from the secret', () => {
    const { name, key } = container.env.find((one: Tree) => one.valueFrom).valueFrom.secretKeyRef;
    expect(the('Secret').metadata.name).toBe(name);
    const variables = container.env.map((one: Tree) => [one.name, one.value ?? the('Secret').stringData[key]]);
    const { data, control, database, port, warnings } = optionsWith(Object.fromEntries(variables));
    expect({ data, control, warnings }).toEqual({ data: undefined, control: false, warnings: [] });
    expect(database).toMatch(/^postgres:\/\/.*sslmode=verify-full/);
    expect(port).toContain(container.ports[0].containerPort);
  });

  it('probes paths that Squab has, at the port of the container', async () => {
    for (const probe of ['startupProbe', 'readinessProbe']) {
      const { path, port } = container[probe].httpGet;
      expect(port).toBe(container.ports[0].name);
      expect(await statusOf(path)).toBe(200);
    }
    expect(container.livenessProbe.tcpSocket.port).toBe(container.ports[0].name);
    expect(the('Service').spec.ports[0].targetPort).toBe(container.ports[0].name);
  });
});

describe('the roles', () => {
  const page = readFileSync(join(root, 'docs/more-than-one-machine.md'), 'utf8');
  const [asSuperuser, asOwner, behindPooler] = [...page.matchAll(/^```sql\n([\s\S]*?)^```$/gm)].map(
    ([, text]) => text!,
  );

  it('suffice: one owns the tables, and nodes do everything with the rights of the other', async ({ skip }) => {
    const server = await serverUrl();
    if (server === undefined) return skip('No PostgreSQL server can run here.');
    // Roles and databases belong to the whole server.
    const name = `squab_${randomBytes(6).toString('hex')}`;
    const renamed = (text: string) =>
      text.replaceAll('squab_owner', `${name}_owner`).replaceAll(/(?<=\b(?:ROLE|TO|DATABASE) )squab\b/g, name);
    const urlOf = (user: string) => Object.assign(new URL(server), { username: user, pathname: name }).href;
    for (const statement of statementsOf(renamed(asSuperuser!))) await sql(server, statement);
    onTestFinished(async () => {
      await sql(server, `DROP DATABASE ${name} WITH (FORCE)`);
      for (const role of [name, `${name}_owner`]) await sql(server, `DROP ROLE ${role}`);
    });
    for (const statement of statementsOf(renamed(asOwner!))) await sql(urlOf(`${name}_owner`), statement);
    await expect(setup({ database: urlOf(name), databaseMigrate: 'no', data: undefined })).rejects.toThrow(
      /has 0 of the \d+ steps .* Run `squab migrate`/,
    );
    const migrated = await squabEnds(['migrate'], { env: { SQUAB_DATABASE: urlOf(`${name}_owner`) } });
    expect(migrated).toMatchObject({ code: 0, stdout: expect.stringContaining('those of this version') });
    const { squab, client } = await setup({ database: urlOf(name), databaseMigrate: 'no', data: undefined });
    const { call } = client('JSON');
    for (const [queue, more] of [
      ['standard', {}],
      ['ordered.fifo', { MessageGroupId: 'a', MessageDeduplicationId: 'b' }],
    ] as const) {
      const Attributes = queue.endsWith('.fifo') ? { FifoQueue: 'true' } : {};
      const { QueueUrl } = await call('CreateQueue', { QueueName: queue, Attributes });
      await call('SendMessage', { QueueUrl, MessageBody: 'hello', ...more });
      const { Messages } = await call('ReceiveMessage', { QueueUrl });
      await call('DeleteMessage', { QueueUrl, ReceiptHandle: Messages[0].ReceiptHandle });
      await call('PurgeQueue', { QueueUrl });
      await call('DeleteQueue', { QueueUrl });
    }
    await squab.stop();
  });

  it('behind a pooler has the settings that the engine checks', () => {
    const all = Object.entries(SETTINGS).map(([name, value]) => `ALTER ROLE squab SET ${name} = '${value}'`);
    expect(statementsOf(behindPooler!)).toEqual(all);
  });
});

function statementsOf(text: string): string[] {
  return text
    .split(/;\s*$/m)
    .map((one) => one.trim())
    .filter(Boolean);
}
