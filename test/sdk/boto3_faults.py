"""What faults that are ordered do to boto3, as it comes. Prints a JSON object a line: a sentence, and its problem if it has one."""

import json
import os
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


def met():
    return control("GET", "/faults")["rules"][0]["matched"]


def bodies(queue):
    messages = client().receive_message(QueueUrl=queue, MaxNumberOfMessages=10).get("Messages", [])
    return [message["Body"] for message in messages]


def throttled(queue):
    "throttling is retried, and the program does not notice"
    control("POST", "/faults", {"operation": "SendMessage", "times": 2, "effect": {"type": "error", "code": "RequestThrottled"}})
    client().send_message(QueueUrl=queue, MessageBody="hello")
    assert met() == 3, met()
    assert bodies(queue) == ["hello"]


def throttled_for_good(queue):
    "throttling that does not end is an error with its code"
    control("POST", "/faults", {"effect": {"type": "error", "code": "ThrottlingException"}})
    try:
        client(2).send_message(QueueUrl=queue, MessageBody="hello")
        raise AssertionError("nothing was raised")
    except ClientError as error:
        assert error.response["Error"]["Code"] == "ThrottlingException", error
        assert error.response["Error"]["Message"] == "Rate exceeded", error
    assert met() == 2, met()


def lost_request(queue):
    "a request that is lost is repeated, and the message is there once"
    control("POST", "/faults", {"operation": "SendMessage", "times": 1, "effect": {"type": "drop"}})
    client().send_message(QueueUrl=queue, MessageBody="hello")
    assert bodies(queue) == ["hello"]


def lost_answer(queue):
    "a request whose answer is lost is repeated, and the message is there twice"
    control("POST", "/faults", {"operation": "SendMessage", "times": 1, "effect": {"type": "drop", "when": "after"}})
    client().send_message(QueueUrl=queue, MessageBody="hello")
    assert bodies(queue) == ["hello", "hello"]


def lost_for_good(queue):
    "a connection that is lost each time is an error of the connection"
    control("POST", "/faults", {"effect": {"type": "drop"}})
    try:
        client(2).send_message(QueueUrl=queue, MessageBody="hello")
        raise AssertionError("nothing was raised")
    except (ConnectionClosedError, EndpointConnectionError):
        pass


def failing_entries(queue):
    "entries that fail are told apart from those that succeed"
    control("POST", "/faults", {"effect": {"type": "fail-entries", "code": "InternalFailure", "ids": ["b"]}})
    entries = [{"Id": id, "MessageBody": id} for id in "abc"]
    answer = client().send_message_batch(QueueUrl=queue, Entries=entries)
    assert [entry["Id"] for entry in answer["Successful"]] == ["a", "c"], answer
    assert [(entry["Id"], entry["Code"], entry["SenderFault"]) for entry in answer["Failed"]] == [
        ("b", "InternalFailure", False)
    ], answer


def doubled(queue):
    "a message that is delivered twice has one id"
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
    "a snapshot that is restored has the messages again"
    sqs = client()
    sqs.send_message(QueueUrl=queue, MessageBody="hello")
    control("PUT", "/snapshots/one")
    for _ in range(2):
        sqs.purge_queue(QueueUrl=queue)
        control("POST", "/snapshots/one/restore")
        assert bodies(queue) == ["hello"]


for job in [throttled, throttled_for_good, lost_request, lost_answer, lost_for_good, failing_entries, doubled, restored]:
    line = {"sentence": job.__doc__}
    try:
        control("POST", "/reset")
        job(client().create_queue(QueueName="q")["QueueUrl"])
    except Exception as error:  # The test reads what went wrong.
        line["problem"] = repr(error)
    print(json.dumps(line), flush=True)
