/** This node among the others on the same database: wake-ups, changes of the catalogue, time, and who does what. */

import { randomInt } from 'node:crypto';
import { type Millis, systemClock } from '../../../time/clock.ts';
import type { CatalogueChange, NodeFigures, Nodes, OtherNode } from '../../nodes.ts';
import type { Announcement } from '../../store.ts';
import type { Connection } from '../connection.ts';
import type { Lane } from '../lanes.ts';
import { DatabaseUnusable } from '../opening/target.ts';
import { DatabaseTime } from './database-time.ts';
import { Ear } from './ear.ts';
import { Hearing } from './hearing.ts';
import { Leases } from './leases.ts';
import { ALIVE_SECONDS, NodeTable } from './node-table.ts';
import { Notifier } from './notifier.ts';
import { channelOf, EVERYTHING, type Heard, merged, NODES_WORD, NOTHING, readPayload, wordsOf } from './payloads.ts';
import { Restores } from './restores.ts';
import { StoodStill } from './standstill.ts';
import { Waiting } from './waiting.ts';

const TICK_MS: Millis = 1000;

/** What happens every so many ticks. While the ear is closed, topics and mappings are read again as often as renewals. */
const [RENEW_TICKS, TIME_TICKS, TIDY_TICKS] = [5, 30, 60];

/** Changes within this time are reported together: another node may create a thousand queues. */
const CHANGES_TOGETHER_MS: Millis = 20;

export interface NodesOptions {
  /** A lane of one connection, which nothing else uses. */
  lane: Lane;
  schema: string;
  /** The name of this node, which no other one has. */
  name: string;
  /** The version of Squab. */
  version: string;
  /** Opens a connection to the database itself, past any pooler. */
  openEar(): Promise<Connection>;
  /** Called when copies of what has changed must be read again, before `Store.onCatalogueChanged`. */
  onChanged(change: CatalogueChange): void;
  /** Called with whether copies can be relied on, because changes are heard. */
  onTrusted(trusted: boolean): void;
  /** Called with each announcement of another node, and when a poll of a queue had better look. */
  onAnnounced: Announcement;
  figures(): NodeFigures;
  /** Whether statements are under way. */
  isBusy(): boolean;
  /** Called when verbs shall no longer wait for a database that does not answer. */
  onStop(): void;
}

export class PostgresNodes implements Nodes {
  readonly name: string;
  readonly #options: NodesOptions;
  readonly #table: NodeTable;
  readonly #leases: Leases;
  readonly #waiting: Waiting;
  readonly #notifier: Notifier;
  readonly #ear: Ear;
  readonly #time: DatabaseTime;
  readonly #restores: Restores;
  readonly #hearing: Hearing;
  #onCatalogueChanged: (change: CatalogueChange) => void = () => {};
  #change: CatalogueChange | undefined;
  /** See `Neighbours`. */
  onUndone = () => {};
  readonly #warnings: string[] = [];
  #onWarning: (message: string) => void = (message) => this.#warnings.push(message);
  #ticks = 0;
  #progress = 0;
  #ticking: Promise<void> = Promise.resolve();
  #cancelTick = () => {};
  #ended = false;

