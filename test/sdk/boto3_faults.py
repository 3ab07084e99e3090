"""Tests how boto3 responds to injected faults.

Prints one JSON object per line: a sentence, and the problem if it is not true.
"""

import json
import os
import sys
import urllib.request

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError, EndpointConnectionError, ConnectionClosedError

URL = os.environ["AWS_ENDPOINT_URL_SQS"]


def control(method, path, body=None):
    request = urllib.request.Request(
        f"{URL}/_squab{path}", method=method, data=None if body is None else json.dumps(body).encode()
    )
    with urllib.request.urlopen(request) as response:
        return json.load(response)


def client(attempts=3):
    return boto3.client("sqs", config=Config(retries={"mode": "standard", "total_max_attempts": attempts}))


def matched():
    return control("GET", "/faults")["rules"][0]["matched"]


def bodies(queue):
    messages = client().receive_message(QueueUrl=queue, MaxNumberOfMessages=10).get("Messages", [])
    return [message["Body"] for message in messages]


def throttled(queue):
    "throttling is retried without an error for the program"
    control("POST", "/faults", {"operation": "SendMessage", "times": 2, "effect": {"type": "error", "code": "RequestThrottled"}})
    client().send_message(QueueUrl=queue, MessageBody="hello")
    assert matched() == 3, matched()
    assert bodies(queue) == ["hello"]


def throttled_for_good(queue):
    "permanent throttling raises an error with its code"
    control("POST", "/faults", {"effect": {"type": "error", "code": "ThrottlingException"}})
    try:
        client(2).send_message(QueueUrl=queue, MessageBody="hello")
        raise AssertionError("nothing was raised")
    except ClientError as error:
        assert error.response["Error"]["Code"] == "ThrottlingException", error
        assert error.response["Error"]["Message"] == "Rate exceeded", error
    assert matched() == 2, matched()


def lost_request(queue):
    "a request that is lost is repeated, and the message is in the queue once"
    control("POST", "/faults", {"operation": "SendMessage", "times": 1, "effect": {"type": "drop"}})
    client().send_message(QueueUrl=queue, MessageBody="hello")
    assert bodies(queue) == ["hello"]


def lost_response(queue):
    "a request whose response is lost is repeated, and the message is in the queue twice"
    control("POST", "/faults", {"operation": "SendMessage", "times": 1, "effect": {"type": "drop", "when": "after"}})
    client().send_message(QueueUrl=queue, MessageBody="hello")
    assert bodies(queue) == ["hello", "hello"]


def lost_for_good(queue):
    "a connection that is lost every time raises a connection error"
    control("POST", "/faults", {"effect": {"type": "drop"}})
    try:
        client(2).send_message(QueueUrl=queue, MessageBody="hello")
        raise AssertionError("nothing was raised")
    except (ConnectionClosedError, EndpointConnectionError):
        pass


def failing_entries(queue):
    "failed and successful batch entries are reported separately"
    control("POST", "/faults", {"effect": {"type": "fail-entries", "code": "InternalFailure", "ids": ["b"]}})
    entries = [{"Id": id, "MessageBody": id} for id in "abc"]
    answer = client().send_message_batch(QueueUrl=queue, Entries=entries)
    assert [entry["Id"] for entry in answer["Successful"]] == ["a", "c"], answer
    assert [(entry["Id"], entry["Code"], entry["SenderFault"]) for entry in answer["Failed"]] == [
        ("b", "InternalFailure", False)
    ], answer


def doubled(queue):
    "a message that is delivered twice has the same ID both times"
    control("POST", "/faults", {"effect": {"type": "duplicate"}})
    sqs = client()
    sqs.send_message(QueueUrl=queue, MessageBody="hello")
    ids = set()
    for _ in range(2):
        [message] = sqs.receive_message(QueueUrl=queue)["Messages"]
        sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
        ids.add(message["MessageId"])
    assert len(ids) == 1, ids
    assert "Messages" not in sqs.receive_message(QueueUrl=queue)


def restored(queue):
    "restoring a snapshot restores its messages"
    sqs = client()
    sqs.send_message(QueueUrl=queue, MessageBody="hello")
    control("PUT", "/snapshots/one")
    for _ in range(2):
        sqs.purge_queue(QueueUrl=queue)
        control("POST", "/snapshots/one/restore")
        assert bodies(queue) == ["hello"]


for test in [throttled, throttled_for_good, lost_request, lost_response, lost_for_good, failing_entries, doubled, restored]:
    # The arguments are sentences to skip.
    if test.__doc__ in sys.argv:
        continue
    line = {"sentence": test.__doc__}
    try:
        control("POST", "/reset")
        test(client().create_queue(QueueName="q")["QueueUrl"])
    except Exception as error:  # The test reads what went wrong.
        line["problem"] = repr(error)
    print(json.dumps(line), flush=True)
