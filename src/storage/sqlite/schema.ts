/**
 * The tables, as a list of migration steps. A database stores how many steps have run on it (`PRAGMA user_version`). A
 * newer Squab appends steps, and never edits one that has been released.
 */

export const migrations: readonly string[] = [
  `
  -- Numbers below value may have been issued already: as message keys, queue IDs or generations, for example.
  CREATE TABLE numbers (
    value INTEGER NOT NULL
  ) STRICT;
  INSERT INTO numbers VALUES (1);

  -- A queue's messages carry its generation. A purge only gives the queue a new generation, however deep the queue is.
  -- The three counts are those at the instant counted_at; see counts.ts.
  CREATE TABLE queues (
    id           INTEGER PRIMARY KEY,
    account      TEXT    NOT NULL,
    region       TEXT    NOT NULL,
    name         TEXT    NOT NULL,
    fifo         INTEGER NOT NULL,
    created_at   INTEGER NOT NULL,
    modified_at  INTEGER NOT NULL,
    retention_ms INTEGER NOT NULL,
    attributes   TEXT    NOT NULL,
    tags         TEXT    NOT NULL,
    generation   INTEGER NOT NULL,
    visible      INTEGER NOT NULL DEFAULT 0,
    in_flight    INTEGER NOT NULL DEFAULT 0,
    delayed      INTEGER NOT NULL DEFAULT 0,
    counted_at   INTEGER NOT NULL,
    UNIQUE (account, region, name)
  ) STRICT;

  -- Generations that no queue uses any more, and whose messages are waiting to be freed.
  CREATE TABLE abandoned (
    generation INTEGER PRIMARY KEY
  ) STRICT;

  -- The columns that change are kept apart from the content: a receive rewrites a few dozen bytes, not the body.
  -- Keys are in the order of sending, so the first rows of a generation are its oldest messages.
  -- Group numbers are positive in FIFO queues, and negative in standard queues, where a group is a tenant.
  CREATE TABLE messages (
    generation        INTEGER NOT NULL,
    key               INTEGER NOT NULL,
    sent_at           INTEGER NOT NULL,
    visible_at        INTEGER NOT NULL,
    receives          INTEGER NOT NULL,
    earlier_receives  INTEGER NOT NULL, -- in the queues that the message was in before
    first_received_at INTEGER,
    source_arn        TEXT,             -- of the queue that dead-lettered it
    group_number      INTEGER,
    PRIMARY KEY (generation, key)
  ) STRICT, WITHOUT ROWID;

  -- The only index that a receive from a standard queue without groups uses or changes.
  CREATE INDEX messages_by_visible_at ON messages (generation, visible_at);

  CREATE INDEX messages_by_group ON messages (generation, group_number, key) WHERE group_number > 0;

  CREATE INDEX messages_by_tenant ON messages (generation, group_number, visible_at, receives) WHERE group_number < 0;

  -- The message groups that have messages. A group of a FIFO queue is ready, and has something to deliver, exactly when
  -- its first message is visible; see groups.ts. For groups of standard queues see tenants.ts.
  CREATE TABLE groups (
    number     INTEGER PRIMARY KEY,
    generation INTEGER NOT NULL,
    group_id   TEXT    NOT NULL,
    ready_at   INTEGER NOT NULL,
    first_key  INTEGER NOT NULL, -- of the first message
    UNIQUE (generation, group_id)
  ) STRICT;

  CREATE INDEX groups_by_ready_at ON groups (generation, ready_at, first_key);

  -- Recent sends to FIFO queues, kept even if the message has been deleted.
  CREATE TABLE deduplications (
    generation        INTEGER NOT NULL,
    deduplication_key TEXT    NOT NULL,
    message_id        TEXT    NOT NULL,
    message_key       INTEGER NOT NULL,
    expires_at        INTEGER NOT NULL,
    PRIMARY KEY (generation, deduplication_key)
  ) STRICT, WITHOUT ROWID;

  CREATE INDEX deduplications_by_expiry ON deduplications (expires_at);

  -- The messages that recent receives with an attempt ID handed out, so that the receives can be repeated.
  CREATE TABLE attempts (
    generation  INTEGER NOT NULL,
    attempt_id  TEXT    NOT NULL,
    receipts    TEXT    NOT NULL,
    received_at INTEGER NOT NULL,
    visible_at  INTEGER NOT NULL,
    expires_at  INTEGER NOT NULL,
    PRIMARY KEY (generation, attempt_id)
  ) STRICT, WITHOUT ROWID;

  CREATE INDEX attempts_by_expiry ON attempts (expires_at);

  CREATE TABLE contents (
    key              INTEGER PRIMARY KEY,
    message_id       TEXT NOT NULL,
    body             TEXT NOT NULL,
    body_md5         TEXT NOT NULL,
    attributes       TEXT,
    sender_id        TEXT NOT NULL,
    trace_header     TEXT,
    group_id         TEXT,
    deduplication_id TEXT
  ) STRICT;

  -- Message move tasks; numbers are in the order of their start.
  CREATE TABLE move_tasks (
    number          INTEGER PRIMARY KEY,
    task_id         TEXT    NOT NULL UNIQUE,
    source_id       INTEGER NOT NULL REFERENCES queues ON DELETE CASCADE,
    destination_arn TEXT,
    per_second      INTEGER,
    status          TEXT    NOT NULL,
    started_at      INTEGER NOT NULL,
    to_move         INTEGER NOT NULL,
    moved           INTEGER NOT NULL,
    failure_reason  TEXT
  ) STRICT;
  CREATE INDEX move_tasks_by_source ON move_tasks (source_id, number);
  `,
  `
  -- Restored snapshots made the receipts of these eras void: from_era and later, before to_era. See eras.ts.
  CREATE TABLE void_eras (
    from_era INTEGER PRIMARY KEY,
    to_era   INTEGER NOT NULL
  ) STRICT;
  `,
  `
  -- Authenticates receipt handles; one row. Those issued before this step have only a checksum, and are accepted for
  -- messages with keys below checksummed_below: up to the last one that had been received. The operating system seeds
  -- randomblob().
  CREATE TABLE receipt_secret (
    key               BLOB    NOT NULL,
    checksummed_below INTEGER NOT NULL
  ) STRICT;
  INSERT INTO receipt_secret SELECT randomblob(32), coalesce(max(key), -1) + 1 FROM messages WHERE receives > 0;
  `,
  `
  -- Orders messages that became visible at the same instant: the message's key, or the number of the verb that put the
  -- message at the back of the line. Both are numbers of numbers.ts, so the later is the greater one.
  ALTER TABLE messages ADD COLUMN rank INTEGER NOT NULL DEFAULT 0;
  UPDATE messages SET rank = key;
  ALTER TABLE groups ADD COLUMN rank INTEGER NOT NULL DEFAULT 0; -- of the first message
  UPDATE groups SET rank = first_key;

  -- Messages without a group have a line of their own, so that those behind any number of others are found at once.
  DROP INDEX messages_by_visible_at;
  CREATE INDEX messages_by_visible_at ON messages (generation, group_number IS NOT NULL, visible_at, rank);

  DROP INDEX messages_by_tenant;
  CREATE INDEX messages_by_tenant ON messages (generation, group_number, visible_at, rank, key, receives)
    WHERE group_number < 0;

  DROP INDEX groups_by_ready_at;
  CREATE INDEX groups_by_ready_at ON groups (generation, ready_at, rank, first_key);
  `,
  `
  -- Topics and subscriptions. A subscription keeps the key of its topic, which may have been deleted (detached_at). Its
  -- backlog is a hidden queue. Places are in the order of creation.
  CREATE TABLE topics (
    id         INTEGER PRIMARY KEY,
    account    TEXT    NOT NULL,
    region     TEXT    NOT NULL,
    name       TEXT    NOT NULL,
    fifo       INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    attributes TEXT    NOT NULL,
    tags       TEXT    NOT NULL,
    UNIQUE (account, region, name)
  ) STRICT;

  CREATE TABLE subscriptions (
    place       INTEGER PRIMARY KEY,
    id          TEXT    NOT NULL UNIQUE,
    topic_id    INTEGER NOT NULL,
    account     TEXT    NOT NULL, -- of the topic, as the next two
    region      TEXT    NOT NULL,
    name        TEXT    NOT NULL,
    owner       TEXT    NOT NULL,
    protocol    TEXT    NOT NULL,
    endpoint    TEXT    NOT NULL,
    attributes  TEXT    NOT NULL,
    token       TEXT    UNIQUE,
    confirmed   INTEGER NOT NULL,
    backlog_id  INTEGER UNIQUE,
    created_at  INTEGER NOT NULL,
    detached_at INTEGER
  ) STRICT;

  -- Recent publications to FIFO topics.
  CREATE TABLE publications (
    topic_id          INTEGER NOT NULL,
    deduplication_key TEXT    NOT NULL,
    message_id        TEXT    NOT NULL,
    sequence          INTEGER NOT NULL,
    expires_at        INTEGER NOT NULL,
    PRIMARY KEY (topic_id, deduplication_key)
  ) STRICT, WITHOUT ROWID;

  CREATE INDEX publications_by_expiry ON publications (expires_at);

  -- Texts that belong to the data, such as a key with which notifications are signed.
  CREATE TABLE texts (
    name TEXT PRIMARY KEY,
    text TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;
  `,
  `
  -- Event source mappings. Their queues need not exist.
  CREATE TABLE mappings (
    place         INTEGER PRIMARY KEY, -- in lists; a number of numbers.ts
    id            TEXT    NOT NULL UNIQUE,
    account       TEXT    NOT NULL,
    region        TEXT    NOT NULL,
    queue_account TEXT    NOT NULL,
    queue_region  TEXT    NOT NULL,
    queue_name    TEXT    NOT NULL,
    function_arn  TEXT    NOT NULL,
    settings      TEXT    NOT NULL,
    tags          TEXT    NOT NULL,
    created_at    INTEGER NOT NULL,
    modified_at   INTEGER NOT NULL,
    revision      INTEGER NOT NULL,
    UNIQUE (queue_account, queue_region, queue_name, function_arn)
  ) STRICT;
  `,
  `
  -- The latest of the recent sends to FIFO queues, in their order; they move to deduplications together. See
  -- recent-sends.ts.
  CREATE TABLE latest_sends (
    message_key       INTEGER PRIMARY KEY,
    generation        INTEGER NOT NULL,
    deduplication_key TEXT    NOT NULL,
    message_id        TEXT    NOT NULL,
    expires_at        INTEGER NOT NULL
  ) STRICT;
  `,
  `
  -- The messages of tenants that have been received, so that those in flight are counted without looking at delayed ones.
  CREATE INDEX received_by_tenant ON messages (generation, group_number, visible_at)
    WHERE group_number < 0 AND receives > 0;
  `,
];
