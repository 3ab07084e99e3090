"""Tests the control interface from Python.

Prints one JSON object per line: a sentence, and the problem if it is not true.
"""

import json
import os
import sys
import threading
import urllib.error
import urllib.request

import boto3

URL = os.environ["AWS_ENDPOINT_URL_SQS"]
sqs = boto3.client("sqs")


def control(method, path, body=None):
    request = urllib.request.Request(
        f"{URL}/_squab{path}", method=method, data=None if body is None else json.dumps(body).encode()
    )
    try:
        with urllib.request.urlopen(request, timeout=60) as response:
            return json.load(response)
    except urllib.error.HTTPError as error:
        return {"status": error.code, **json.load(error)}


def create(name, **attributes):
    return sqs.create_queue(QueueName=name, Attributes=attributes)["QueueUrl"]


def returns_the_history(queue="history"):
    "returns the history of a deleted message, with its receiver"
    url = create(queue)
    sent = sqs.send_message(QueueUrl=url, MessageBody="order 1")
    (message,) = sqs.receive_message(QueueUrl=url)["Messages"]
    sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    history = control("GET", f"/messages/{sent['MessageId']}/history")
    assert [event["kind"] for event in history["events"]] == ["sent", "received", "deleted"], history
    assert history["present"] is False and history["content"]["body"] == "order 1", history
    receiver = history["events"][1]["receiver"]
    assert receiver.startswith("local with Boto3/") and receiver.endswith(" from 127.0.0.1"), receiver


def explains_a_message_in_flight(queue="flight"):
    "explains that a message is in flight, and until when"
    url = create(queue, VisibilityTimeout="77")
    sent = sqs.send_message(QueueUrl=url, MessageBody="order 1")
    sqs.receive_message(QueueUrl=url)
    explanation = control("GET", f"/queues/{queue}/explain")
    assert explanation["outcome"] == "nothing", explanation
    (reason,) = explanation["reasons"]
    assert reason["kind"] == "in-flight" and reason["messageIds"] == [sent["MessageId"]], reason
    assert explanation["changesAt"] == reason["until"], explanation
    assert "Messages" not in sqs.receive_message(QueueUrl=url)


def explains_a_group(queue="group.fifo"):
    "explains that a message group is blocked by its first message"
    url = create(queue, FifoQueue="true", ContentBasedDeduplication="true")
    ids = [
        sqs.send_message(QueueUrl=url, MessageBody=body, MessageGroupId="customer-1")["MessageId"]
        for body in ("first", "second")
    ]
    sqs.receive_message(QueueUrl=url)
    explanation = control("GET", f"/queues/{queue}/explain")
    assert f"1 blocked by message {ids[0]} of group customer-1" in explanation["text"], explanation
    repeated = control("POST", f"/queues/{queue}/explain-send", {"body": "first", "groupId": "customer-1"})
    assert repeated["outcome"] == "deduplicated" and repeated["original"]["messageId"] == ids[0], repeated


def waits_for_a_consumer(queue="wait"):
    "waits until a consumer has deleted all messages"
    url = create(queue)
    sqs.send_message(QueueUrl=url, MessageBody="order 1")

    def consume():
        (message,) = sqs.receive_message(QueueUrl=url, WaitTimeSeconds=5)["Messages"]
        sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])

    consumer = threading.Thread(target=consume)
    consumer.start()
    result = control("POST", f"/queues/{queue}/wait", {"for": "empty", "timeout": "30s"})
    consumer.join()
    assert result == {"messages": {"visible": 0, "inFlight": 0, "delayed": 0}}, result
    late = control("POST", f"/queues/{queue}/wait", {"for": "sent", "timeout": "5ms"})
    assert late["status"] == 408 and "within 5ms" in late["error"], late


def follows_events(queue="events"):
    "streams events as server-sent events"
    url = create(queue)
    with urllib.request.urlopen(f"{URL}/_squab/events?queue={queue}&kind=sent", timeout=60) as stream:
        assert stream.headers["Content-Type"] == "text/event-stream"
        sqs.send_message(QueueUrl=url, MessageBody="order 1")
        for line in stream:
            if line.startswith(b"data: "):
                assert json.loads(line[6:])["body"] == "order 1", line
                return


for function in [returns_the_history, explains_a_message_in_flight, explains_a_group, waits_for_a_consumer, follows_events]:
    # The arguments are sentences to skip.
    if function.__doc__ in sys.argv:
        continue
    line = {"sentence": function.__doc__}
    try:
        function()
    except Exception as error:
        line["problem"] = repr(error)
    print(json.dumps(line), flush=True)
