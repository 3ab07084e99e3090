/** The rules for the tables of topics; see table-rules.ts. */

import { HIDDEN_ACCOUNT } from '../../hidden.ts';
import { isJson, type Rule } from './rule.ts';

const OF_TOPIC = `t.account || '/' || t.region || '/' || t.name AS topic`;

export const topicRules: readonly Rule[] = [
  {
    about: 'topics',
    sql: `SELECT ${OF_TOPIC}, attributes, tags FROM squab.topics t`,
    isWrong: ({ attributes, tags }) => !isJson(attributes, 'array') || !isJson(tags, 'array'),
    say: ({ topic }) => `The attributes or tags of topic ${topic} cannot be read.`,
  },
  {
    about: 'the attributes of subscriptions',
    sql: 'SELECT id, attributes FROM squab.subscriptions',
    isWrong: ({ attributes }) => !isJson(attributes, 'array'),
    say: ({ id }) => `The attributes of subscription ${id} cannot be read.`,
  },
  {
    about: 'subscriptions and their topics',
    sql: `SELECT s.id, ${OF_TOPIC}, t.id IS NULL AS lost
      FROM squab.subscriptions s LEFT JOIN squab.topics t ON t.id = s.topic_id
      WHERE (t.id IS NULL) <> (detached_at IS NOT NULL)
        OR (t.account, t.region, t.name) <> (s.account, s.region, s.name)`,
    say: ({ id, lost, topic }) =>
      lost ? `Subscription ${id} has no topic.` : `Subscription ${id} does not match its topic ${topic}.`,
  },
  {
    about: 'the endpoints of subscriptions',
    sql: `SELECT protocol, endpoint, topic_id, count(*) AS count FROM squab.subscriptions WHERE detached_at IS NULL
      GROUP BY topic_id, protocol, endpoint HAVING count(*) > 1`,
    say: ({ protocol, endpoint, topic_id, count }) =>
      `Topic ${topic_id} has ${count} subscriptions of ${protocol} ${endpoint} instead of one.`,
  },
  {
    about: 'the backlogs of subscriptions',
    sql: `SELECT s.id, q.id AS queue_id, q.name FROM squab.subscriptions s
        FULL JOIN (SELECT id, name FROM squab.queues WHERE account = '${HIDDEN_ACCOUNT}') q ON q.id = s.backlog_id
      WHERE q.id IS NULL AND s.backlog_id IS NOT NULL OR s.id IS NULL OR s.id <> q.name`,
    say: ({ id, queue_id, name }) =>
      id === null
        ? `The backlog ${name} (${queue_id}) belongs to no subscription.`
        : `Subscription ${id} has no backlog, or that of another subscription.`,
  },
];