  private constructor(options: NodesOptions) {
    this.#options = options;
    const { lane, schema, openEar, name, version, onAnnounced } = options;
    this.name = name;
    const channel = channelOf(schema);
    const onGone = () => options.onChanged({ ...NOTHING, queueIds: 'all' });
    this.#table = new NodeTable(lane, { name: this.name, version }, onGone, () => this.onUndone());
    this.#restores = new Restores(lane);
    this.#leases = new Leases(lane, this.name);
    this.#hearing = new Hearing(this.name);
    this.#notifier = new Notifier(lane, channel, this.name);
    this.#waiting = new Waiting(lane, this.name, onAnnounced, () => this.#ear.isOpen);
    this.#time = new DatabaseTime(lane, (message) => this.#onWarning(message));
    this.#ear = new Ear({
      ...{ open: openEar, channel },
      askForEcho: (mark) => this.#notifier.tell([`!${mark}`]),
      onPayload: (payload) => this.#hear(payload),
      beforeOpen: () => this.#reappear(),
      onState: (isOpen) => this.#earChanged(isOpen),
      random: () => randomInt(1000) / 1000,
    });
  }

  /** Joins the other nodes. Rejects with StoreUnavailable if the database cannot be used. */
  static async start(options: NodesOptions): Promise<PostgresNodes> {
    const nodes = new PostgresNodes(options);
    await nodes.#join();
    return nodes;
  }

  get others(): readonly OtherNode[] {
    return this.#table.others;
  }

  get ear(): 'open' | 'closed' {
    return this.#ear.isOpen ? 'open' : 'closed';
  }

  get nodes(): Nodes {
    return this;
  }

  get progress(): number {
    if (this.#options.isBusy()) this.#progress++;
    return this.#progress;
  }

  figures(): NodeFigures {
    return this.#options.figures();
  }

  offset(): Millis {
    return this.#time.offset;
  }

  isJanitor(): Promise<boolean> {
    return this.#leases.holds('janitor');
  }

  feeds(mappingId: string): Promise<boolean> {
    return this.#leases.holds(`mapping ${mappingId}`);
  }

  stopsFeeding(mappingId: string): Promise<void> {
    return this.#leases.release([`mapping ${mappingId}`]);
  }

  stops(): void {
    this.#options.onStop();
  }

  setClock(clock: OtherNode['clock']): void {
    if (this.#table.clock === clock) return;
    this.#table.clock = clock;
    // If it fails, the next renewal of the row follows soon.
    this.#table.renew().catch(() => {});
    this.#notifier.tell([NODES_WORD]);
  }

  onWarning(listener: (message: string) => void): void {
    this.#onWarning = listener;
    for (const warning of this.#warnings.splice(0)) listener(warning);
  }

  /** See `Store.attend`. */
  attend(queueId: number): Promise<() => void> {
    return this.#waiting.attend(queueId);
  }

  /** Must be called after each commit with the announcements of the transaction. */
  announced(announcements: readonly (readonly [queueId: number, at: Millis])[]): void {
    for (const [queueId, at] of announcements) this.#notifier.announce(queueId, at);
  }

  /**
   * Must be called after a commit that changed the catalogue. Resolves once the other nodes have been told, or cannot be;
   * if they have copies of the queues that were changed, once they have heard it. So they know of it when its client calls
   * them.
   */
  changed(change: Partial<CatalogueChange>): Promise<void> {
    if (change.restored) this.#restores.carriedOut();
    const words = wordsOf(change);
    const { queueIds = [] } = change;
    const isCopied = queueIds === 'all' || queueIds.length > 0;
    const others = this.#table.others.map(({ name }) => name);
    // With an ear that has never opened, as behind a pooler, this node would hear no answer.
    if (!isCopied || others.length === 0 || !this.#ear.hasOpened) return this.#notifier.tell(words);
    return this.#hearing.spread(others, (question) => this.#notifier.tell([...words, `?${question}`]));
  }

  /** Has this node look at what may have been changed by a verb of its own whose caller was not told. */
  lookAgain(change: Partial<CatalogueChange>): void {
    this.#catalogueChanged({ ...NOTHING, ...change });
  }

  /** See `Store`. */
  onCatalogueChanged(listener: (change: CatalogueChange) => void): void {
    this.#onCatalogueChanged = listener;
  }

  /** Leaves the other nodes. Does not wait for a database that is away. */
  async close(): Promise<void> {
    if (this.#ended) return;
    this.#ended = true;
    this.#cancelTick();
    await this.#ear.close();
    await this.#ticking;
    const leaving = Promise.all([this.#leases.release(), this.#waiting.remove(), this.#table.remove()]);
    await leaving.then(() => void this.#notifier.tell([NODES_WORD])).catch(() => {});
    await this.#notifier.close();
  }

  async #join(): Promise<void> {
    await Promise.all([this.#time.measure(), this.#table.renew(), this.#table.look(), this.#restores.look()]);
    const other = this.#table.others.find(({ clock }) => clock === 'virtual');
    if (other) {
      await this.#table.remove();
      throw new DatabaseUnusable(
        `The Squab ${other.name}, which uses the same database, has frozen or moved its clock, so no other one can join ` +
          `it. Stop it, or wait for ${ALIVE_SECONDS} seconds if it is no longer running.`,
      );
    }
    await this.#ear.start();
    this.#notifier.tell([NODES_WORD]);
    if (!this.#ear.isOpen) this.#warnOfEar();
    this.#setTick();
  }

  #hear(payload: string): void {
    const heard = readPayload(payload);
    if (heard.sender === this.name) for (const mark of heard.echoes) this.#ear.echoed(mark);
    else if (!heard.change?.restored) this.#follow(heard);
    else void this.#restores.heard().then((change) => this.#follow({ ...heard, change }));
  }

  #follow({ sender, announcements, change, nodes, echoes, questions, answers }: Heard): void {
    if (echoes.length > 0) this.#hearing.hears(sender);
    if (change) this.#catalogueChanged(change);
    for (const question of answers) this.#hearing.heard(sender, question);
    if (questions.length > 0) this.#notifier.tell(questions.map((question) => `=${question}`));
    for (const [queueId, at] of announcements) this.#options.onAnnounced(queueId, at);
    if (nodes) this.#table.look().catch(() => {});
  }

  /** Writes the rows of this node again: the database may have lost them if it was restarted. */
  async #reappear(): Promise<void> {
    await Promise.all([this.#waiting.rewrite(), this.#table.renew(), this.#table.look(), this.#restores.look()]);
  }

  #earChanged(isOpen: boolean): void {
    this.#options.onTrusted(isOpen);
    if (isOpen) this.#heardNothing();
    else this.#warnOfEar();
    // A crash ends connections. If this node stood still meanwhile, it finds that its row is gone.
    if (!isOpen && !(this.#ear.problem instanceof StoodStill)) this.onUndone();
  }

  /** Anything may have happened while this node heard nothing. */
  #heardNothing(): void {
    this.#hearing.reset();
    this.#catalogueChanged({ ...EVERYTHING, restored: this.#restores.missed() });
  }

  #warnOfEar(): void {
    const reason = this.#ear.problem?.message ?? 'the connection was lost';
    this.#onWarning(
      `This node does not hear what other nodes do (${reason}). Until it does, waiting polls look once a second. If a ` +
        'pooler is in between, pass --database-listen a URL that leads to the database itself.',
    );
  }

  #catalogueChanged(change: CatalogueChange): void {
    this.#options.onChanged(change);
    const isFirst = this.#change === undefined;
    this.#change = merged(this.#change, change);
    if (!isFirst) return;
    systemClock.at(systemClock.now() + CHANGES_TOGETHER_MS, () => {
      const all = this.#change!;
      this.#change = undefined;
      if (!this.#ended) this.#onCatalogueChanged(all);
    });
  }

  #setTick(): void {
    if (this.#ended) return;
    this.#cancelTick = systemClock.at(systemClock.now() + TICK_MS, () => {
      // A failure is one of the database. Each of these is done again before long.
      this.#ticking = this.#tick().catch(() => {});
      void this.#ticking.then(() => this.#setTick());
    });
  }

  async #tick(): Promise<void> {
    const tick = ++this.#ticks;
    await this.#waiting.tick();
    if (tick % RENEW_TICKS === 0 && (!this.#ear.isOpen || this.#restores.isUnsure)) {
      await this.#restores.look();
      this.#heardNothing();
    }
    if (tick % RENEW_TICKS === 0) {
      await Promise.all([this.#table.renew(), this.#table.look(), this.#leases.renew()]);
    }
    if (tick % TIME_TICKS === 0 || this.#time.isOutdated) await this.#time.measure();
    if (tick % TIDY_TICKS === 0) await Promise.all([this.#waiting.tidy(), this.#leases.tidy()]);
  }
}
