/** Lists queues with their attributes, message counts and waiting receives, counts many at once, and purges them. */

import { queueArn } from '../../queues/arn.ts';
import { reportAttributes } from '../../queues/attributes.ts';
import type { Holding } from '../../storage/observation.ts';
import type { Counts, Queue } from '../../storage/store.ts';
import { Turnstile } from '../../time/turnstile.ts';
import { checked } from '../checked.ts';
import { type ControlContext, isoOf, noSuchQueue, queueNamed } from '../control-context.ts';
import { type QueueReference, reference } from '../journal/reports.ts';
import { thatFit } from '../page.ts';
import { keyOf, type QueueName } from '../queue-name.ts';
import { Links } from './links.ts';
import { compare, firstOf, markOf, openPlace, type Place, printPlace, rankOf, type SortKey } from './order.ts';
import { countedShape, listingShape } from './queue-shapes.ts';
import type { Traffic, TrafficReport } from './traffic.ts';

/** For how many queues one verb of the engine asks: less than a millisecond of work. */
const HOLDINGS_AT_ONCE = 100;

/** What a queue holds. Instants are ISO 8601. */
export interface QueueCounts extends QueueReference {
  messages: Counts;
  /** When its oldest message was sent; missing if it has none. */
  oldestSentAt?: string;
  /** How many long polls are waiting for messages. */
  waitingReceives: number;
  /** Missing if Squab keeps no journal. */
  traffic?: TrafficReport;
}

/** The current state of a queue. */
export interface QueueReport extends QueueCounts {
  arn: string;
  fifo: boolean;
  createdAt: string;
  modifiedAt: string;
  /** The queue that its redrive policy names. */
  deadLetterQueue?: QueueReference;
  /** The queues whose redrive policies name this one: up to 100 of them. */
  sources: QueueReference[];
  /** As GetQueueAttributes returns them. */
  attributes: Record<string, string>;
  tags: Record<string, string>;
}

/** A page of queues. */
export interface QueuePage {
  queues: QueueReport[];
  /** How many queues all pages have together. */
  total: number;
  /** The accounts that have queues. */
  accounts: string[];
  /** The regions that have queues. */
  regions: string[];
  /** Pass it as `after` to get the next page; undefined on the last page. */
  next?: string | undefined;
}

/** Selects queues to list. */
export interface QueueListing {
  /** Only queues of this account; of all accounts by default. */
  account?: string | undefined;
  /** Only queues of this region; of all regions by default. */
  region?: string | undefined;
  /** Only queues whose names have this prefix. */
  prefix?: string | undefined;
  /** Only queues whose names contain this text, in upper or lower case. */
  contains?: string | undefined;
  /** Whether to leave out queues without messages. */
  nonEmpty?: boolean | undefined;
  /** By name (the default), by the number of messages in a state or in all (`messages`), or by age of the oldest one. */
  sort?: SortKey | undefined;
  /** Ascending or descending; by default, `asc` for names and `desc` for the others. */
  order?: 'asc' | 'desc' | undefined;
  /** The largest number of queues on a page, 1 to 1000; 100 by default. A page with long texts has fewer. */
  limit?: number | undefined;
  /** The `next` of the previous page. */
  after?: string | undefined;
}

/** The queues of a running Squab. */
export class QueuesControl {
  readonly #context: ControlContext;
  readonly #traffic: Traffic | undefined;
  readonly #links = new Links();
  /** Lists are made one after another, so that many at once do not slow other requests down. */
  readonly #lists = new Turnstile();

  /** @internal */
  constructor(context: ControlContext, traffic: Traffic | undefined) {
    this.#context = context;
    this.#traffic = traffic;
  }

  /**
   * Lists queues: sorted by name, region and account, or as `sort` says. If counts change between two pages, a queue may
   * be on both, or on none. Throws ControlError (400) for invalid options.
   */
  async list(options: QueueListing = {}): Promise<QueuePage> {
    const parsed = checked(listingShape(), options);
    return this.#lists.run(() => this.#list(parsed));
  }

