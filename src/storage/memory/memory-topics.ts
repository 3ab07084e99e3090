/** The verbs on topics: finds and changes queues for them, remembers publications, and sends their messages. */

import type { Original } from '../topics/publishing.ts';
import { type TopicEngine, TopicsInTurns } from '../topics/topics-in-turns.ts';
import type { Topics } from '../topics.ts';
import { bringTo } from './expiry.ts';
import { bytesOfRemembered } from './memory.ts';
import type { Turns } from './memory-turns.ts';
import type { Parts } from './parts.ts';
import { send } from './sending.ts';
import type { KeptPublication } from './topic-shelf.ts';

/** Returns the verbs on topics. */
export function memoryTopics(parts: Parts, turns: Turns): Topics {
  const { queues, memory, shelf, nextNumber } = parts;
  const { publications } = shelf;
  const idOf = (topicId: number, key: string) => `${topicId} ${key}`;
  const texts = new Map<string, string>();
  const engine: TopicEngine = {
    records: shelf.records,
    nextNumber,
    run: (verb) => turns.run(verb),
    createQueue: (key, settings, now) => queues.create(key, settings, now).queue,
    removeQueue: (queueId) => {
      const state = queues.byId(queueId);
      if (state) queues.remove(state);
    },
    queue: (queueId) => queues.byId(queueId)?.queue,
    bringTo: (queueId, now, limit) => bringTo(parts, queues.byId(queueId)!, now, limit),
    send: (queueId, messages, now) => send(parts, queues.byId(queueId)!, messages, now),
    remembered: (topicId, key, now) => originalOf(publications.find(idOf(topicId, key), now)),
    remember: (topicId, { key, messageId, sequence, until }) => {
      const id = idOf(topicId, key);
      memory.check(bytesOfRemembered(id));
      publications.set({ id, messageId, sequence, until });
    },
    kept: (name) => texts.get(name),
    keep: (name, text) => {
      texts.set(name, text);
    },
  };
  return new TopicsInTurns(engine);
}

function originalOf(kept: KeptPublication | undefined): Original | undefined {
  return kept && { messageId: kept.messageId, sequence: kept.sequence };
}
