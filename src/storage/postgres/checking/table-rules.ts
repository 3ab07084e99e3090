/**
 * The rules for the tables as a whole, each with a statement that selects the offending rows. The tables' own
 * constraints cover single rows. For the reasons behind the rules see counts.ts, group-table.ts and schema.ts.
 */

import { isJson, type Row, type Rule } from './rule.ts';
import { topicRules } from './topic-table-rules.ts';

const KNOWN_GENERATIONS = 'SELECT generation FROM squab.queues UNION SELECT generation FROM squab.abandoned';
/** Unlike a look at the sequence itself, this needs no other rights than those of a node. */
const ISSUED = `coalesce(pg_sequence_last_value('squab.numbers'::regclass), 0)`;
const OF_QUEUE = `q.account || '/' || q.region || '/' || q.name AS queue`;

export const tableRules: readonly Rule[] = [
  {
    about: 'the counts of queues',
    sql: `SELECT ${OF_QUEUE}, coalesce(counted.messages, 0) AS messages, coalesce(found.messages, 0) AS found
      FROM squab.queues q
        LEFT JOIN (SELECT generation, sum(messages) AS messages FROM squab.counts GROUP BY 1) counted USING (generation)
        LEFT JOIN (SELECT generation, count(*) AS messages FROM squab.messages GROUP BY 1) found USING (generation)
      WHERE coalesce(counted.messages, 0) <> coalesce(found.messages, 0)`,
    say: ({ queue, messages, found }) => `Queue ${queue} counts ${messages} messages, but contains ${found}.`,
  },
  {
    about: 'the counts of hidden messages',
    sql: `SELECT ${OF_QUEUE}, second, coalesce(c.in_flight, 0) AS in_flight, coalesce(c.delayed, 0) AS delayed,
        coalesce(f.in_flight, 0) AS found_in_flight, coalesce(f.delayed, 0) AS found_delayed
      FROM (SELECT generation, second, sum(in_flight) AS in_flight, sum(delayed) AS delayed
          FROM squab.hidden GROUP BY 1, 2) c
        FULL JOIN (SELECT generation, visible_at / 1000 AS second, count(*) FILTER (WHERE receives > 0) AS in_flight,
            count(*) FILTER (WHERE receives = 0) AS delayed
          FROM squab.messages WHERE visible_at > sent_at GROUP BY 1, 2) f USING (generation, second)
        JOIN squab.queues q USING (generation)
      WHERE coalesce(c.in_flight, 0) <> coalesce(f.in_flight, 0) OR coalesce(c.delayed, 0) <> coalesce(f.delayed, 0)
      ORDER BY 1, 2`,
    say: (row) =>
      `Queue ${row.queue} counts ${row.in_flight} in-flight and ${row.delayed} delayed messages that become visible in ` +
      `second ${row.second}, but contains ${row.found_in_flight} and ${row.found_delayed}.`,
  },
  {
    about: 'messages and their contents',
    sql: `SELECT key, m.generation, c.generation AS other, m.sent_at, c.sent_at AS sent_too
      FROM squab.messages m FULL JOIN squab.contents c USING (key)
      WHERE m.generation IS DISTINCT FROM c.generation OR m.sent_at IS DISTINCT FROM c.sent_at`,
    say: ({ key, generation, other }) => {
      if (generation === null) return `Content ${key} belongs to no message.`;
      if (other === null) return `Message ${key} of generation ${generation} has no content.`;
      return `Message ${key} of generation ${generation} and its content have different generations or times.`;
    },
  },
  {
    about: 'messages and groups without a queue',
    sql: `SELECT things, generation, count(*) AS count FROM (
        SELECT 'Messages' AS things, generation FROM squab.messages
        UNION ALL SELECT 'Message groups', generation FROM squab.groups) known
      WHERE generation NOT IN (${KNOWN_GENERATIONS}) GROUP BY 1, 2`,
    say: ({ count, things, generation }) =>
      `${things} of generation ${generation}, which never belonged to a queue: ${count}.`,
  },
  {
    about: 'generations',
    sql: `SELECT generation, count(*) AS owners FROM (
        SELECT generation FROM squab.queues UNION ALL SELECT generation FROM squab.abandoned) owned
      GROUP BY generation HAVING count(*) > 1`,
    say: ({ generation, owners }) =>
      `Generation ${generation} has ${owners} owners among the queues and the abandoned generations, instead of one.`,
  },
  {
    about: 'queues whose verbs do not lock them',
    sql: `SELECT ${OF_QUEUE} FROM squab.queues q
      WHERE NOT serial AND (fifo OR EXISTS (SELECT FROM squab.groups g WHERE g.generation = q.generation))`,
    say: ({ queue }) => `Queue ${queue} has message groups, but is not serial.`,
  },
  {
    about: 'the group numbers of messages',
    sql: `SELECT ${OF_QUEUE}, m.key, m.group_number, c.group_id
      FROM squab.queues q JOIN squab.messages m USING (generation) JOIN squab.contents c ON c.key = m.key
        LEFT JOIN squab.groups g ON g.number = m.group_number AND g.generation = m.generation
      WHERE CASE WHEN fifo THEN coalesce(m.group_number, 0) <= 0
          WHEN c.group_id IS NULL THEN m.group_number IS NOT NULL ELSE coalesce(m.group_number, 0) >= 0 END
        OR m.group_number IS NOT NULL AND g.group_id IS DISTINCT FROM coalesce(c.group_id, '')
        OR m.line <> CASE WHEN m.group_number IS NULL THEN 0 ELSE 1 END`,
    say: (row) =>
      `Message ${row.key} of queue ${row.queue} is in group ${JSON.stringify(row.group_id)}, but its group number ` +
      `${row.group_number} is not that group's.`,
  },
  {
    about: 'message groups of FIFO queues',
    sql: `SELECT ${OF_QUEUE}, g.group_id, g.first_key, g.ready_at, g.rank, m.key, m.visible_at, m.rank AS first_rank
      FROM squab.queues q JOIN squab.groups g USING (generation) LEFT JOIN LATERAL (
        SELECT key, visible_at, rank FROM squab.messages
        WHERE generation = g.generation AND group_number = g.number ORDER BY key LIMIT 1) m ON true
      WHERE fifo AND (g.first_key IS DISTINCT FROM m.key OR g.ready_at IS DISTINCT FROM m.visible_at
        OR g.rank IS DISTINCT FROM m.rank)`,
    say: sayGroup,
  },
  {
    about: 'tenants of standard queues',
    sql: `SELECT ${OF_QUEUE}, g.group_id, g.first_key, g.ready_at, g.rank, m.key, m.visible_at, m.rank AS first_rank
      FROM squab.queues q JOIN squab.groups g USING (generation) LEFT JOIN LATERAL (
        SELECT key, visible_at, rank FROM squab.messages WHERE generation = g.generation AND group_number = g.number
        ORDER BY visible_at, rank, key <> g.first_key LIMIT 1) m ON true
      WHERE NOT fifo AND (g.first_key IS DISTINCT FROM m.key OR g.ready_at IS DISTINCT FROM m.visible_at
        OR g.rank IS DISTINCT FROM m.rank)`,
    say: sayGroup,
  },
  {
    about: 'the receives of messages',
    sql: `SELECT generation, key FROM squab.messages
      WHERE (receives + earlier_receives > 0) <> (first_received_at IS NOT NULL) OR receives < 0 OR earlier_receives < 0`,
    say: ({ generation, key }) =>
      `Message ${key} of generation ${generation} has contradictory records of its receives.`,
  },
  {
    about: 'issued numbers',
    sql: `SELECT things, max(highest) AS highest, ${ISSUED} AS issued FROM (
        SELECT 'messages' AS things, max(greatest(key, generation)) AS highest FROM squab.messages
        UNION ALL SELECT 'places in line', max(rank) FROM squab.messages
        UNION ALL SELECT 'contents', max(key) FROM squab.contents
        UNION ALL SELECT 'queues', max(greatest(id, generation)) FROM squab.queues
        UNION ALL SELECT 'abandoned generations', max(generation) FROM squab.abandoned
        UNION ALL SELECT 'message groups', max(abs(number)) FROM squab.groups
        UNION ALL SELECT 'deduplications', max(greatest(generation, message_key)) FROM squab.deduplications
        UNION ALL SELECT 'receive attempts', max(generation) FROM squab.attempts
        UNION ALL SELECT 'move tasks', max(number) FROM squab.move_tasks
        UNION ALL SELECT 'event source mappings', max(place) FROM squab.mappings
        UNION ALL SELECT 'eras of receipts', max(to_era) FROM squab.void_eras
        UNION ALL SELECT 'topics', max(id) FROM squab.topics
        UNION ALL SELECT 'subscriptions', max(place) FROM squab.subscriptions
        UNION ALL SELECT 'publications', max(sequence) FROM squab.publications
      ) used GROUP BY things HAVING max(highest) > ${ISSUED}`,
    say: ({ things, highest, issued }) =>
      `Number ${highest} is in use among ${things}, but only numbers up to ${issued} were issued: it may be issued again.`,
  },
  {
    about: 'tables with one row',
    sql: `SELECT name, count FROM (SELECT 'steps' AS name, count(*) AS count FROM squab.steps
        UNION ALL SELECT 'catalogue', count(*) FROM squab.catalogue
        UNION ALL SELECT 'receipt_secret', count(*) FROM squab.receipt_secret WHERE length(key) = 32) counted
      WHERE count <> 1`,
    say: ({ name, count }) => `The table ${name} has ${count} valid rows instead of one.`,
  },
  {
    about: 'attributes and tags',
    sql: `SELECT ${OF_QUEUE}, attributes, tags FROM squab.queues q`,
    isWrong: ({ attributes, tags }) => !isJson(attributes, 'array') || !isJson(tags, 'array'),
    say: ({ queue }) => `The attributes or tags of queue ${queue} cannot be read.`,
  },
  ...topicRules,
  {
    about: 'message move tasks',
    sql: `SELECT task_id FROM squab.move_tasks t
      WHERE moved < 0 OR status NOT IN ('RUNNING', 'COMPLETED', 'CANCELLING', 'CANCELLED', 'FAILED')
        OR status IN ('RUNNING', 'CANCELLING') AND EXISTS (
          SELECT 1 FROM squab.move_tasks later WHERE later.source_id = t.source_id AND later.number > t.number)`,
    say: ({ task_id }) => `Move task ${task_id} is in an impossible state.`,
  },
  {
    about: 'event source mappings',
    sql: 'SELECT id, settings, tags, revision FROM squab.mappings',
    isWrong: ({ settings, tags, revision }) => !isJson(settings, 'object') || !isJson(tags, 'array') || revision < 0,
    say: ({ id }) => `The settings or tags of event source mapping ${id} cannot be read.`,
  },
  {
    about: 'message attributes',
    sql: 'SELECT key, message_id, attributes FROM squab.contents WHERE attributes IS NOT NULL',
    isWrong: ({ attributes }) => !isJson(attributes, 'array'),
    say: ({ key, message_id }) => `The attributes of message ${message_id} (${key}) cannot be read.`,
  },
  {
    about: 'the bodies of messages',
    sql: `SELECT key, message_id FROM squab.contents WHERE md5(convert_to(body, 'UTF8')) <> body_md5`,
    say: ({ message_id, key }) => `The body of message ${message_id} (${key}) was altered.`,
  },
];

function sayGroup({ queue, group_id, key, first_key, ready_at, rank, visible_at, first_rank }: Row): string {
  const group = `Group ${JSON.stringify(group_id)} of queue ${queue}`;
  if (key === null) return `${group} has no messages, so it should not exist.`;
  if (ready_at === visible_at && key === first_key) return `${group} has the rank ${rank} instead of ${first_rank}.`;
  return `${group} is ready at ${ready_at} with message ${first_key}, instead of at ${visible_at} with message ${key}.`;
}
