"""Sends messages to a queue, or receives and deletes them, until its input ends. Any error that boto3 raises ends it.

Prints the body of each message that it has sent or received.
"""

import sys
import threading

import boto3

WORK, QUEUE = sys.argv[1:]
ended = threading.Event()
sqs = boto3.client("sqs")


def wait_for_end():
    sys.stdin.read()
    ended.set()


def send(number):
    body = f"boto3/{number}"
    sqs.send_message(QueueUrl=QUEUE, MessageBody=body)
    print(body, flush=True)


def receive(_number):
    answer = sqs.receive_message(QueueUrl=QUEUE, MaxNumberOfMessages=10, WaitTimeSeconds=1)
    for message in answer.get("Messages", []):
        print(message["Body"], flush=True)
        sqs.delete_message(QueueUrl=QUEUE, ReceiptHandle=message["ReceiptHandle"])


threading.Thread(target=wait_for_end, daemon=True).start()
number = 0
while not ended.is_set():
    {"send": send, "receive": receive}[WORK](number)
    number += 1
