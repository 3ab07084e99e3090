"""The types of the control interface's arguments and results: dictionaries, with the keys of its JSON.

Squab's docs/control.md explains them. Instants are text such as `2026-12-24T18:00:00.000Z`, in the time of SQS.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Literal, TypedDict, Union

#: A duration: text such as "30s", "1h 30m" or "14 days"; a number of seconds; or a timedelta.
Duration = Union[str, float, timedelta]

#: The state of a message. Blocked: it would be visible, but an earlier message of its group is hidden.
State = Literal["visible", "in-flight", "delayed", "blocked"]

#: What `wait()` waits for: an event of a message, or a state of the queue.
Awaited = Literal[
    "sent",
    "received",
    "deleted",
    "expired",
    "dead-lettered",
    "moved",
    "deduplicated",
    "function-succeeded",
    "function-failed",
    "function-throttled",
    "function-filtered",
    "empty",
    "drained",
]


#: What `topics.wait()` waits for: a publication, or what became of one for a subscription.
TopicAwaited = Literal[
    "published", "filtered", "delivered", "delivery-failed", "delivery-dead-lettered", "delivery-discarded"
]


class ClockState(TypedDict):
    """The clock of SQS. `millis` is `now` in milliseconds since 1970-01-01 UTC.

    `aheadMs` says how far it is ahead of the machine's clock, in milliseconds; it is negative if it is behind.
    """

    now: str
    millis: int
    frozen: bool
    aheadMs: int


class QueueReference(TypedDict):
    """Identifies a queue."""

    name: str
    account: str
    region: str


class Counts(TypedDict):
    """How many messages a queue holds, by their states."""

    visible: int
    inFlight: int
    delayed: int


class _UpcomingBase(TypedDict):
    at: str
    kind: Literal["delay-ends", "visibility-timeout-ends", "expires"]
    queue: QueueReference


class Upcoming(_UpcomingBase, total=False):
    """Something that happens to a message, as time passes."""

    messageId: str


#: The orders of a list of queues. Age is that of the oldest message, and messages are those in all states.
SortKey = Literal["name", "visible", "in-flight", "delayed", "messages", "age"]

#: How many messages entered and left a queue, and were received, since the server started.
Traffic = TypedDict("Traffic", {"in": int, "received": int, "out": int})


class _QueueCountsBase(QueueReference):
    messages: Counts
    waitingReceives: int


class QueueCounts(_QueueCountsBase, total=False):
    """What a queue holds. There is no `oldestSentAt` without messages, and no `traffic` without a journal."""

    oldestSentAt: str
    traffic: Traffic


class _QueueBase(QueueCounts):
    arn: str
    fifo: bool
    createdAt: str
    modifiedAt: str
    sources: list[QueueReference]
    attributes: dict[str, str]
    tags: dict[str, str]


class Queue(_QueueBase, total=False):
    """A queue. `attributes` are as GetQueueAttributes returns them; `sources` are up to 100 of its source queues."""

    deadLetterQueue: QueueReference


class _MessageAttributeBase(TypedDict):
    dataType: str


class MessageAttribute(_MessageAttributeBase, total=False):
    """The value of a message attribute; binary values are Base64."""

    stringValue: str
    binaryValue: str


class _ContentBase(TypedDict):
    messageId: str
    body: str
    senderId: str


class Content(_ContentBase, total=False):
    """The content of a message, as it was sent."""

    attributes: dict[str, MessageAttribute]
    groupId: str
    deduplicationId: str
    traceHeader: str


class BlockedBy(TypedDict):
    """The earlier message of the group, and when it becomes visible."""

    messageId: str
    visibleAt: str


class _MessageBase(Content):
    state: State
    sentAt: str
    visibleAt: str
    expiresAt: str
    receiveCount: int


class Message(_MessageBase, total=False):
    """A message in a queue. `receiver` is the client that received it last."""

    bodyIsCut: Literal[True]
    sequenceNumber: str
    firstReceivedAt: str
    receiver: str
    deadLetterSource: str
    blockedBy: BlockedBy


class FoundMessage(Message):
    """A message, with the queue that it is in."""

    queue: QueueReference


class _DestinationBase(TypedDict):
    queue: QueueReference


class Destination(_DestinationBase, total=False):
    """Where a message was moved to."""

    messageId: str


class EventSubscriber(TypedDict):
    """The subscription that a publication is delivered to, or not."""

    subscription: str
    protocol: str
    endpoint: str


class Publication(TypedDict):
    """What was published to a topic, and became a message in a queue."""

    topicArn: str
    messageId: str


class _EventBase(TypedDict):
    id: int
    at: str
    kind: str
    text: str


class Event(_EventBase, total=False):
    """Something that happened to a message, a queue or a topic; `text` describes it in a sentence."""

    queue: QueueReference
    topic: QueueReference
    messageId: str
    body: str
    groupId: str
    visibleAt: str
    receiveCount: int
    receiver: str
    deduplicationKey: str
    function: str
    reason: str
    subscriber: EventSubscriber
    attempt: int
    nextAt: str
    publication: Publication
    to: Destination


class _HistoryBase(TypedDict):
    messageId: str
    queue: QueueReference
    present: bool
    events: list[Event]


class History(_HistoryBase, total=False):
    """What happened to a message, oldest first. `present` says whether it is still in its queue."""

    content: Content


class Replayed(TypedDict):
    """The message that was sent again, and the queue that it is in."""

    messageId: str
    queue: QueueReference


class _ReasonBase(TypedDict):
    kind: Literal[
        "empty",
        "in-flight-limit",
        "delayed",
        "in-flight",
        "blocked",
        "received-too-often",
        "waiting-receives",
        "fault-rules",
    ]
    count: int
    messageIds: list[str]
    text: str


class Reason(_ReasonBase, total=False):
    """A reason why a receive returns no message, or not all."""

    until: str


class _ReceiveExplanationBase(TypedDict):
    queue: QueueReference
    at: str
    outcome: Literal["message", "nothing", "over-limit", "unknown"]
    text: str
    messages: Counts
    reasons: list[Reason]


class ReceiveExplanation(_ReceiveExplanationBase, total=False):
    """What a receive would return now, and why. `text` is the whole explanation in sentences."""

    next: Message
    changesAt: str


class Original(TypedDict):
    """The message that another one would duplicate, and when its deduplication interval ends."""

    messageId: str
    until: str


class _SendExplanationBase(TypedDict):
    queue: QueueReference
    at: str
    outcome: Literal["sent", "deduplicated", "refused"]
    text: str


class SendExplanation(_SendExplanationBase, total=False):
    """What would happen to a message if it were sent now."""

    visibleAt: str
    original: Original
    code: str


class SubscriptionCounts(TypedDict):
    """How many subscriptions a topic has."""

    confirmed: int
    pending: int


class Topic(TypedDict):
    """A topic. `attributes` are as GetTopicAttributes returns them."""

    name: str
    account: str
    region: str
    arn: str
    fifo: bool
    createdAt: str
    subscriptions: SubscriptionCounts
    attributes: dict[str, str]
    tags: dict[str, str]


class _SubscriptionBase(TypedDict):
    id: str
    arn: str
    protocol: str
    endpoint: str
    owner: str
    createdAt: str
    state: Literal["confirmed", "pending"]
    attributes: dict[str, str]


class Subscription(_SubscriptionBase, total=False):
    """A subscription. Only a pending one has a `token`; only HTTP endpoints and functions have messages `waiting`."""

    token: str
    waiting: int


#: What became of a message for one subscription. Waiting: the first attempt has not ended. Discarded: it could not be
#: delivered, and no dead-letter queue took it.
DeliveryState = Literal[
    "delivered",
    "waiting",
    "retrying",
    "dead-lettered",
    "discarded",
    "filtered",
    "unconfirmed",
    "unsupported",
    "duplicate",
]


class _DeliveryBase(TypedDict):
    subscription: str
    protocol: str
    endpoint: str
    messageId: str
    publishedAt: str
    message: str
    state: DeliveryState
    text: str


class Delivery(_DeliveryBase, total=False):
    """What became of a message for one subscription. `text` is the whole outcome in a sentence."""

    subject: str
    reason: str
    attempts: int
    attemptedAt: str
    nextAt: str


class _HypotheticalDeliveryBase(TypedDict):
    subscription: str
    protocol: str
    endpoint: str
    state: DeliveryState
    text: str


class HypotheticalDelivery(_HypotheticalDeliveryBase, total=False):
    """What would become of a message for one subscription."""

    reason: str


class OriginalPublication(TypedDict):
    """The message that another one would duplicate."""

    messageId: str


class _PublishExplanationBase(TypedDict):
    topic: QueueReference
    at: str
    outcome: Literal["published", "deduplicated", "refused"]
    text: str
    deliveries: list[HypotheticalDelivery]


class PublishExplanation(_PublishExplanationBase, total=False):
    """What would happen to a message if it were published now."""

    original: OriginalPublication
    code: str


class TopicWaited(TypedDict):
    """The event that ended a wait."""

    event: Event


class _WaitedBase(TypedDict):
    messages: Counts


class Waited(_WaitedBase, total=False):
    """How a wait ended: by `event`, unless it was for a state of the queue."""

    event: Event


When = Literal["before", "after"]


class _ErrorEffectBase(TypedDict):
    type: Literal["error"]
    code: str


class ErrorEffect(_ErrorEffectBase, total=False):
    """The request fails with an error code such as RequestThrottled."""

    message: str
    when: When


class _DropEffectBase(TypedDict):
    type: Literal["drop"]


class DropEffect(_DropEffectBase, total=False):
    """The connection is reset without a response."""

    when: When


class _LatencyEffectBase(TypedDict):
    type: Literal["latency"]
    duration: str


class LatencyEffect(_LatencyEffectBase, total=False):
    """The response is delayed, in real time (machine) or in the time of SQS (sqs)."""

    upTo: str
    clock: Literal["machine", "sqs"]
    when: When


class _FailEntriesEffectBase(TypedDict):
    type: Literal["fail-entries"]
    code: str


class FailEntriesEffect(_FailEntriesEffectBase, total=False):
    """Entries of a batch fail."""

    message: str
    ids: list[str]
    count: int


class DuplicateEffect(TypedDict):
    """A standard queue delivers the messages of a receive once more."""

    type: Literal["duplicate"]


class ReorderEffect(TypedDict):
    """A receive from a standard queue does not start with the first message in line."""

    type: Literal["reorder"]


class _PartialReceiveEffectBase(TypedDict):
    type: Literal["partial-receive"]


class PartialReceiveEffect(_PartialReceiveEffectBase, total=False):
    """A receive returns fewer messages than it could."""

    count: int


class EmptyReceiveEffect(TypedDict):
    """A short poll returns nothing although messages are visible."""

    type: Literal["empty-receive"]


#: What a fault rule does to a request that triggers it.
Effect = Union[
    ErrorEffect,
    DropEffect,
    LatencyEffect,
    FailEntriesEffect,
    DuplicateEffect,
    ReorderEffect,
    PartialReceiveEffect,
    EmptyReceiveEffect,
]


class _FaultRuleBase(TypedDict):
    id: str
    skip: int
    every: int
    probability: float
    matched: int
    triggered: int
    effect: Effect


class FaultRule(_FaultRuleBase, total=False):
    """A fault rule, with how many requests it matched and how many of them triggered it."""

    operation: list[str]
    queue: str
    topic: str
    account: str
    region: str
    times: int
    seed: int


class Snapshot(TypedDict):
    """A snapshot, and how many queues, messages and topics it holds."""

    name: str
    takenAt: str
    queues: int
    messages: int
    topics: int
