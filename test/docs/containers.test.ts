/** The examples of docs/containers.md and the Dockerfile, as far as they can be tested without a container. */

import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { root, squabServes } from '../commands/command.ts';
import { lack } from '../sdk/programs.ts';
import { project, runIn, snippetsOf } from './snippets.ts';

const snippets = snippetsOf('docs/containers.md');
const dockerfile = readFileSync(join(root, 'Dockerfile'), 'utf8');

interface Service {
  image?: string;
  ports?: string[];
  env?: Record<string, string>;
  environment?: Record<string, string>;
  options?: string;
  healthcheck?: { test: string[] };
  depends_on?: Record<string, { condition: string }>;
}

interface Job {
  services: Record<string, Service>;
  env: Record<string, string>;
  steps: Record<string, string>[];
}

const compose = parse(snippets.get('compose.yaml')!) as { services: Record<string, Service> };
const workflow = parse(snippets.get('.github/workflows/test.yml')!) as { on: string[]; jobs: Record<string, Job> };
const job = workflow.jobs.test!;

/** Returns the variables with which the image starts: its defaults, overridden by the given ones. */
const variables = (given: Record<string, string>) => {
  const [, block] = /^ENV ((?:.*\\\n)*.*)$/m.exec(dockerfile)!;
  const defaults = [...block!.matchAll(/(\w+)=(\S+)/g)].map(([, name, value]) => [name!, value!]);
  return { ...Object.fromEntries(defaults), ...given };
};

/** Exit codes of a health check when Squab answers, and when none is running. */
async function codesOf(command: readonly string[]): Promise<[healthy: number | null, sick: number | null]> {
  const { url, child, ended } = await squabServes();
  const [program, ...args] = command;
  const folder = project({});
  const check = async () => {
    const env = { PATH: `${join(folder, 'node_modules/.bin')}:${process.env.PATH}`, SQUAB_PORT: new URL(url).port };
    return (await runIn(folder, program!, args, env)).code;
  };
  const healthy = await check();
  child.kill('SIGTERM');
  await ended;
  return [healthy, await check()];
}

describe('the health check', () => {
  it('of the image distinguishes a Squab that answers from one that does not', async () => {
    const [, command] = /^HEALTHCHECK .*CMD (\[.*\])$/m.exec(dockerfile)!;
    expect(await codesOf(JSON.parse(command!))).toEqual([0, 1]);
    expect(dockerfile).toContain('ln -s /squab/dist/cli.cjs /image/usr/local/bin/squab');
  });

  it('of the Docker Compose example does too', async () => {
    const [kind, ...command] = compose.services.squab!.healthcheck!.test;
    expect(kind).toBe('CMD');
    expect(await codesOf(command)).toEqual([0, 1]);
  });

  it('of the GitHub Actions example does too', async () => {
    const [, command] = /--health-cmd "([^"]+)"/.exec(job.services.squab!.options!)!;
    expect(await codesOf(['sh', '-c', command!])).toEqual([0, 1]);
  });
});

describe('docs/containers.md', () => {
  it('points the app of the Docker Compose example at Squab, once it is healthy', () => {
    const { squab, app } = compose.services;
    const [port, ofLocalStack] = (variables({}) as Record<string, string>).SQUAB_PORT!.split(',');
    expect(squab!.ports).toEqual([`127.0.0.1:9324:${port}`]);
    expect(app!.environment!.AWS_ENDPOINT_URL_SQS).toBe(`http://squab:${port}`);
    expect(dockerfile).toContain(`EXPOSE ${port} ${ofLocalStack}\n`);
    expect(app!.depends_on).toEqual({ squab: { condition: 'service_healthy' } });
  });

  it('points the steps of the GitHub Actions example at Squab', () => {
    expect(workflow.on).toEqual(['push', 'pull_request']);
    expect(job.services.squab!.ports).toEqual([
      `9324:${(variables({}) as Record<string, string>).SQUAB_PORT!.split(',')[0]}`,
    ]);
    expect(job.env.AWS_ENDPOINT_URL_SQS).toBe('http://127.0.0.1:9324');
    expect(job.steps.at(-1)).toEqual({ run: 'npm test' });
  });

  it.each([
    ['Docker Compose', compose.services.squab!.environment!],
    ['GitHub Actions', job.services.squab!.env!],
  ])('keeps everything in memory with the variables of %s', async (_what, given) => {
    const { SQUAB_HOST, SQUAB_DATA } = variables(given) as Record<string, string>;
    const env = { SQUAB_HOST: SQUAB_HOST!, SQUAB_DATA: SQUAB_DATA! };
    const { output } = await squabServes([], { env });
    const [line] = await output(/.*"msg":"Squab is listening"/);
    expect(JSON.parse(`${line}}`)).toMatchObject({ host: '0.0.0.0', data: 'memory' });
  });

  it("has what Testcontainers' LocalStackContainer needs: a line, a port, and a script at the path of LocalStack's", async () => {
    const { SQUAB_LOCALSTACK, SQUAB_PORT } = variables({}) as Record<string, string>;
    const { output } = await squabServes([], { env: { SQUAB_LOCALSTACK: SQUAB_LOCALSTACK! } });
    await output(/Ready\.\n/);
    expect(SQUAB_PORT!.split(',')).toContain('4566');
    expect(dockerfile).toContain('cp scripts/docker-entrypoint.sh /image/usr/local/bin/');
    const script = join(root, 'scripts/docker-entrypoint.sh');
    expect(statSync(script).mode & 0o111).toBe(0o111);
    expect(readFileSync(script, 'utf8')).toMatch(/^#!\/bin\/sh\n[\s\S]*exec node \/squab\/dist\/cli\.cjs "\$@"\n$/);
  });

  it('waits in Testcontainers for the words that Squab logs', async () => {
    const [, words] = /wait_for_logs\(squab, "([^"]+)"\)/.exec(snippets.get('with_squab.py')!)!;
    const { output } = await squabServes();
    await output(new RegExp(words!));
  });

  it('has code for Testcontainers that is valid JavaScript', async () => {
    const folder = project({ 'testcontainers.mjs': snippets.get('testcontainers.mjs')! });
    const { code, stderr } = await runIn(folder, process.execPath, ['--check', 'testcontainers.mjs']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  });

  const noPython = lack('Python 3', 'python3', ['--version']);
  it.skipIf(noPython)(`and as Python${noPython}`, async () => {
    const folder = project({ 'with_squab.py': snippets.get('with_squab.py')! });
    const { code, stderr } = await runIn(folder, 'python3', ['-m', 'py_compile', 'with_squab.py']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  });
});
