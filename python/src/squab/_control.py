"""The parts of the control interface, which SQS does not have. Squab's docs/control.md explains them."""

from __future__ import annotations

import builtins
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta, timezone
from typing import Any, Literal

from ._http import Http, _without_none
from .types import (
    ClockState,
    Delivery,
    DeliveryState,
    Duration,
    Effect,
    FaultRule,
    FoundMessage,
    History,
    Message,
    MessageAttribute,
    PublishExplanation,
    Queue,
    QueueCounts,
    QueueReference,
    Replayed,
    Snapshot,
    SortKey,
    State,
    Subscription,
    Topic,
    TopicAwaited,
    TopicWaited,
    Upcoming,
)

#: The maximum number of items in one response.
_PAGE = 1000


def duration(value: Duration) -> str:
    """Formats a duration for the control interface."""
    if isinstance(value, str):
        return value
    seconds = value.total_seconds() if isinstance(value, timedelta) else value
    return f"{round(seconds * 1000)}ms"


class Scope:
    """The account and region of queues that are given by name only. None is the server's default."""

    def __init__(self, account: str | None = None, region: str | None = None) -> None:
        self.account = account
        self.region = region

    def parameters(self) -> dict[str, Any]:
        """Returns the account and region as parameters of a request. Those in a queue's URL or ARN take precedence."""
        return {"account": self.account, "region": self.region}


class Clock:
    """The clock of SQS. Timeouts, delays, retention, deduplication and long polls all follow it."""

    def __init__(self, http: Http) -> None:
        self._http = http

    def now(self) -> datetime:
        """Returns the current time of SQS."""
        return datetime.fromtimestamp(self.read()["millis"] / 1000, timezone.utc)

    def read(self) -> ClockState:
        """Returns the current time of SQS, and whether the clock is frozen."""
        state: ClockState = self._http.call("GET", "clock")
        return state

    def upcoming(self, limit: int | None = None) -> list[Upcoming]:
        """Lists what happens to messages as time passes: for each queue, when the next one becomes visible or expires."""
        events: list[Upcoming] = self._http.call("GET", "clock", "upcoming", limit=limit)["events"]
        return events

    def freeze(self) -> ClockState:
        """Freezes the clock until `resume()`: nothing becomes visible, times out or expires until it moves."""
        state: ClockState = self._http.call("POST", "clock", "freeze")
        return state

    def resume(self) -> ClockState:
        """Lets a frozen clock run on from its current time."""
        state: ClockState = self._http.call("POST", "clock", "resume")
        return state

    def advance(self, by: Duration) -> ClockState:
        """Moves the clock forward, and returns once everything due in that time has happened, in order."""
        state: ClockState = self._http.call("POST", "clock", "advance", body={"by": duration(by)})
        return state

    def set(self, to: datetime | str) -> ClockState:
        """Sets the clock to an instant: forward as `advance()` does, or back. Raises ValueError without a time zone."""
        if isinstance(to, datetime):
            if to.tzinfo is None:
                raise ValueError(f"{to!r} has no time zone. Give it one, such as tzinfo=timezone.utc.")
            to = to.isoformat()
        state: ClockState = self._http.call("POST", "clock", "set", body={"to": to})
        return state


