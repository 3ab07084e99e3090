/** The verbs on topics. */

import type { Millis } from '../../../time/clock.ts';
import type { CatalogueBound } from '../../catalogue-bound.ts';
import type { Original } from '../../topics/publishing.ts';
import { TopicVerbs } from '../../topics/topic-verbs.ts';
import type { NewPublication, Published } from '../../topics.ts';
import type { Context } from '../context.ts';
import { isStorable, statement } from '../statement.ts';
import { Memories } from './publication-table.ts';
import { Publisher } from './publishing.ts';
import { TopicCatalogue } from './topic-catalogue.ts';

const FIND_TEXT = statement<{ text: string }>('SELECT text FROM squab.texts WHERE name = $1');

/** If another transaction is keeping a text under this name, waits for it. */
const KEEP_TEXT = statement<never>(
  'INSERT INTO squab.texts (name, text) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING',
);

export class PostgresTopics extends TopicVerbs {
  readonly #context: Context;
  readonly #publisher: Publisher;

  constructor(context: Context, bound: CatalogueBound) {
    super(new TopicCatalogue(context, bound));
    this.#context = context;
    this.#publisher = new Publisher(context);
  }

  publish(
    topicId: number,
    publications: readonly NewPublication[],
    now: Millis,
  ): Promise<Published[] | 'outdated' | undefined> {
    return this.#publisher.publish(topicId, publications, now);
  }

  async rememberedPublication(topicId: number, key: string, now: Millis): Promise<Original | undefined> {
    if (!isStorable(key)) return undefined;
    const { other } = this.#context.lanes;
    const memories = await other.run((session) => Memories.read(session, [{ topicId, key }]), { repeatable: true });
    return memories.find(topicId, key, now);
  }

  async keep(name: string, text: string): Promise<string> {
    const { other } = this.#context.lanes;
    await other.run((session) => session.run(KEEP_TEXT, [name, text]), { repeatable: true });
    return (await this.kept(name))!;
  }

  async kept(name: string): Promise<string | undefined> {
    const { other } = this.#context.lanes;
    const [row] = await other.run((session) => session.run(FIND_TEXT, [name]), { repeatable: true });
    return row?.text;
  }
}
