/** A shell on a terminal, into which text is pasted as a reader would. */

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Command, run } from '../commands/command.ts';
import { lack } from '../sdk/programs.ts';
import { environmentOf, scratchFolder } from './snippets.ts';

interface Shell {
  /** The end of a test's title, with the reason to skip it if the shell or a terminal for it is not available. */
  lacking: string;
  /** Starts the shell interactively with a file of our own in place of the user's and the system's. */
  start: (folder: string) => string[];
  startFile: string;
  /** Has the shell print `[failed STATUS]` for each command that fails, and `[unfinished]` to ask for the rest of one. */
  setUp: string;
  /** The shell prints this when it waits for a line, or the rest of one, and supports bracketed paste. */
  ready: RegExp;
}

const shells = {
  zsh: {
    lacking: lack('zsh', 'zsh', ['--version']),
    // Like `zsh -f -i`, except for the file that sets the traps. No option is changed, so `#` does not start a comment.
    start: (folder) => ['env', `ZDOTDIR=${folder}`, 'zsh', '--no-global-rcs', '-i'],
    startFile: '.zshrc',
    setUp: 'TRAPZERR() { print "[failed $?]" }\nPS2="[unfinished]"\n',
    // After the prompt.
    ready: /\x1b\[\?2004h/,
  },
  bash: {
    // Older versions cannot distinguish a paste from typing.
    lacking: lack('bash 4.4 or newer', 'bash', ['-c', '((BASH_VERSINFO[0] * 100 + BASH_VERSINFO[1] >= 404))']),
    start: (folder) => ['bash', '--noprofile', '--rcfile', join(folder, 'bashrc'), '-i'],
    startFile: 'bashrc',
    setUp: `bind 'set enable-bracketed-paste on'\ntrap 'echo "[failed $?]"' ERR\nPS1='[ready]'\nPS2='[unfinished]'\n`,
    // Before the prompt.
    ready: /\x1b\[\?2004h\[(ready|unfinished)\]/,
  },
} satisfies Record<string, Shell>;

export type ShellName = keyof typeof shells;
export const shellNames = Object.keys(shells) as ShellName[];

const noPython = lack('python3, which makes the terminal', 'python3', ['-c', 'import pty']);
export const lackOf = (shell: ShellName) => noPython || shells[shell].lacking;

/** A terminal passes on text that is written to it as if it were typed. */
const IN_TERMINAL = ['-c', 'import pty, sys; sys.exit(pty.spawn(sys.argv[1:]) >> 8)'];
/** Terminals put these around a paste; a shell that sees them runs nothing until Enter, and then parses all of it first. */
const [PASTE, PASTED, ENTER, CTRL_C] = ['\x1b[200~', '\x1b[201~', '\r', '\x03'];

export class Terminal {
  readonly #command: Command;
  readonly #ready: RegExp;
  #output = '';

  constructor(shell: ShellName, cwd: string, env: NodeJS.ProcessEnv) {
    const home = scratchFolder();
    const { start, startFile, setUp, ready } = shells[shell];
    this.#ready = ready;
    writeFileSync(join(home, startFile), setUp);
    const options = { cwd, env: environmentOf({ HOME: home, TERM: 'xterm', ...env }) };
    this.#command = run('python3', [...IN_TERMINAL, ...start(home)], options);
    this.#command.child.stdout.on('data', (text: string) => {
      this.#output += text;
    });
  }

  /** Pastes text and presses Enter. When the shell waits for a line again, resolves to the output until then. */
  async paste(text: string): Promise<string> {
    const start = await this.#enter(text);
    await this.#untilReady(start);
    return this.#output.slice(start).replaceAll('\r\n', '\n');
  }

  /** Pastes text whose last command keeps running. Resolves when that has printed `sign`; rejects if it ends. */
  async pasteUntil(sign: string, text: string): Promise<void> {
    const start = await this.#enter(text);
    while (!this.#output.includes(sign, start)) {
      if (this.#isReady(start)) throw new Error(`It ended without ${sign}:\n${this.#output.slice(start)}`);
      await this.#more();
    }
  }

  /** Ends the running command, as Ctrl+C does. */
  async interrupt(): Promise<void> {
    const start = this.#output.length;
    this.#command.child.stdin.write(CTRL_C);
    await this.#untilReady(start);
  }

  async #enter(text: string): Promise<number> {
    await this.#untilReady(0);
    const start = this.#output.length;
    this.#command.child.stdin.write(`${PASTE}${text.trimEnd()}${PASTED}${ENTER}`);
    return start;
  }

  async #untilReady(start: number): Promise<void> {
    while (!this.#isReady(start)) await this.#more();
  }

  #isReady(start: number): boolean {
    return this.#ready.test(this.#output.slice(start));
  }

  async #more(): Promise<void> {
    const { child, ended } = this.#command;
    let hear = () => {};
    const more = new Promise<void>((resolve) => {
      hear = resolve;
      child.stdout.once('data', resolve);
    });
    const end = ended.then(() => {
      throw new Error(`The shell ended:\n${this.#output}`);
    });
    await Promise.race([more, end]).finally(() => child.stdout.off('data', hear));
  }
}