class Queues:
    """The queues of the server or, as part of an account, of this account in its region."""

    def __init__(self, http: Http, scope: Scope) -> None:
        self._http = http
        self._scope = scope

    def list(
        self,
        prefix: str | None = None,
        *,
        contains: str | None = None,
        non_empty: bool = False,
        sort: SortKey | None = None,
        order: Literal["asc", "desc"] | None = None,
    ) -> builtins.list[Queue]:
        """Lists the queues with their attributes and counts; with `prefix`, those whose names start with it.

        With `contains`, lists those whose names contain this text, in upper or lower case; with `non_empty`, those
        that have messages. They are sorted by name or as `sort` says, which is descending by default.
        """
        filters: dict[str, Any] = {"prefix": prefix, "contains": contains, "nonEmpty": "true" if non_empty else None}
        filters |= {"sort": sort, "order": order, **self._scope.parameters()}
        return list(_pages(self._http, "queues", ("queues",), **filters))

    def counts(self, queues: Sequence[str]) -> builtins.list[QueueCounts]:
        """Counts the messages of up to 100 queues. Leaves out those that do not exist."""
        scope = _without_none(self._scope.parameters())
        named = [{"name": queue, **scope} for queue in queues]
        counts: list[QueueCounts] = self._http.call("POST", "counts", body={"queues": named})["queues"]
        return counts

    def get(self, queue: str) -> Queue:
        """Describes one queue, given by its name, URL or ARN."""
        found: Queue = self._http.call("GET", "queues", queue, **self._scope.parameters())
        return found

    def purge(self, queue: str) -> None:
        """Deletes every message in a queue: visible, in flight and delayed."""
        self._http.call("POST", "queues", queue, "purge", **self._scope.parameters())


class Messages:
    """Gives access to messages in any state, without receiving them."""

    def __init__(self, http: Http, scope: Scope) -> None:
        self._http = http
        self._scope = scope

    def peek(
        self, queue: str, *, state: State | None = None, body_contains: str | None = None, limit: int | None = None
    ) -> list[Message]:
        """Lists the messages of a queue, or the first `limit` of them, in the order in which they were sent.

        With `state`, lists the messages in this state, in the order in which they become visible. With
        `body_contains`, lists only messages whose bodies contain this text.
        """
        path, scope = ("queues", queue, "messages"), self._scope.parameters()
        messages: list[Message] = []
        pages = _pages(self._http, "messages", path, state=state, bodyContains=body_contains, limit=limit, **scope)
        for message in pages:
            messages.append(message)
            if len(messages) == limit:
                break
        return messages

    def add(
        self,
        queue: str,
        body: str,
        *,
        attributes: Mapping[str, MessageAttribute] | None = None,
        group_id: str | None = None,
        deduplication_id: str | None = None,
        trace_header: str | None = None,
        dead_letter_source: str | None = None,
    ) -> str:
        """Adds a message to a queue, and returns its ID. `dead_letter_source` is the ARN of the queue that it is from."""
        message = {
            "body": body,
            "attributes": attributes,
            "groupId": group_id,
            "deduplicationId": deduplication_id,
            "traceHeader": trace_header,
            "deadLetterSource": dead_letter_source,
        }
        path, scope = ("queues", queue, "messages"), self._scope.parameters()
        message_id: str = self._http.call("POST", *path, body=message, **scope)["messageId"]
        return message_id

    def recent(self, queue: str | None = None, *, limit: int | None = None) -> list[History]:
        """Lists the messages of all accounts in the journal, latest first, including deleted ones."""
        found: list[History] = self._http.call("GET", "messages", queue=queue, limit=limit)["messages"]
        return found

    def find(self, message_id: str, *, queue: str | None = None) -> FoundMessage:
        """Finds a message by its ID, in any queue or in the given one."""
        found: FoundMessage = self._http.call("GET", "messages", message_id, **self._where(queue))
        return found

    def history(self, message_id: str) -> History:
        """Returns what happened to a message, even if it has been deleted."""
        history: History = self._http.call("GET", "messages", message_id, "history")
        return history

    def delete(self, message_id: str, *, queue: str | None = None) -> None:
        """Deletes a message in any state."""
        self._http.call("DELETE", "messages", message_id, **self._where(queue))

    def dead_letter(self, message_id: str, *, queue: str | None = None) -> QueueReference:
        """Moves a message to its queue's dead-letter queue, and returns that queue."""
        where = self._where(queue)
        target: QueueReference = self._http.call("POST", "messages", message_id, "dead-letter", **where)["queue"]
        return target

    def make_visible(self, message_id: str, *, queue: str | None = None) -> None:
        """Makes a message visible that is delayed or in flight."""
        self._http.call("POST", "messages", message_id, "make-visible", **self._where(queue))

    def replay(self, message_id: str, *, queue: str | None = None) -> Replayed:
        """Sends a copy of a message as a new one, to its queue or the given one. The original may have been deleted."""
        replayed: Replayed = self._http.call("POST", "messages", message_id, "replay", body=self._where(queue))
        return replayed

    def _where(self, queue: str | None) -> dict[str, Any]:
        return {} if queue is None else {"queue": queue, **self._scope.parameters()}


