/**
 * The tables, as a list of migration steps. A database stores how many steps have run on it (`squab.steps`). A newer
 * Squab appends steps, and never edits one that has been released. A step is additive, so that a node of the previous
 * version can work beside a newer one. Everywhere in this folder, `squab.` stands for the schema that the options name.
 */

export const migrations: readonly string[] = [
  `
  -- Message keys, queue IDs, generations, group numbers, ranks, eras. Without a cache: a cached block would give a later
  -- message of a FIFO queue a smaller key.
  CREATE SEQUENCE squab.numbers AS bigint CACHE 1;

  -- A queue's messages carry its generation. A purge only gives the queue a new generation, however deep the queue is.
  CREATE TABLE squab.queues (
    id           bigint  PRIMARY KEY,
    account      text    COLLATE "C" NOT NULL,
    region       text    COLLATE "C" NOT NULL,
    name         text    COLLATE "C" NOT NULL,
    fifo         boolean NOT NULL,
    serial       boolean NOT NULL, -- whether all its verbs lock this row: FIFO queues, and those that have had tenants
    version      bigint  NOT NULL, -- grows with each change of this row, so that a node notices that its copy is old
    created_at   bigint  NOT NULL,
    modified_at  bigint  NOT NULL,
    retention_ms bigint  NOT NULL,
    attributes   text    NOT NULL,
    tags         text    NOT NULL,
    generation   bigint  NOT NULL UNIQUE,
    UNIQUE (account, region, name)
  );

  -- Generations that no queue uses any more. They stay for a minute after they are empty: a send that began before a
  -- purge may commit after it. The minute is measured by the database's clock, since it is about transactions.
  CREATE TABLE squab.abandoned (
    generation bigint PRIMARY KEY,
    empty_at   timestamptz
  );

  -- The columns that change are kept apart from the content: a receive writes a few dozen bytes, not the body.
  -- The primary key is the key alone. With the generation before it, PostgreSQL before 17 would look up an array of keys
  -- (key = ANY) by reading the whole generation, if it made the plan while there were few messages.
  -- Group numbers are positive in FIFO queues, and negative in standard queues, where a group is a tenant.
  CREATE TABLE squab.messages (
    generation        bigint   NOT NULL,
    key               bigint   PRIMARY KEY,
    sent_at           bigint   NOT NULL,
    visible_at        bigint   NOT NULL,
    rank              bigint   NOT NULL, -- orders messages that became visible at the same instant
    line              smallint NOT NULL, -- 0 without a group, 1 with one
    receives          integer  NOT NULL,
    earlier_receives  integer  NOT NULL, -- in the queues that the message was in before
    first_received_at bigint,
    source_arn        text,              -- of the queue that dead-lettered it
    group_number      bigint
  ) WITH (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 5000,
          autovacuum_vacuum_cost_delay = 0, autovacuum_analyze_scale_factor = 0.1);

  -- The only other index that a standard queue's messages are in. Its condition is always true. It keeps the index away
  -- from statements that do not mention the line, such as those by keys: while the table is small, the planner would
  -- prefer it to the primary key, and keep that plan.
  CREATE INDEX messages_by_visible_at ON squab.messages (generation, line, visible_at, rank, key) WHERE line >= 0;

  CREATE INDEX messages_by_group ON squab.messages (generation, group_number, key) WHERE group_number > 0;

  CREATE INDEX messages_by_tenant ON squab.messages (generation, group_number, visible_at, rank, key, receives)
    WHERE group_number < 0;

  -- A receive does not write this table, so the age of messages is indexed here at no cost to receives.
  CREATE TABLE squab.contents (
    key              bigint PRIMARY KEY,
    generation       bigint NOT NULL,
    sent_at          bigint NOT NULL,
    message_id       text   NOT NULL,
    body             text   NOT NULL,
    body_md5         text   NOT NULL,
    attributes       text,
    sender_id        text   NOT NULL,
    trace_header     text,
    group_id         text,
    deduplication_id text
  ) WITH (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 5000,
          autovacuum_vacuum_cost_delay = 0, autovacuum_analyze_scale_factor = 0.1);
  ALTER TABLE squab.contents ALTER COLUMN body SET STORAGE EXTERNAL;
  -- As above, its condition keeps it away from statements by keys, which do not mention that the generation is positive.
  CREATE INDEX contents_by_age ON squab.contents (generation, sent_at, key) WHERE generation > 0;

  -- The number of messages of a generation is the sum over its slots. A slot is a number of a connection, so that
  -- transactions do not wait for each other's rows.
  CREATE TABLE squab.counts (
    generation bigint   NOT NULL,
    slot       smallint NOT NULL,
    messages   bigint   NOT NULL,
    PRIMARY KEY (generation, slot)
  ) WITH (fillfactor = 30, autovacuum_vacuum_threshold = 500);

  -- Messages whose visible_at is later than their sent_at, by the second in which they become visible (visible_at / 1000,
  -- rounded down). Those that have been received are counted in in_flight, the others in delayed.
  CREATE TABLE squab.hidden (
    generation bigint   NOT NULL,
    second     bigint   NOT NULL,
    slot       smallint NOT NULL,
    in_flight  bigint   NOT NULL,
    delayed    bigint   NOT NULL,
    PRIMARY KEY (generation, second, slot)
  ) WITH (fillfactor = 50, autovacuum_vacuum_threshold = 500);

  -- The message groups that have messages. A group of a FIFO queue is ready, and has something to deliver, exactly when
  -- its first message is visible.
  CREATE TABLE squab.groups (
    number     bigint PRIMARY KEY,
    generation bigint NOT NULL,
    group_id   text   COLLATE "C" NOT NULL,
    ready_at   bigint NOT NULL,
    first_key  bigint NOT NULL, -- of the first message
    rank       bigint NOT NULL, -- of the first message
    UNIQUE (generation, group_id)
  ) WITH (autovacuum_vacuum_threshold = 500);
  CREATE INDEX groups_by_ready_at ON squab.groups (generation, ready_at, rank, first_key);

  -- Recent sends to FIFO queues, kept even if the message has been deleted.
  CREATE TABLE squab.deduplications (
    generation        bigint NOT NULL,
    deduplication_key text   COLLATE "C" NOT NULL,
    message_id        text   NOT NULL,
    message_key       bigint NOT NULL,
    expires_at        bigint NOT NULL,
    PRIMARY KEY (generation, deduplication_key)
  );
  CREATE INDEX deduplications_by_expiry ON squab.deduplications (expires_at);

  -- The messages that recent receives with an attempt ID handed out, so that the receives can be repeated.
  CREATE TABLE squab.attempts (
    generation  bigint NOT NULL,
    attempt_id  text   COLLATE "C" NOT NULL,
    receipts    text   NOT NULL,
    received_at bigint NOT NULL,
    visible_at  bigint NOT NULL,
    expires_at  bigint NOT NULL,
    PRIMARY KEY (generation, attempt_id)
  );
  CREATE INDEX attempts_by_expiry ON squab.attempts (expires_at);

  -- Message move tasks; numbers are in the order of their start. The node that carries a task out holds it until
  -- runner_until, by the database's clock.
  CREATE TABLE squab.move_tasks (
    number          bigint PRIMARY KEY,
    task_id         text   NOT NULL UNIQUE,
    source_id       bigint NOT NULL REFERENCES squab.queues ON DELETE CASCADE,
    destination_arn text,
    per_second      integer,
    status          text   NOT NULL,
    started_at      bigint NOT NULL,
    to_move         bigint NOT NULL,
    moved           bigint NOT NULL,
    failure_reason  text,
    runner          text,
    runner_until    timestamptz
  );
  CREATE INDEX move_tasks_by_source ON squab.move_tasks (source_id, number);
  CREATE INDEX active_move_tasks ON squab.move_tasks (number) WHERE status IN ('RUNNING', 'CANCELLING');

  -- Restored snapshots made the receipts of these eras void: from_era and later, before to_era.
  CREATE TABLE squab.void_eras (
    from_era bigint PRIMARY KEY,
    to_era   bigint NOT NULL
  );

  -- Authenticates receipt handles; one row, which the migration inserts.
  CREATE TABLE squab.receipt_secret (
    key bytea NOT NULL
  );

  CREATE TABLE squab.topics (
    id         bigint  PRIMARY KEY,
    account    text    COLLATE "C" NOT NULL,
    region     text    COLLATE "C" NOT NULL,
    name       text    COLLATE "C" NOT NULL,
    fifo       boolean NOT NULL,
    attributes text    NOT NULL,
    tags       text    NOT NULL,
    created_at bigint  NOT NULL,
    UNIQUE (account, region, name)
  );

  -- A subscription keeps the key of its topic, which may have been deleted (detached_at). Its backlog is a hidden queue.
  -- Places are in the order of creation.
  CREATE TABLE squab.subscriptions (
    place       bigint  PRIMARY KEY,
    id          text    COLLATE "C" NOT NULL UNIQUE,
    topic_id    bigint  NOT NULL,
    account     text    COLLATE "C" NOT NULL, -- of the topic, as the next two
    region      text    COLLATE "C" NOT NULL,
    name        text    COLLATE "C" NOT NULL,
    owner       text    NOT NULL,
    protocol    text    NOT NULL,
    endpoint    text    NOT NULL,
    attributes  text    NOT NULL,
    token       text    COLLATE "C" UNIQUE,
    confirmed   boolean NOT NULL,
    backlog_id  bigint  UNIQUE,
    created_at  bigint  NOT NULL,
    detached_at bigint
  );

  -- The latest changes: a row for each topic or subscription that was created, changed or removed when catalogue.topics
  -- became this number. A change of everything at once has no rows.
  CREATE TABLE squab.topic_changes (
    number          bigint NOT NULL,
    topic_id        bigint,
    subscription_id text   COLLATE "C"
  );
  CREATE INDEX topic_changes_by_number ON squab.topic_changes (number);

  -- Recent publications to FIFO topics.
  CREATE TABLE squab.publications (
    topic_id          bigint NOT NULL,
    deduplication_key text   COLLATE "C" NOT NULL,
    message_id        text   NOT NULL,
    sequence          bigint NOT NULL,
    expires_at        bigint NOT NULL,
    PRIMARY KEY (topic_id, deduplication_key)
  );
  CREATE INDEX publications_by_expiry ON squab.publications (expires_at);

  -- Texts that belong to the data, such as a key with which notifications are signed.
  CREATE TABLE squab.texts (
    name text COLLATE "C" PRIMARY KEY,
    text text NOT NULL
  );

  -- Event source mappings. Their queues need not exist.
  CREATE TABLE squab.mappings (
    place         bigint PRIMARY KEY,
    id            text   COLLATE "C" NOT NULL UNIQUE,
    account       text   COLLATE "C" NOT NULL,
    region        text   COLLATE "C" NOT NULL,
    queue_account text   COLLATE "C" NOT NULL,
    queue_region  text   COLLATE "C" NOT NULL,
    queue_name    text   COLLATE "C" NOT NULL,
    function_arn  text   NOT NULL,
    settings      text   NOT NULL,
    tags          text   NOT NULL,
    created_at    bigint NOT NULL,
    modified_at   bigint NOT NULL,
    revision      bigint NOT NULL,
    UNIQUE (queue_account, queue_region, queue_name, function_arn)
  );

  -- One row. Each change of topics or subscriptions adds to topics, as does a restored snapshot: a node that finds another
  -- number than it knows reads them again. Changes of mappings lock the row, so that they follow one another.
  CREATE TABLE squab.catalogue (
    topics   bigint NOT NULL,
    mappings bigint NOT NULL,
    restores bigint NOT NULL
  );
  INSERT INTO squab.catalogue VALUES (1, 1, 1);

  -- What follows is about nodes that live now, and may be lost in a crash of the database.
  CREATE UNLOGGED TABLE squab.nodes (
    node       text PRIMARY KEY,
    seen_until timestamptz NOT NULL, -- by the database's clock, as the next two tables
    version    text NOT NULL,
    clock      text NOT NULL         -- 'machine' or 'virtual'
  );

  -- Who waits for messages of which queue.
  CREATE UNLOGGED TABLE squab.waiting (
    queue_id   bigint NOT NULL,
    node       text   NOT NULL,
    wait_until timestamptz NOT NULL,
    PRIMARY KEY (queue_id, node)
  );

  -- Which node does what goes on by itself.
  CREATE UNLOGGED TABLE squab.leases (
    name       text PRIMARY KEY,
    node       text NOT NULL,
    held_until timestamptz NOT NULL
  );
  `,
];
