"""A topic with boto3: every order goes to the queue of the warehouse, and refunds also to that of the accountants."""

import json

import boto3

sns = boto3.client("sns")
sqs = boto3.client("sqs")

topic_arn = sns.create_topic(Name="orders")["TopicArn"]


def subscribe(name, attributes):
    queue_url = sqs.create_queue(QueueName=name)["QueueUrl"]
    queue_arn = sqs.get_queue_attributes(QueueUrl=queue_url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    # On AWS, the queue has to let the topic send to it.
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "sns.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": queue_arn,
        "Condition": {"ArnEquals": {"aws:SourceArn": topic_arn}},
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    sqs.set_queue_attributes(QueueUrl=queue_url, Attributes={"Policy": policy})
    sns.subscribe(TopicArn=topic_arn, Protocol="sqs", Endpoint=queue_arn, Attributes=attributes)
    return queue_url


queues = {
    "warehouse": subscribe("warehouse", {"RawMessageDelivery": "true"}),
    "accountants": subscribe("accountants", {"RawMessageDelivery": "true", "FilterPolicy": '{"kind": ["refund"]}'}),
}

for kind, text in [("sale", "3 x squid rings"), ("refund", "1 x squid ring")]:
    attributes = {"kind": {"DataType": "String", "StringValue": kind}}
    sns.publish(TopicArn=topic_arn, Message=text, MessageAttributes=attributes)

for name, queue_url in queues.items():
    received = sqs.receive_message(
        QueueUrl=queue_url, MaxNumberOfMessages=10, WaitTimeSeconds=20, MessageAttributeNames=["All"]
    )
    for message in received.get("Messages", []):
        print(f"{name}: {message['MessageAttributes']['kind']['StringValue']} of {message['Body']}")
        sqs.delete_message(QueueUrl=queue_url, ReceiptHandle=message["ReceiptHandle"])
