"""The control interface: each of its parts does what it says."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta, timezone

import pytest

import squab as package


@pytest.fixture
def sqs(squab_account):
    return squab_account.client()


def create(sqs, name="orders", **attributes) -> str:
    return sqs.create_queue(QueueName=name, Attributes=attributes)["QueueUrl"]


def send(sqs, url, body="order 1", **settings) -> str:
    return sqs.send_message(QueueUrl=url, MessageBody=body, **settings)["MessageId"]


def receive(sqs, url) -> list[str]:
    return [message["Body"] for message in sqs.receive_message(QueueUrl=url).get("Messages", [])]


@pytest.mark.parametrize("by", ["30s", 30, 30.0, timedelta(seconds=30)])
def test_advancing_the_clock_ends_a_visibility_timeout(sqs, squab_clock, by):
    url = create(sqs)
    send(sqs, url)
    squab_clock.freeze()
    assert (receive(sqs, url), receive(sqs, url)) == (["order 1"], [])
    before = squab_clock.now()
    assert squab_clock.advance(by)["frozen"] is True
    assert squab_clock.now() - before == timedelta(seconds=30)
    assert receive(sqs, url) == ["order 1"]


def test_the_clock_freezes_and_resumes(squab_clock):
    assert squab_clock.freeze()["frozen"] is True
    frozen = squab_clock.now()
    assert squab_clock.now() == frozen
    assert squab_clock.resume()["frozen"] is False


@pytest.mark.parametrize("to", ["2030-01-01T00:00:00Z", datetime(2030, 1, 1, 1, tzinfo=timezone(timedelta(hours=1)))])
def test_the_clock_is_set_to_an_instant(squab_clock, to):
    squab_clock.freeze()
    assert squab_clock.set(to)["now"] == "2030-01-01T00:00:00.000Z"
    assert squab_clock.now() == datetime(2030, 1, 1, tzinfo=timezone.utc)


def test_the_clock_is_not_set_to_an_instant_without_a_time_zone(squab_clock):
    with pytest.raises(ValueError, match="no time zone"):
        squab_clock.set(datetime(2030, 1, 1))


def test_a_refusal_is_a_control_error_with_its_status_and_text(squab_clock, squab_account):
    with pytest.raises(package.ControlError, match='"soon" is not a valid duration') as raised:
        squab_clock.advance("soon")
    assert raised.value.status == 400
    with pytest.raises(package.ControlError, match="nowhere") as raised:
        squab_account.explain("nowhere")
    assert raised.value.status == 404


def test_messages_are_seen_without_receiving_them(sqs, squab_account):
    url = create(sqs)
    for number in range(3):
        send(sqs, url, f"order {number}", DelaySeconds=900 if number == 1 else 0)

    def bodies(**which):
        return [message["body"] for message in squab_account.messages.peek("orders", **which)]

    assert bodies() == ["order 0", "order 1", "order 2"]
    assert bodies(state="delayed") == ["order 1"]
    assert bodies(limit=2) == ["order 0", "order 1"]
    assert squab_account.queues.get("orders")["messages"] == {"visible": 2, "inFlight": 0, "delayed": 1}


def test_lists_go_over_all_pages(sqs, squab_account, monkeypatch):
    monkeypatch.setattr("squab._control._PAGE", 2)
    for number in range(5):
        create(sqs, f"queue-{number}")
        send(sqs, f"{squab_account.url}/{squab_account.account_id}/queue-0", f"order {number}")
    expected = [f"queue-{number}" for number in range(5)]
    assert [queue["name"] for queue in squab_account.queues.list(prefix="queue-")] == expected
    assert [message["body"] for message in squab_account.messages.peek("queue-0")] == [
        f"order {number}" for number in range(5)
    ]
    assert len(squab_account.messages.peek("queue-0", limit=3)) == 3


def test_a_queue_is_named_by_its_url_or_arn_too_in_whichever_account(sqs, squab, squab_account):
    url = create(sqs)
    message_id = send(sqs, url)
    for queue in (url, squab_account.queues.get("orders")["arn"]):
        for endpoint in (squab, squab_account):
            assert endpoint.queues.get(queue)["account"] == squab_account.account_id
            assert endpoint.explain(queue)["outcome"] == "message"
            assert endpoint.wait(queue, "sent", after_event_id=0)["event"]["messageId"] == message_id
            assert endpoint.messages.find(message_id, queue=queue)["body"] == "order 1"
            assert endpoint.messages.recent(queue)[0]["messageId"] == message_id
        rule = squab.faults.add({"type": "empty-receive"}, queue=queue)
        assert (rule["queue"], rule["account"]) == ("orders", squab_account.account_id)
        squab.faults.remove(rule["id"])


def test_a_message_is_added_with_the_queue_that_it_is_from(sqs, squab_account):
    url = create(sqs)
    source = squab_account.queues.get("orders")["arn"].replace("orders", "source")
    attributes = {"kind": {"dataType": "String", "stringValue": "express"}}
    message_id = squab_account.messages.add("orders", "order 1", attributes=attributes, dead_letter_source=source)
    message = sqs.receive_message(QueueUrl=url, MessageSystemAttributeNames=["All"], MessageAttributeNames=["All"])
    received = message["Messages"][0]
    assert (received["MessageId"], received["Body"]) == (message_id, "order 1")
    assert received["Attributes"]["DeadLetterQueueSourceArn"] == source
    assert received["MessageAttributes"]["kind"]["StringValue"] == "express"


def test_a_queue_can_be_purged(sqs, squab_account):
    url = create(sqs)
    send(sqs, url)
    squab_account.queues.purge("orders")
    assert squab_account.queues.get("orders")["messages"] == {"visible": 0, "inFlight": 0, "delayed": 0}


def test_a_message_has_a_history_and_can_be_moved_sent_again_and_deleted(sqs, squab_account):
    dead = create(sqs, "orders-dlq")
    arn = sqs.get_queue_attributes(QueueUrl=dead, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    url = create(sqs, RedrivePolicy=f'{{"deadLetterTargetArn":"{arn}","maxReceiveCount":3}}')
    message_id = send(sqs, url)
    messages = squab_account.messages
    assert messages.find(message_id)["queue"]["name"] == "orders"
    assert messages.dead_letter(message_id)["name"] == "orders-dlq"
    assert messages.replay(message_id, queue="orders")["messageId"] != message_id
    messages.delete(message_id)
    assert [event["kind"] for event in messages.history(message_id)["events"]][0] == "sent"
    assert messages.history(message_id)["present"] is False
    assert [message["body"] for message in messages.peek(url)] == ["order 1"]
    assert message_id in [history["messageId"] for history in messages.recent(limit=10)]


def test_an_empty_receive_is_explained(sqs, squab_account):
    url = create(sqs)
    message_id = send(sqs, url)
    receive(sqs, url)
    explanation = squab_account.explain("orders")
    assert explanation["outcome"] == "nothing"
    assert [(reason["kind"], reason["messageIds"]) for reason in explanation["reasons"]] == [
        ("in-flight", [message_id])
    ]


def test_a_send_is_explained(sqs, squab_account):
    create(sqs, "orders.fifo", FifoQueue="true")
    explanation = squab_account.explain_send("orders.fifo", "order 1", group_id="g", deduplication_id="d")
    assert explanation["outcome"] == "sent"
    assert squab_account.explain_send("orders.fifo", "order 1", group_id="g", delay_seconds=5)["outcome"] == "refused"


def test_a_wait_ends_when_a_message_arrives(sqs, squab_account):
    url = create(sqs)
    waited = []

    def wait():
        return waited.append(squab_account.wait("orders", "sent", body_contains="no 7", timeout="30s"))

    waiting = threading.Thread(target=wait)
    waiting.start()
    while waiting.is_alive():
        send(sqs, url, "order no 6")
        send(sqs, url, "order no 7")
    assert waited[0]["event"]["body"] == "order no 7"


def test_a_wait_finds_a_message_by_its_attribute_group_and_id(sqs, squab_account):
    url = create(sqs, "orders.fifo", FifoQueue="true", ContentBasedDeduplication="true")
    attributes = {"color": {"DataType": "String", "StringValue": "red"}}
    message_id = send(sqs, url, MessageGroupId="g", MessageAttributes=attributes)
    for wanted in (
        {"attribute": "color"},
        {"attribute": ("color", "red")},
        {"group_id": "g"},
        {"message_id": message_id},
    ):
        assert squab_account.wait(url, "sent", after_event_id=0, **wanted)["event"]["messageId"] == message_id
    with pytest.raises(TimeoutError):
        squab_account.wait(url, "sent", after_event_id=0, attribute=("color", "blue"), timeout=0.01)


def test_a_wait_for_an_empty_queue_has_no_event(sqs, squab_account):
    create(sqs)
    assert squab_account.wait("orders", "empty") == {"messages": {"visible": 0, "inFlight": 0, "delayed": 0}}


def test_a_wait_that_takes_too_long_is_a_timeout_error(sqs, squab_account):
    create(sqs)
    with pytest.raises(package.WaitTimeout) as raised:
        squab_account.wait("orders", "sent", timeout=timedelta(milliseconds=10))
    assert raised.value.status == 408


def test_a_fault_rule_fails_requests_of_its_account_only(squab):
    first, second = squab.new_account(), squab.new_account()
    rule = first.faults.add(
        {"type": "error", "code": "OverLimit"}, operation=["CreateQueue", "ListQueues"], times=2, id="limit"
    )
    assert (rule["id"], rule["account"]) == ("limit", first.account_id)
    client = first.client()
    with pytest.raises(client.exceptions.ClientError, match="OverLimit"):
        client.create_queue(QueueName="orders")
    second.client().create_queue(QueueName="orders")
    assert [rule["triggered"] for rule in first.faults.list()] == [1]
    assert second.faults.list() == []
    second.faults.clear()
    assert len(first.faults.list()) == 1
    first.reset()
    assert first.faults.list() == []
    client.create_queue(QueueName="orders")
    squab.reset()
    assert squab.queues.list() == []


def test_a_seed_repeats_the_chance_of_a_rule(sqs, squab, squab_account):
    url = create(sqs)
    squab_account.faults.add({"type": "error", "code": "OverLimit"}, operation="PurgeQueue", probability=0.5)

    def outcomes(seed: int) -> list[bool]:
        squab.faults.seed(seed)
        result = []
        for _ in range(20):
            try:
                sqs.purge_queue(QueueUrl=url)
                result.append(True)
            except sqs.exceptions.ClientError:
                result.append(False)
        return result

    assert outcomes(1) == outcomes(1) != outcomes(2)


def test_a_snapshot_brings_messages_back(sqs, squab, squab_account):
    url = create(sqs)
    send(sqs, url)
    assert squab.snapshots.take("before")["messages"] == 1
    sqs.purge_queue(QueueUrl=url)
    assert squab.snapshots.restore("before", clock=False)["name"] == "before"
    assert receive(sqs, url) == ["order 1"]
    assert [snapshot["name"] for snapshot in squab.snapshots.list()] == ["before"]
    squab.snapshots.remove("before")
    assert squab.snapshots.list() == []


def test_a_reset_removes_queues_by_account_region_and_prefix(squab):
    account = squab.new_account()
    for region in ("eu-west-1", "us-east-1"):
        for name in ("a-1", "b-1"):
            create(account.client(region_name=region), name)
    assert squab.reset(account=account.account_id, region="eu-west-1") == 2
    assert squab.reset(account=account.account_id, prefix="a-") == 1
    assert [queue["name"] for queue in account.queues.list()] == ["b-1"]
    assert account.reset() == 1
