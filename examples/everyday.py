"""A typical job with boto3: create a queue, then send, receive, process and delete an order."""

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

# Waits up to 20 seconds. The queue delays each message by 2 seconds.
received = sqs.receive_message(QueueUrl=queue_url, MaxNumberOfMessages=10, WaitTimeSeconds=20)

for message in received.get("Messages", []):
    order = json.loads(message["Body"])
    print(f"Processing order {order['order']}: {order['quantity']} x {order['item']}")
    # Without this, the message would be delivered again after its visibility timeout.
    sqs.delete_message(QueueUrl=queue_url, ReceiptHandle=message["ReceiptHandle"])

print("Done")
