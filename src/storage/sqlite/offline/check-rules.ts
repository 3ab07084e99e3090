/**
 * What has to be true of the tables together, as statements that find the rows for which it is not. What a row says by
 * itself, the tables' own constraints hold; how these things come to be true is said in counts.ts, groups.ts, numbers.ts.
 */

// The rows are what the statement beside them selects.
// biome-ignore lint/suspicious/noExplicitAny: each rule names the columns that it reads
type Row = Record<string, any>;

interface Rule {
  /** Completes "looking at …". */
  about: string;
  sql: string;
  say(row: Row): string;
}

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
      `The queue ${row.queue} counts ${row.visible} visible, ${row.in_flight} in flight and ${row.delayed} delayed messages; ` +
      `it has ${row.found_visible}, ${row.found_in_flight} and ${row.found_delayed}.`,
  },
  {
    about: 'messages and their contents',
    sql: `SELECT key, generation, body IS NULL AS empty FROM messages FULL JOIN contents USING (key)
      WHERE generation IS NULL OR body IS NULL`,
    say: ({ key, generation, empty }) =>
      empty
        ? `Message ${key} of generation ${generation} has no content.`
        : `The content ${key} belongs to no message.`,
  },
  {
    about: 'what belongs to no queue',
    sql: `SELECT 'messages' AS things, generation, count(*) AS count FROM messages
      WHERE generation NOT IN (${KNOWN_GENERATIONS}) GROUP BY generation
      UNION ALL
      SELECT 'message groups', generation, count(*) FROM groups
      WHERE generation NOT IN (${KNOWN_GENERATIONS}) GROUP BY generation`,
    say: ({ count, things, generation }) =>
      `${count} ${things} are of generation ${generation}, which no queue has or had.`,
  },
  {
    about: 'generations',
    sql: `SELECT generation, count(*) AS owners FROM (
        SELECT generation FROM queues UNION ALL SELECT generation FROM abandoned
      ) GROUP BY generation HAVING owners > 1`,
    say: ({ generation, owners }) =>
      `Generation ${generation} has ${owners} owners: queues, or the list of abandoned ones.`,
  },
  {
    about: 'the groups of messages',
    sql: `SELECT ${OF_QUEUE}, m.key, m.group_number, c.group_id
      FROM queues q JOIN messages m USING (generation) JOIN contents c ON c.key = m.key
        LEFT JOIN groups g ON g.number = m.group_number AND g.generation = m.generation
      WHERE CASE WHEN fifo THEN coalesce(m.group_number, 0) <= 0
          WHEN c.group_id IS NULL THEN m.group_number IS NOT NULL ELSE coalesce(m.group_number, 0) >= 0 END
        OR m.group_number IS NOT NULL AND g.group_id IS NOT coalesce(c.group_id, '')`,
    say: (row) =>
      `Message ${row.key} of the queue ${row.queue}, of group ${JSON.stringify(row.group_id)}, has the group number ` +
      `${row.group_number}, which is not that group's.`,
  },
  {
    about: 'message groups of FIFO queues',
    sql: `SELECT ${OF_QUEUE}, g.group_id, g.first_key, g.ready_at, m.key, m.visible_at
      FROM queues q JOIN groups g USING (generation) LEFT JOIN messages m ON m.generation = g.generation AND m.key = (
        SELECT key FROM messages INDEXED BY messages_by_group
        WHERE generation = g.generation AND group_number = g.number AND group_number > 0 ORDER BY key LIMIT 1)
      WHERE fifo AND (g.first_key IS NOT m.key OR g.ready_at IS NOT m.visible_at)`,
    say: sayGroup,
  },
  {
    about: 'tenants of standard queues',
    sql: `SELECT ${OF_QUEUE}, g.group_id, g.first_key, g.ready_at, m.key, m.visible_at
      FROM queues q JOIN groups g USING (generation) LEFT JOIN messages m ON m.generation = g.generation AND m.key = (
        SELECT key FROM messages INDEXED BY messages_by_tenant
        WHERE generation = g.generation AND group_number = g.number AND group_number < 0
        ORDER BY visible_at, key <> g.first_key LIMIT 1)
      WHERE NOT fifo AND (g.first_key IS NOT m.key OR g.ready_at IS NOT m.visible_at)`,
    say: sayGroup,
  },
  {
    about: 'what messages went through',
    sql: `SELECT generation, key FROM messages
      WHERE (receives + earlier_receives > 0) <> (first_received_at IS NOT NULL) OR receives < 0 OR earlier_receives < 0`,
    say: ({ generation, key }) => `Message ${key} of generation ${generation} has receives that contradict each other.`,
  },
  {
    about: 'numbers that were given out',
    sql: `SELECT things, max(highest) AS highest, (SELECT max(value) FROM numbers) AS reserved FROM (
        SELECT 'messages' AS things, max(key) AS highest FROM messages
        UNION ALL SELECT 'contents', max(key) FROM contents
        UNION ALL SELECT 'messages', max(generation) FROM messages
        UNION ALL SELECT 'queues', max(max(id), max(generation)) FROM queues
        UNION ALL SELECT 'abandoned generations', max(generation) FROM abandoned
        UNION ALL SELECT 'message groups', max(abs(number)) FROM groups
        UNION ALL SELECT 'deduplications', max(max(generation), max(message_key)) FROM deduplications
        UNION ALL SELECT 'receive attempts', max(generation) FROM attempts
        UNION ALL SELECT 'move tasks', max(number) FROM move_tasks
        UNION ALL SELECT 'eras of receipts', max(to_era) FROM void_eras
      ) GROUP BY things HAVING highest >= coalesce(reserved, 0)`,
    say: ({ things, highest, reserved }) =>
      `Among ${things} there is the number ${highest}, and only those below ${reserved ?? 0} were given out: it may be given again.`,
  },
  {
    about: 'the row of numbers',
    sql: 'SELECT count(*) AS count FROM numbers HAVING count <> 1',
    say: ({ count }) => `The table of numbers has ${count} rows in place of one.`,
  },
  {
    about: 'attributes and tags',
    sql: `SELECT ${OF_QUEUE} FROM queues q
      WHERE NOT (json_valid(attributes) AND json_valid(tags))
        OR json_type(attributes) <> 'array' OR json_type(tags) <> 'array'`,
    say: ({ queue }) => `The attributes or tags of the queue ${queue} cannot be read.`,
  },
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
      lost ? `The move task ${task_id} has no source queue.` : `The move task ${task_id} is in a state that cannot be.`,
  },
];

function sayGroup({ queue, group_id, key, first_key }: Row): string {
  const group = `The group ${JSON.stringify(group_id)} of the queue ${queue}`;
  if (key === null) return `${group} has no messages, and ought to be gone.`;
  return `${group} is ready by message ${first_key}; it has to be by message ${key}, from when that is visible.`;
}
