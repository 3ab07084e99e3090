"""Sends correctly and incorrectly signed requests with boto3, and prints their outcomes as a JSON object."""

import json
import os
import urllib.request

import boto3
from botocore import UNSIGNED
from botocore.auth import SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.credentials import Credentials
from botocore.exceptions import ClientError

KEY, SECRET = "AKIDOWNER", "the-secret-of-the-owner"


def client(key=KEY, secret=SECRET, token=None, region="us-east-1", **config):
    return boto3.client(
        "sqs",
        aws_access_key_id=key,
        aws_secret_access_key=secret,
        aws_session_token=token,
        region_name=region,
        config=Config(retries={"max_attempts": 1}, **config),
    )


def outcome(sqs):
    try:
        url = sqs.create_queue(QueueName="q")["QueueUrl"]
        sqs.send_message(QueueUrl=url, MessageBody="smørrebrød ~ + %20")
        assert sqs.receive_message(QueueUrl=url)["Messages"][0]["Body"] == "smørrebrød ~ + %20"
        return "fine"
    except ClientError as error:
        return [error.response["ResponseMetadata"]["HTTPStatusCode"], error.response["Error"]["Code"]]


def changed():
    def change(request, **_):
        body = request.body if isinstance(request.body, bytes) else request.body.encode()
        request.body = body.replace(b'"q"', b'"r"').replace(b"=q", b"=r")

    sqs = client()
    sqs.meta.events.register("before-send.sqs", change)
    return outcome(sqs)


def presigned():
    url = os.environ["AWS_ENDPOINT_URL_SQS"] + "/111122223333/q?Action=SendMessage&MessageBody=a%20b%2Fc~%C3%A6"
    request = AWSRequest(method="GET", url=url)
    SigV4QueryAuth(Credentials(KEY, SECRET), "sqs", "us-east-1").add_auth(request)
    with urllib.request.urlopen(request.prepare().url) as answer:
        return "fine" if b"<MessageId>" in answer.read() else "no message"


print(
    json.dumps(
        {
            "right": outcome(client()),
            "with a token": outcome(client("ASIATEMPORARY", token="the-token")),
            "a presigned URL": presigned(),
            "a wrong secret": outcome(client(secret="wrong")),
            "an unknown key": outcome(client("AKIDUNKNOWN")),
            "a wrong token": outcome(client("ASIATEMPORARY", token="another")),
            "an expired token": outcome(client("ASIAEXPIRED", token="old")),
            "a wrong region": outcome(client(region="eu-west-1")),
            "a body that was changed": changed(),
            "no signature": outcome(client(signature_version=UNSIGNED)),
        }
    )
)
