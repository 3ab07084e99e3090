/**
 * The limits of SQS, each with the sentence that documents it.
 * Sources: API reference; developer guide, the pages on quotas.
 */

/** "The maximum message size is 1 MiB (1,048,576 bytes)"; the same limit applies to the total of a batch. */
export const MESSAGE_BYTES_MAX = 1_048_576;

/** "A message can have up to 10 attributes." */
export const MESSAGE_ATTRIBUTES_MAX = 10;

/** Squab's own limits: far longer than a trace header of X-Ray, or the name of any region. */
export const TRACE_HEADER_MAX = 8192;
export const REGION_MAX = 100;

/** The name and the data type of a message attribute: "up to 256 characters long". */
export const ATTRIBUTE_NAME_MAX = 256;

/** "MaxNumberOfMessages: 1 to 10." */
export const RECEIVE_MESSAGES_MAX = 10;

/** "WaitTimeSeconds: 0 to 20." */
export const WAIT_SECONDS_MAX = 20;

/** "VisibilityTimeout: 0 to 43200 (12 hours)", measured from the receive. */
export const VISIBILITY_SECONDS_MAX = 43_200;

/** "DelaySeconds: 0 to 900 (15 minutes)." */
export const DELAY_SECONDS_MAX = 900;

/** "Deduplication interval: 5 minutes." */
export const DEDUPLICATION_SECONDS = 300;

/** ReceiveRequestAttemptId: "you can retry for 5 minutes after a networking issue". */
export const ATTEMPT_SECONDS = 300;

/** "You must wait 60 seconds": before reusing a deleted queue's name, and between two purges of a queue. */
export const COOLDOWN_SECONDS = 60;

/** "A batch can contain up to 10 entries." */
export const BATCH_ENTRIES_MAX = 10;

/** "MaxResults: a value between 1 and 1000"; also the maximum without MaxResults. */
export const LISTED_QUEUES_MAX = 1000;

/** "MessageRetentionPeriod: 60 seconds (1 minute) to 1,209,600 seconds (14 days)." */
export const RETENTION_SECONDS = { min: 60, max: 1_209_600 } as const;

/** "maxReceiveCount: 1 to 1,000." */
export const RECEIVE_COUNT_MAX = 1000;

/** "A policy can have up to 8,192 bytes" and "20 statements". */
export const POLICY_BYTES_MAX = 8192;
export const POLICY_STATEMENTS_MAX = 20;

/** "An action list can have up to seven actions" in one permission. */
export const PERMISSION_ACTIONS_MAX = 7;

/** redriveAllowPolicy: "up to 10 source queues". */
export const REDRIVE_SOURCES_MAX = 10;

/** "You can't add more than 50 tags to a queue"; a key has 1 to 128 characters, a value up to 256. */
export const TAGS_MAX = 50;
export const TAG_KEY_MAX = 128;
export const TAG_VALUE_MAX = 256;

/** KMS API reference, "KeyId: Minimum length of 1. Maximum length of 2048." */
export const KMS_KEY_MAX = 2048;

/** "MaxNumberOfMessagesPerSecond: the maximum value is 500." */
export const MOVED_PER_SECOND_MAX = 500;

/** "MaxResults: the default is 1, which provides the most recent message movement task. The upper limit is 10." */
export const MOVE_TASKS_LISTED_MAX = 10;

/** "A message movement task can run for a maximum of 36 hours." */
export const MOVE_TASK_HOURS_MAX = 36;

/** "An account can support a maximum of 100 active message movement tasks." The quota applies per region. */
export const ACTIVE_MOVE_TASKS_MAX = 100;
