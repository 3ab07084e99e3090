/** Starts contenders in processes of their own, and tells them what to do. */

import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { run } from '../servers/servers.ts';
import type { Answer, Question, Verbs } from './node.ts';

interface Waiting {
  resolve(value: unknown): void;
  reject(error: Error): void;
}

/** A contender in another process. */
export class Process {
  readonly #child: ChildProcess;
  readonly #waiting = new Map<number, Waiting>();
  #questions = 0;

  /** Resolves once the contender is connected to its database. */
  static async start(name: string, url: string): Promise<Process> {
    const script = join(import.meta.dirname, 'node.ts');
    const args = [...process.execArgv, script, name, url];
    const child = run(process.execPath, args, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
    await Promise.race([
      once(child, 'message'),
      once(child, 'exit').then(([code]) => Promise.reject(new Error(`${name} exited with ${code} at its start.`))),
    ]);
    return new Process(name, child);
  }

  private constructor(name: string, child: ChildProcess) {
    this.#child = child;
    child.on('message', ({ id, value, error }: Answer) => {
      const waiting = this.#waiting.get(id);
      this.#waiting.delete(id);
      if (error === undefined) waiting?.resolve(value);
      else waiting?.reject(new Error(`${name}: ${error}`));
    });
    child.once('exit', (code) => {
      for (const { reject } of this.#waiting.values()) reject(new Error(`${name} exited with ${code}.`));
    });
  }

  ask<Verb extends keyof Verbs>(verb: Verb, ...values: Parameters<Verbs[Verb]>): ReturnType<Verbs[Verb]> {
    const id = ++this.#questions;
    const question: Question = { id, verb, values };
    const answer = new Promise<unknown>((resolve, reject) => this.#waiting.set(id, { resolve, reject }));
    this.#child.send(question);
    return answer as ReturnType<Verbs[Verb]>;
  }

  async end(): Promise<void> {
    const exit = once(this.#child, 'exit');
    await this.ask('end');
    await exit;
  }
}
