/** Reads the topics of a data folder that no running Squab uses. */

import type { StoredTopic, Topic } from '../../topics.ts';
import { TopicTables } from '../topics/topic-tables.ts';
import { readFolder } from './reading.ts';

/**
 * Returns all topics, ordered by account, region and name.
 * Throws DataFolderError if the folder cannot be read or is in use.
 */
export function readTopics(folder: string): StoredTopic[] {
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
