/**
 * The rules for the tables as a whole, each with a statement that selects the offending rows. The tables' own
 * constraints cover single rows. For the reasons behind the rules see counts.ts, groups.ts and numbers.ts.
 */

import type { Row, Rule } from './rule.ts';
import { topicRules } from './topic-rules.ts';

const KNOWN_GENERATIONS = 'SELECT generation FROM queues UNION SELECT generation FROM abandoned';
const OF_QUEUE = `q.account || '/' || q.region || '/' || q.name AS queue`;

export const rules: readonly Rule[] = [
  {
    about: 'the counts of queues',
    sql: `SELECT ${OF_QUEUE}, visible, in_flight, delayed,
        count(key) FILTER (WHERE visible_at <= counted_at) AS found_visible,
        count(key) FILTER (WHERE visible_at > counted_at AND receives > 0) AS found_in_flight,
        count(key) FILTER (WHERE visible_at > counted_at AND receives = 0) AS found_delayed
      FROM queues q LEFT JOIN messages m USING (generation) GROUP BY q.id
      HAVING visible <> found_visible OR in_flight <> found_in_flight OR delayed <> found_delayed`,
    say: (row) =>
      `Queue ${row.queue} counts ${row.visible} visible, ${row.in_flight} in-flight and ${row.delayed} delayed messages, ` +
      `but contains ${row.found_visible}, ${row.found_in_flight} and ${row.found_delayed}.`,
  },
  {
    about: 'messages and their contents',
    sql: `SELECT key, generation, body IS NULL AS empty FROM messages FULL JOIN contents USING (key)
      WHERE generation IS NULL OR body IS NULL`,
    say: ({ key, generation, empty }) =>
      empty ? `Message ${key} of generation ${generation} has no content.` : `Content ${key} belongs to no message.`,
  },
  {
    about: 'messages and groups without a queue',
    sql: `SELECT 'Messages' AS things, generation, count(*) AS count FROM messages
      WHERE generation NOT IN (${KNOWN_GENERATIONS}) GROUP BY generation
      UNION ALL
      SELECT 'Message groups', generation, count(*) FROM groups
      WHERE generation NOT IN (${KNOWN_GENERATIONS}) GROUP BY generation`,
    say: ({ count, things, generation }) =>
      `${things} of generation ${generation}, which never belonged to a queue: ${count}.`,
  },
  {
    about: 'generations',
    sql: `SELECT generation, count(*) AS owners FROM (
        SELECT generation FROM queues UNION ALL SELECT generation FROM abandoned
      ) GROUP BY generation HAVING owners > 1`,
    say: ({ generation, owners }) =>
      `Generation ${generation} has ${owners} owners among the queues and the abandoned generations, instead of one.`,
  },
  {
    about: 'the group numbers of messages',
    sql: `SELECT ${OF_QUEUE}, m.key, m.group_number, c.group_id
      FROM queues q JOIN messages m USING (generation) JOIN contents c ON c.key = m.key
        LEFT JOIN groups g ON g.number = m.group_number AND g.generation = m.generation
      WHERE CASE WHEN fifo THEN coalesce(m.group_number, 0) <= 0
          WHEN c.group_id IS NULL THEN m.group_number IS NOT NULL ELSE coalesce(m.group_number, 0) >= 0 END
        OR m.group_number IS NOT NULL AND g.group_id IS NOT coalesce(c.group_id, '')`,
    say: (row) =>
      `Message ${row.key} of queue ${row.queue} is in group ${JSON.stringify(row.group_id)}, but its group number ` +
      `${row.group_number} is not that group's.`,
  },
  {
    about: 'message groups of FIFO queues',
    sql: `SELECT ${OF_QUEUE}, g.group_id, g.first_key, g.ready_at, g.rank, m.key, m.visible_at, m.rank AS first_rank
      FROM queues q JOIN groups g USING (generation) LEFT JOIN messages m ON m.generation = g.generation AND m.key = (
        SELECT key FROM messages INDEXED BY messages_by_group
        WHERE generation = g.generation AND group_number = g.number AND group_number > 0 ORDER BY key LIMIT 1)
      WHERE fifo AND (g.first_key IS NOT m.key OR g.ready_at IS NOT m.visible_at OR g.rank IS NOT m.rank)`,
    say: sayGroup,
  },
  {
    about: 'tenants of standard queues',
    sql: `SELECT ${OF_QUEUE}, g.group_id, g.first_key, g.ready_at, g.rank, m.key, m.visible_at, m.rank AS first_rank
      FROM queues q JOIN groups g USING (generation) LEFT JOIN messages m ON m.generation = g.generation AND m.key = (
        SELECT key FROM messages INDEXED BY messages_by_tenant
        WHERE generation = g.generation AND group_number = g.number AND group_number < 0
        ORDER BY visible_at, rank, key <> g.first_key LIMIT 1)
      WHERE NOT fifo AND (g.first_key IS NOT m.key OR g.ready_at IS NOT m.visible_at OR g.rank IS NOT m.rank)`,
    say: sayGroup,
  },
  {
    about: 'the receives of messages',
    sql: `SELECT generation, key FROM messages
      WHERE (receives + earlier_receives > 0) <> (first_received_at IS NOT NULL) OR receives < 0 OR earlier_receives < 0`,
    say: ({ generation, key }) =>
      `Message ${key} of generation ${generation} has contradictory records of its receives.`,
  },
  {
    about: 'issued numbers',
    sql: `SELECT things, max(highest) AS highest, (SELECT max(value) FROM numbers) AS reserved FROM (
        SELECT 'messages' AS things, max(key) AS highest FROM messages
        UNION ALL SELECT 'places in line', max(rank) FROM messages
        UNION ALL SELECT 'contents', max(key) FROM contents
        UNION ALL SELECT 'messages', max(generation) FROM messages
        UNION ALL SELECT 'queues', max(max(id), max(generation)) FROM queues
        UNION ALL SELECT 'abandoned generations', max(generation) FROM abandoned
        UNION ALL SELECT 'message groups', max(abs(number)) FROM groups
        UNION ALL SELECT 'deduplications', max(max(generation), max(message_key)) FROM deduplications
        UNION ALL SELECT 'deduplications', max(max(generation), max(message_key)) FROM latest_sends
        UNION ALL SELECT 'receive attempts', max(generation) FROM attempts
        UNION ALL SELECT 'move tasks', max(number) FROM move_tasks
        UNION ALL SELECT 'event source mappings', max(place) FROM mappings
        UNION ALL SELECT 'eras of receipts', max(to_era) FROM void_eras
        UNION ALL SELECT 'topics', max(id) FROM topics
        UNION ALL SELECT 'subscriptions', max(place) FROM subscriptions
        UNION ALL SELECT 'publications', max(sequence) FROM publications
      ) GROUP BY things HAVING highest >= coalesce(reserved, 0)`,
    say: ({ things, highest, reserved }) =>
      `Number ${highest} is in use among ${things}, but only numbers below ${reserved ?? 0} were issued: it may be issued again.`,
  },
  {
    about: 'the table of numbers',
    sql: 'SELECT count(*) AS count FROM numbers HAVING count <> 1',
    say: ({ count }) => `The table of numbers has ${count} rows instead of one.`,
  },
  {
    about: 'the secret of receipt handles',
    sql: `SELECT count(*) AS count FROM receipt_secret WHERE length(key) = 32 HAVING count <> 1`,
    say: ({ count }) => `The table with the secret for receipt handles has ${count} valid rows instead of one.`,
  },
  {
    about: 'attributes and tags',
    sql: `SELECT ${OF_QUEUE} FROM queues q
      WHERE NOT (json_valid(attributes) AND json_valid(tags))
        OR json_type(attributes) <> 'array' OR json_type(tags) <> 'array'`,
    say: ({ queue }) => `The attributes or tags of queue ${queue} cannot be read.`,
  },
  ...topicRules,
  {
    about: 'message attributes',
    sql: `SELECT key, message_id FROM contents
      WHERE attributes IS NOT NULL AND (NOT json_valid(attributes) OR json_type(attributes) <> 'array')`,
    say: ({ key, message_id }) => `The attributes of message ${message_id} (${key}) cannot be read.`,
  },
  {
    about: 'message move tasks',
    sql: `SELECT task_id, q.id IS NULL AS lost, moved FROM move_tasks t LEFT JOIN queues q ON q.id = t.source_id
      WHERE q.id IS NULL OR moved < 0 OR status NOT IN ('RUNNING', 'COMPLETED', 'CANCELLING', 'CANCELLED', 'FAILED')
        OR status IN ('RUNNING', 'CANCELLING') AND EXISTS (
          SELECT 1 FROM move_tasks later WHERE later.source_id = t.source_id AND later.number > t.number)`,
    say: ({ task_id, lost }) =>
      lost ? `Move task ${task_id} has no source queue.` : `Move task ${task_id} is in an impossible state.`,
  },
  {
    about: 'event source mappings',
    sql: `SELECT id FROM mappings WHERE NOT (json_valid(settings) AND json_valid(tags))
      OR json_type(settings) <> 'object' OR json_type(tags) <> 'array' OR revision < 0`,
    say: ({ id }) => `The settings or tags of event source mapping ${id} cannot be read.`,
  },
];

function sayGroup({ queue, group_id, key, first_key, ready_at, rank, visible_at, first_rank }: Row): string {
  const group = `Group ${JSON.stringify(group_id)} of queue ${queue}`;
  if (key === null) return `${group} has no messages, so it should not exist.`;
  if (ready_at === visible_at && key === first_key) return `${group} has the rank ${rank} instead of ${first_rank}.`;
  return `${group} is ready at ${ready_at} with message ${first_key}, instead of at ${visible_at} with message ${key}.`;
}
