"""Tests event source mappings from Python, with a function that is a small HTTP server in this script.

Prints one JSON object per line: a sentence, and the problem if it is not true.
"""

import http.server
import json
import os
import queue
import threading

import boto3
from botocore.config import Config

sqs = boto3.client("sqs")
lambda_client = boto3.client(
    "lambda", endpoint_url=os.environ["AWS_ENDPOINT_URL_SQS"], config=Config(retries={"max_attempts": 1})
)

events = queue.Queue()
answers = queue.Queue()


class Function(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        events.put(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        body = json.dumps(answers.get() if not answers.empty() else {}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", int(os.environ["FUNCTION_PORT"])), Function)
threading.Thread(target=server.serve_forever, daemon=True).start()


def create(name, **settings):
    url = sqs.create_queue(QueueName=name)["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    mapping = lambda_client.create_event_source_mapping(EventSourceArn=arn, FunctionName="python", **settings)
    return url, mapping


def feeds_a_function(name="feeds"):
    "a function gets the messages of its queue"
    url, mapping = create(name)
    assert mapping["ResponseMetadata"]["HTTPStatusCode"] == 202, mapping
    sent = sqs.send_message(QueueUrl=url, MessageBody="hello", MessageAttributes={
        "n": {"DataType": "Number", "StringValue": "1"}
    })
    (record,) = events.get(timeout=30)["Records"]
    assert record["messageId"] == sent["MessageId"] and record["body"] == "hello", record
    assert record["md5OfMessageAttributes"] == sent["MD5OfMessageAttributes"], record


def changes_a_mapping(name="changes"):
    "a mapping goes from state to state, and is gone in the end"
    _url, mapping = create(name, Enabled=False, Tags={"team": "a"})
    uuid = mapping["UUID"]
    assert mapping["State"] == "Disabled", mapping
    assert lambda_client.update_event_source_mapping(UUID=uuid, Enabled=True)["State"] == "Enabling"
    assert lambda_client.get_event_source_mapping(UUID=uuid)["State"] == "Enabled"
    assert lambda_client.list_tags(Resource=mapping["EventSourceMappingArn"])["Tags"] == {"team": "a"}
    pages = lambda_client.get_paginator("list_event_source_mappings").paginate(
        EventSourceArn=mapping["EventSourceArn"]
    )
    assert [one["UUID"] for page in pages for one in page["EventSourceMappings"]] == [uuid]
    assert lambda_client.delete_event_source_mapping(UUID=uuid)["State"] == "Deleting"
    try:
        lambda_client.get_event_source_mapping(UUID=uuid)
        raise AssertionError("the mapping is still there")
    except lambda_client.exceptions.ResourceNotFoundException as error:
        assert error.response["Error"]["Message"] == "The resource you requested does not exist.", error.response


def invokes_a_function():
    "a function can be invoked, and its errors are reported"
    answers.put({"done": True})
    invoked = lambda_client.invoke(FunctionName="python", Payload=b'{"a": 1}')
    assert json.load(invoked["Payload"]) == {"done": True} and "FunctionError" not in invoked, invoked
    assert events.get(timeout=30) == {"a": 1}
    answers.put({"errorType": "ValueError", "errorMessage": "no"})
    assert lambda_client.invoke(FunctionName="python")["FunctionError"] == "Unhandled"
    try:
        lambda_client.invoke(FunctionName="unknown")
        raise AssertionError("an unknown function was invoked")
    except lambda_client.exceptions.ResourceNotFoundException:
        pass


for test in [feeds_a_function, changes_a_mapping, invokes_a_function]:
    try:
        test()
        print(json.dumps({"sentence": test.__doc__}), flush=True)
    except Exception as error:
        print(json.dumps({"sentence": test.__doc__, "problem": repr(error)}), flush=True)
