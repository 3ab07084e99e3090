/** Reads the topics of a data folder that no running Squab uses. */

import type { Subscription, Topic } from '../../topics.ts';
import { TopicTables } from '../topics/topic-tables.ts';
import { readFolder } from './reading.ts';

/**
 * Returns all topics, ordered by account, region and name, each with its subscriptions in the order of their creation.
 * Throws DataFolderError if the folder cannot be read or is in use.
 */
export function readTopics(folder: string): { topic: Topic; subscriptions: Subscription[] }[] {
  return readFolder(folder, (connection) => {
    const tables = new TopicTables(connection);
    const byTopic = Map.groupBy(tables.subscriptions(), ({ topicId }) => topicId);
    const keyOf = ({ account, region, name }: Topic) => Buffer.from([account, region, name].join('/'));
    return tables
      .topics()
      .sort((one, other) => Buffer.compare(keyOf(one), keyOf(other)))
      .map((topic) => ({ topic, subscriptions: byTopic.get(topic.id) ?? [] }));
  });
}