class Topics:
    """The topics of the server or, as part of an account, of this account in its region."""

    def __init__(self, http: Http, scope: Scope) -> None:
        self._http = http
        self._scope = scope

    def list(self, prefix: str | None = None, *, contains: str | None = None) -> builtins.list[Topic]:
        """Lists the topics by name; with `prefix` or `contains`, those whose names start with or contain this text."""
        filters: dict[str, Any] = {"prefix": prefix, "contains": contains, **self._scope.parameters()}
        return list(_pages(self._http, "topics", ("topics",), **filters))

    def get(self, topic: str) -> Topic:
        """Describes one topic, given by its name or ARN."""
        found: Topic = self._http.call("GET", "topics", topic, **self._scope.parameters())
        return found

    def subscriptions(self, topic: str) -> builtins.list[Subscription]:
        """Lists the subscriptions of a topic, in the order of their creation."""
        path = ("topics", topic, "subscriptions")
        return list(_pages(self._http, "subscriptions", path, **self._scope.parameters()))

    def confirm(self, topic: str, subscription: str) -> Subscription:
        """Confirms a pending subscription, given by its ID or ARN, as if its endpoint had done so."""
        path, scope = ("topics", topic, "subscriptions", subscription, "confirm"), self._scope.parameters()
        confirmed: Subscription = self._http.call("POST", *path, **scope)
        return confirmed

    def deliveries(
        self,
        topic: str,
        *,
        message_id: str | None = None,
        subscription: str | None = None,
        state: DeliveryState | None = None,
        limit: int | None = None,
    ) -> builtins.list[Delivery]:
        """Lists what became of the latest messages for each subscription, the latest message first.

        Lists 100 deliveries, or `limit`, up to 1,000. With `message_id`, `subscription` (an ID or ARN) or `state`, lists
        only the deliveries that they match.
        """
        filters: dict[str, Any] = {"messageId": message_id, "subscription": subscription, "state": state, "limit": limit}
        path = ("topics", topic, "deliveries")
        found: list[Delivery] = self._http.call("GET", *path, **filters, **self._scope.parameters())["deliveries"]
        return found

    def wait(
        self,
        topic: str,
        event: TopicAwaited,
        *,
        message_id: str | None = None,
        subscription: str | None = None,
        after_event_id: int | None = None,
        timeout: Duration = 10,
    ) -> TopicWaited:
        """Waits for an event of a topic: a publication, or what became of one for a subscription (an ID or ARN).

        Earlier events count only if `after_event_id` is given: those after the event with this ID, or with 0 all events
        in the journal. The timeout is in real time, even if the clock is frozen. Raises WaitTimeout.
        """
        wanted = {
            "for": event,
            "messageId": message_id,
            "subscription": subscription,
            "afterEventId": after_event_id,
            "timeout": duration(timeout),
        }
        path = ("topics", topic, "wait")
        waited: TopicWaited = self._http.call("POST", *path, body=wanted, **self._scope.parameters())
        return waited

    def deliver_now(self, topic: str, subscription: str) -> int:
        """Attempts the deliveries of a subscription that wait to be retried. Returns how many there are."""
        path, scope = ("topics", topic, "subscriptions", subscription, "deliver-now"), self._scope.parameters()
        deliveries: int = self._http.call("POST", *path, **scope)["deliveries"]
        return deliveries

    def explain(
        self,
        topic: str,
        message: str,
        *,
        subject: str | None = None,
        structure: str | None = None,
        attributes: Mapping[str, MessageAttribute] | None = None,
        group_id: str | None = None,
        deduplication_id: str | None = None,
    ) -> PublishExplanation:
        """Explains what would become of a message for each subscription. Publishes nothing."""
        given = {
            "message": message,
            "subject": subject,
            "structure": structure,
            "attributes": attributes,
            "groupId": group_id,
            "deduplicationId": deduplication_id,
        }
        path, scope = ("topics", topic, "explain-publish"), self._scope.parameters()
        explanation: PublishExplanation = self._http.call("POST", *path, body=given, **scope)
        return explanation