  async #list(options: ReturnType<ReturnType<typeof listingShape>['parse']>): Promise<QueuePage> {
    const { sort, order = sort === 'name' ? 'asc' : 'desc', nonEmpty, limit, after } = options;
    const all = await this.#context.inspection.queues();
    const wanted = all.filter(selection(options));
    // By name, only the queues of the page have to be counted.
    const places =
      sort === 'name' && !nonEmpty
        ? wanted.map((queue) => ({ value: 0, mark: markOf(queue), queue }))
        : await this.#placesOf(wanted, sort, nonEmpty);
    const start = after === undefined ? undefined : openPlace(sort, after);
    const compared = (a: Place, b: Place) => compare(sort, order, a, b);
    const rest = start ? places.filter((place) => compared(place, start) > 0) : places;
    const page = firstOf(rest, limit, compared);
    const sourcesOf = this.#links.sourcesAmong(all);
    const listed = await this.#holdings(page.map(({ queue }) => queue));
    const reports = thatFit(listed.map((it) => this.#report(it, sourcesOf)));
    const isCut = reports.length < listed.length;
    const last = isCut ? page.find(({ queue }) => queue.id === listed[reports.length - 1]!.queue.id) : page.at(-1);
    return {
      queues: [...reports],
      total: places.length,
      accounts: distinct(all.map(({ account }) => account)),
      regions: distinct(all.map(({ region }) => region)),
      ...((isCut || rest.length > limit) && { next: printPlace(sort, last!) }),
    };
  }

  /** Describes one queue. Throws ControlError (404) if it does not exist. */
  async get(name: QueueName): Promise<QueueReport> {
    const queue = await queueNamed(this.#context, name);
    const [holding] = await this.#holdings([queue]);
    if (!holding) throw noSuchQueue(queue);
    return this.#report(holding, this.#links.sourcesAmong(await this.#context.inspection.queues()));
  }

  /**
   * Counts the messages of up to 100 queues, in this order. Queues that do not exist are left out. Throws ControlError
   * (400) for too many queues, or an invalid ARN.
   */
  async counts(names: readonly QueueName[]): Promise<QueueCounts[]> {
    const { env, defaults } = this.#context;
    const keys = checked(countedShape(), names).map((name) => keyOf(name, defaults));
    const queues = await Promise.all(keys.map((key) => env.store.findQueue(key)));
    const holdings = await this.#holdings(queues.filter((queue) => queue !== undefined));
    return holdings.map((holding) => this.#counted(holding));
  }

  /**
   * Deletes every message of a queue: visible, in flight and delayed. AWS's waiting time between two purges does not
   * apply. Throws ControlError (404) if the queue does not exist.
   */
  async purge(name: QueueName): Promise<void> {
    const queue = await queueNamed(this.#context, name);
    if (!(await this.#context.env.store.purge(queue.id))) throw noSuchQueue(queue);
  }

  /** Returns the places of queues in a list that is sorted by what they hold, of all or of those that hold something. */
  async #placesOf(queues: readonly Queue[], sort: SortKey, nonEmpty: boolean): Promise<ListedQueue[]> {
    const places: ListedQueue[] = [];
    // Not the queues with their texts, which may be longer than all of memory.
    const outlines = new Map(queues.map((queue) => [queue.id, queue]));
    for await (const holding of this.#eachHolding(queues)) {
      if (nonEmpty && total(holding) === 0) continue;
      const queue = outlines.get(holding.queue.id)!;
      places.push({ value: rankOf(sort, holding), mark: markOf(queue), queue });
    }
    return places;
  }

  /** Returns what queues hold, in the same order. Those that have been deleted are left out. */
  async #holdings(queues: readonly Queue[]): Promise<Holding[]> {
    const found: Holding[] = [];
    for await (const holding of this.#eachHolding(queues)) found.push(holding);
    return found;
  }

  async *#eachHolding(queues: readonly Queue[]): AsyncGenerator<Holding> {
    const { observation, env } = this.#context;
    for (let start = 0; start < queues.length; start += HOLDINGS_AT_ONCE) {
      const ids = queues.slice(start, start + HOLDINGS_AT_ONCE).map(({ id }) => id);
      yield* await observation.holdings(ids, env.clock.now());
    }
  }

  #counted({ queue, oldestSentAt, visible, inFlight, delayed }: Holding): QueueCounts {
    return {
      ...reference(queue),
      messages: { visible, inFlight, delayed },
      ...(oldestSentAt !== undefined && { oldestSentAt: isoOf(oldestSentAt) }),
      waitingReceives: this.#context.env.waiters.waiting(queue.id),
      ...(this.#traffic && { traffic: this.#traffic.read(queue.id) }),
    };
  }

  #report(holding: Holding, sourcesOf: (queue: Queue) => readonly Queue[]): QueueReport {
    const { queue } = holding;
    const target = this.#links.targetOf(queue);
    const counted = this.#counted(holding);
    return {
      ...counted,
      arn: queueArn(queue),
      fifo: queue.fifo,
      createdAt: isoOf(queue.createdAt),
      modifiedAt: isoOf(queue.modifiedAt),
      ...(target && { deadLetterQueue: reference(target) }),
      sources: sourcesOf(queue).map(reference),
      attributes: Object.fromEntries(reportAttributes(queue, ['All'], counted.messages)),
      tags: Object.fromEntries(queue.tags),
    };
  }
}

function selection({ account, region, prefix = '', contains = '' }: QueueListing): (queue: Queue) => boolean {
  const text = contains.toLowerCase();
  return (queue) =>
    (account ?? queue.account) === queue.account &&
    (region ?? queue.region) === queue.region &&
    queue.name.startsWith(prefix) &&
    queue.name.toLowerCase().includes(text);
}

type ListedQueue = Place & { queue: Queue };

const total = ({ visible, inFlight, delayed }: Counts) => visible + inFlight + delayed;

const distinct = (texts: readonly string[]) => [...new Set(texts)].sort();
