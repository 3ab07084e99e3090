/**
 * The tables, as the list of steps that made them. A database carries the number of steps that it has had
 * (`PRAGMA user_version`); a newer Squab appends steps and never edits one that was released.
 */

export const migrations: readonly string[] = [
  `
  -- Numbers below value were or may have been given out already: as keys of messages, ids of queues, generations.
  CREATE TABLE numbers (
    value INTEGER NOT NULL
  ) STRICT;
  INSERT INTO numbers VALUES (1);

  -- A queue's messages carry its generation. A purge gives the queue a new one and is done, however deep the queue is.
  -- The three counts are those of the instant counted_at; see counts.ts.
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

  -- Generations whose messages are only waiting to be freed.
  CREATE TABLE abandoned (
    generation INTEGER PRIMARY KEY
  ) STRICT;

  -- What changes while a message waits, apart from what never does: a receive rewrites some dozen bytes, not the body.
  -- Keys grow with the time of sending, so the first rows of a generation are its oldest messages.
  -- Numbers of message groups are positive in FIFO queues, negative in standard queues, where a group is a tenant.
  CREATE TABLE messages (
    generation        INTEGER NOT NULL,
    key               INTEGER NOT NULL,
    sent_at           INTEGER NOT NULL,
    visible_at        INTEGER NOT NULL,
    receives          INTEGER NOT NULL,
    earlier_receives  INTEGER NOT NULL, -- in the queues that the message was in before
    first_received_at INTEGER,
    source_arn        TEXT,             -- of the queue that gave it up
    group_number      INTEGER,
    PRIMARY KEY (generation, key)
  ) STRICT, WITHOUT ROWID;

  -- The one index on the path of a receive.
  CREATE INDEX messages_by_visible_at ON messages (generation, visible_at);

  CREATE INDEX messages_by_group ON messages (generation, group_number, key) WHERE group_number > 0;

  CREATE INDEX messages_by_tenant ON messages (generation, group_number, visible_at, receives) WHERE group_number < 0;

  -- The message groups that have messages. One of a FIFO queue is ready when its first message is visible, and only then
  -- has it something to deliver; see groups.ts, and for those of standard queues tenants.ts.
  CREATE TABLE groups (
    number     INTEGER PRIMARY KEY,
    generation INTEGER NOT NULL,
    group_id   TEXT    NOT NULL,
    ready_at   INTEGER NOT NULL,
    first_key  INTEGER NOT NULL, -- of the first message
    UNIQUE (generation, group_id)
  ) STRICT;

  CREATE INDEX groups_by_ready_at ON groups (generation, ready_at, first_key);

  -- What was sent to a FIFO queue lately, also when it is deleted already.
  CREATE TABLE deduplications (
    generation        INTEGER NOT NULL,
    deduplication_key TEXT    NOT NULL,
    message_id        TEXT    NOT NULL,
    message_key       INTEGER NOT NULL,
    expires_at        INTEGER NOT NULL,
    PRIMARY KEY (generation, deduplication_key)
  ) STRICT, WITHOUT ROWID;

  CREATE INDEX deduplications_by_expiry ON deduplications (expires_at);

  -- What receives with an attempt id handed out lately, so that they can be repeated.
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

  -- Message move tasks; numbers grow with the time of the start.
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
  -- Receipts of the eras from one to before the other were made void by a restored snapshot; see eras.ts.
  CREATE TABLE void_eras (
    from_era INTEGER PRIMARY KEY,
    to_era   INTEGER NOT NULL
  ) STRICT;
  `,
];