class Faults:
    """Fault rules: which requests fail, and how. As part of an account, for its queues only."""

    def __init__(self, http: Http, scope: Scope) -> None:
        self._http = http
        self._scope = scope

    def add(
        self,
        effect: Effect,
        *,
        operation: str | Sequence[str] | None = None,
        queue: str | None = None,
        topic: str | None = None,
        skip: int | None = None,
        every: int | None = None,
        probability: float | None = None,
        times: int | None = None,
        seed: int | None = None,
        account: str | None = None,
        region: str | None = None,
        id: str | None = None,
    ) -> FaultRule:
        """Adds a rule, or replaces the one with this `id`.

        `faults.add({"type": "error", "code": "RequestThrottled"}, operation="SendMessage", times=2)` throttles the
        next two sends. A request matches if it has the rule's operation, queue or topic, account and region. The rule ignores
        the first `skip` of these requests. Of the rest, every Nth (`every`) triggers it with this `probability`, at
        most `times` times.
        """
        rule = {
            "effect": effect,
            "operation": operation if operation is None or isinstance(operation, str) else list(operation),
            "queue": queue,
            "topic": topic,
            "skip": skip,
            "every": every,
            "probability": probability,
            "times": times,
            "seed": seed,
            "account": account or self._scope.account,
            "region": region,
        }
        path = ("POST", "faults") if id is None else ("PUT", "faults", id)
        added: FaultRule = self._http.call(*path, body=rule)
        return added

    def list(self) -> builtins.list[FaultRule]:
        """Lists the rules, with how many requests `matched` and how many `triggered` each."""
        rules: list[FaultRule] = self._http.call("GET", "faults")["rules"]
        account = self._scope.account
        return [rule for rule in rules if account is None or rule.get("account") == account]

    def remove(self, id: str) -> None:
        """Removes the rule with this ID."""
        self._http.call("DELETE", "faults", id)

    def clear(self) -> None:
        """Removes all rules."""
        if self._scope.account is None:
            self._http.call("DELETE", "faults")
            return
        for rule in self.list():
            self.remove(rule["id"])

    def seed(self, seed: int) -> None:
        """Sets the seed of all rules on the server that have none of their own, and restarts every rule."""
        self._http.call("POST", "faults", "seed", body={"seed": seed})


class Snapshots:
    """Snapshots of all queues of the server, with their messages."""

    def __init__(self, http: Http) -> None:
        self._http = http

    def list(self) -> builtins.list[Snapshot]:
        """Lists the snapshots."""
        snapshots: list[Snapshot] = self._http.call("GET", "snapshots")["snapshots"]
        return snapshots

    def take(self, name: str) -> Snapshot:
        """Takes a snapshot. Replaces an existing snapshot of this name."""
        snapshot: Snapshot = self._http.call("PUT", "snapshots", name)
        return snapshot

    def restore(self, name: str, *, clock: bool | None = None) -> Snapshot:
        """Restores all queues and messages to a snapshot.

        Sets the clock to the time of the snapshot too if `clock` is True or, by default, if the clock is frozen.
        """
        snapshot: Snapshot = self._http.call("POST", "snapshots", name, "restore", body={"clock": clock})
        return snapshot

    def remove(self, name: str) -> None:
        """Removes a snapshot."""
        self._http.call("DELETE", "snapshots", name)


def _pages(
    http: Http, member: str, path: tuple[str, ...], *, limit: int | None = None, **parameters: Any
) -> Iterator[Any]:
    """Yields the items of all pages of a list."""
    after: str | None = None
    while True:
        size = _PAGE if limit is None else min(limit, _PAGE)
        page = http.call("GET", *path, limit=size, after=after, **parameters)
        yield from page[member]
        after = page.get("next")
        if after is None:
            return
