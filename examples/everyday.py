"""The everyday job with boto3: make a queue, send an order, receive it, process it, delete it."""

import json

import boto3

sqs = boto3.client("sqs")

queue_url = sqs.create_queue(
    QueueName="orders",
    Attributes={"DelaySeconds": "2", "MessageRetentionPeriod": "86400"},
)["QueueUrl"]

sqs.send_message(
    QueueUrl=queue_url,
    MessageBody=json.dumps({"order": 17, "item": "squid rings", "quantity": 3}),
)
print(f"Sent an order to {queue_url}")

# Waits up to 20 seconds. The queue holds each message back for 2 seconds.
received = sqs.receive_message(QueueUrl=queue_url, MaxNumberOfMessages=10, WaitTimeSeconds=20)

for message in received.get("Messages", []):
    order = json.loads(message["Body"])
    print(f"Processing order {order['order']}: {order['quantity']} x {order['item']}")
    # Without this, the message would come again when its visibility timeout is over.
    sqs.delete_message(QueueUrl=queue_url, ReceiptHandle=message["ReceiptHandle"])

print("Done")
