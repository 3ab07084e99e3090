/**
 * The shell commands of the README and the pages beside it work when a reader pastes them, block by block, into bash or
 * an interactive zsh (which does not support comments by default). Commands that would install packages or build an
 * image are not run; only their syntax is checked.
 */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { freePort, root, run } from '../commands/command.ts';
import { lack } from '../sdk/programs.ts';
import { project } from './snippets.ts';
import { lackOf, type ShellName, shellNames, Terminal } from './terminal.ts';

const pages = [
  'README.md',
  ...['clients', 'credentials', 'data-on-disk', 'limits', 'options', 'web-pages'].map((name) => `docs/${name}.md`),
];

interface Block {
  code: string;
  /** The output according to the page. */
  printed: string | undefined;
}

const blocksOf = (page: string): Block[] =>
  [
    ...readFileSync(join(root, page), 'utf8').matchAll(/^```sh\n([\s\S]*?)^```$(?:\n+```text\n([\s\S]*?)\n```$)?/gm),
  ].map(([, code, printed]) => ({ code: code!, printed }));

/** `npm ci && npm start` in a clone, `npm install …`, `docker build …`. */
const installs = ({ code }: Block) => /^(npm (ci|install)|docker)\b/m.test(code);
/** Its last command is a server, which runs until it is stopped. */
const serves = ({ code }: Block) => /^(npm start|npx squab)\b/.test(code.trimEnd().split('\n').at(-1)!);

/** Clients that a block may need. If one is missing, the blocks that use it are skipped. */
const missing = ['aws', 'curl', 'openssl'].filter((name) =>
  lack(name, name, [name === 'openssl' ? 'version' : '--version']),
);
const canRun = ({ code }: Block) => !missing.some((name) => new RegExp(`\\b${name} `).test(code));
const leftOut = missing.length === 0 ? '' : ` (without those that use ${missing.join(', ')}: this machine has none)`;

/** Errors of a shell, of a failed command, and of SQS, which curl treats as success. */
const COMPLAINTS = new RegExp(
  [
    ...['command not found', 'parse error', 'syntax error', 'no matches found', 'event not found', 'bad pattern'],
    ...['\\[failed \\d+\\]', '\\[unfinished\\]', '<Error>', '"error":'],
  ].join('|'),
  'i',
);

/** A reader's terminals, in a folder where `npm start` and `npx squab` start the built Squab. */
async function terminals(shell: ShellName) {
  const port = await freePort();
  const folder = project({ 'package.json': JSON.stringify({ private: true, scripts: { start: 'squab' } }) });
  const env = { SQUAB_PORT: String(port), npm_config_update_notifier: 'false', npm_config_offline: 'true' };
  const [server, client] = [new Terminal(shell, folder, env), new Terminal(shell, folder, env)];
  let isServing = false;
  const stop = async () => {
    if (isServing) await server.interrupt();
    isServing = false;
  };
  const serve = async (code: string) => {
    await stop();
    await server.pasteUntil(`://127.0.0.1:${port}`, code);
    isServing = true;
  };
  const paste = async (code: string) => {
    if (!isServing) await serve('npx squab');
    return await client.paste(code.replaceAll('9324', String(port)));
  };
  return { serve, paste, stop };
}

describe.each(shellNames)('pasted into %s', (shell) => {
  const lacking = lackOf(shell);

  it.skipIf(lacking).each(pages)(
    `the commands of %s work${leftOut}${lacking}`,
    async (page) => {
      const { serve, paste, stop } = await terminals(shell);
      for (const block of blocksOf(page).filter((one) => !installs(one) && canRun(one))) {
        if (serves(block)) {
          await serve(block.code);
          continue;
        }
        const output = await paste(block.code);
        if (block.printed) expect(output).toContain(block.printed);
        const isRefused = block.printed?.startsWith('An error occurred') === true;
        expect(isRefused ? output.replace(/\[failed \d+\]/, '') : output, block.code).not.toMatch(COMPLAINTS);
      }
      await stop();
    },
    180_000,
  );

  it.skipIf(lacking).each(pages)(`the commands of %s have the shell's syntax${lacking}`, async (page) => {
    for (const { code } of blocksOf(page)) {
      const { child, ended } = run(shell, ['-n']);
      child.stdin.end(code);
      expect(await ended, code).toMatchObject({ code: 0, stderr: '' });
    }
  });

  it
    .skipIf(lacking)
    .each(['false', 'echo "hello!you"', 'ls ./hello?you=[all]', 'echo )', 'echo (', 'squib --help', "echo 'hello"])(
    `%s would be noticed${lacking}`,
    async (code) => {
      const terminal = new Terminal(shell, root, {});
      expect(await terminal.paste(`true\n${code}\n`)).toMatch(COMPLAINTS);
    },
  );
});

it.each(pages)('the commands of %s have no comments, which an interactive zsh treats as arguments', (page) => {
  for (const { code } of blocksOf(page)) expect(code).not.toMatch(/(^|\s)#/m);
});

it("each of the README's two commands has a block of its own", () => {
  const codes = blocksOf('README.md').map(({ code }) => code);
  expect(codes).toEqual(expect.arrayContaining(['npm ci && npm start\n', 'npm ci && npm test\n']));
});
