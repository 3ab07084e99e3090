"""Tests topics with boto3.

Prints one JSON object per line: a sentence, and the problem if it is not true.
"""

import json
import urllib.request

import boto3
from botocore.exceptions import ClientError

sns = boto3.client("sns")
sqs = boto3.client("sqs")


def queue(name, **attributes):
    url = sqs.create_queue(QueueName=name, Attributes=attributes)["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    return url, arn


def receive(url):
    return sqs.receive_message(
        QueueUrl=url, MaxNumberOfMessages=10, MessageAttributeNames=["All"], AttributeNames=["All"]
    ).get("Messages", [])


def code(operation, **parameters):
    try:
        operation(**parameters)
    except ClientError as error:
        return error.response["Error"]["Code"], error.response["ResponseMetadata"]["HTTPStatusCode"]
    raise AssertionError("the request should fail")


def fans_out_through_a_filter():
    "fans a message out to two queues, one of which has a filter policy"
    topic = sns.create_topic(Name="orders", Tags=[{"Key": "team", "Value": "shop"}])["TopicArn"]
    all_url, all_arn = queue("all")
    refunds_url, refunds_arn = queue("refunds")
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=all_arn)
    policy = {"kind": ["refund"], "total": [{"numeric": [">", 10]}]}
    attributes = {"FilterPolicy": json.dumps(policy), "RawMessageDelivery": "true"}
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=refunds_arn, Attributes=attributes, ReturnSubscriptionArn=True)
    for kind, total in [("order", "50"), ("refund", "5"), ("refund", "50.5")]:
        sent = sns.publish(
            TopicArn=topic,
            Message=f"{kind} {total}",
            Subject="shop",
            MessageAttributes={
                "kind": {"DataType": "String", "StringValue": kind},
                "total": {"DataType": "Number", "StringValue": total},
                "raw": {"DataType": "Binary", "BinaryValue": b"\x00\xff"},
            },
        )
    (refund,) = receive(refunds_url)
    assert refund["Body"] == "refund 50.5", refund
    assert refund["MessageAttributes"]["raw"]["BinaryValue"] == b"\x00\xff", refund
    envelopes = [json.loads(message["Body"]) for message in receive(all_url)]
    assert len(envelopes) == 3, envelopes
    (last,) = [one for one in envelopes if one["MessageId"] == sent["MessageId"]]
    assert last["Subject"] == "shop" and last["MessageAttributes"]["total"] == {"Type": "Number", "Value": "50.5"}, last


def returns_empty_lists():
    "returns empty lists, which are present"
    topic = sns.create_topic(Name="empty")["TopicArn"]
    assert sns.list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"] == []
    assert sns.list_tags_for_resource(ResourceArn=topic)["Tags"] == []
    batch = sns.publish_batch(TopicArn=topic, PublishBatchRequestEntries=[{"Id": "1", "Message": "m"}])
    assert batch["Failed"] == [] and batch["Successful"][0]["Id"] == "1", batch


def pages():
    "lists topics and subscriptions with paginators"
    topic = sns.create_topic(Name="page-000")["TopicArn"]
    for index in range(1, 120):
        sns.create_topic(Name=f"page-{index:03}")
        sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=f"arn:aws:sqs:us-east-1:000000000000:q{index}")
    arns = [one["TopicArn"] for page in sns.get_paginator("list_topics").paginate() for one in page["Topics"]]
    assert len([arn for arn in arns if ":page-" in arn]) == 120, arns
    pager = sns.get_paginator("list_subscriptions_by_topic")
    assert sum(len(page["Subscriptions"]) for page in pager.paginate(TopicArn=topic)) == 119


def raises_exceptions_of_the_model():
    "raises the exceptions of the model"
    missing = "arn:aws:sns:us-east-1:000000000000:missing"
    assert code(sns.publish, TopicArn=missing, Message="m") == ("NotFound", 404)
    assert code(sns.tag_resource, ResourceArn=missing, Tags=[{"Key": "a", "Value": "b"}]) == ("ResourceNotFound", 404)
    topic = sns.create_topic(Name="errors")["TopicArn"]
    entries = [{"Id": "1", "Message": "m"}, {"Id": "1", "Message": "n"}]
    twice = code(sns.publish_batch, TopicArn=topic, PublishBatchRequestEntries=entries)
    assert twice == ("BatchEntryIdsNotDistinct", 400), twice
    try:
        sns.publish(TopicArn=missing, Message="m")
    except sns.exceptions.NotFoundException as error:
        assert "Topic does not exist" in str(error), error


def publishes_in_order_to_fifo_queues():
    "publishes to a FIFO queue in order, without duplicates"
    fifo = {"FifoTopic": "true", "ContentBasedDeduplication": "true"}
    topic = sns.create_topic(Name="events.fifo", Attributes=fifo)["TopicArn"]
    url, arn = queue("events.fifo", FifoQueue="true")
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn, Attributes={"RawMessageDelivery": "true"})
    numbers = [sns.publish(TopicArn=topic, Message=text, MessageGroupId="g")["SequenceNumber"] for text in "aabbc"]
    assert numbers == sorted(numbers) and len(set(numbers)) == 3, numbers
    assert [message["Body"] for message in receive(url)] == ["a", "b", "c"]


def unsubscribes_by_a_link():
    "unsubscribes by the link in an envelope"
    topic = sns.create_topic(Name="links")["TopicArn"]
    url, arn = queue("links")
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
    sns.publish(TopicArn=topic, Message="m")
    (message,) = receive(url)
    with urllib.request.urlopen(json.loads(message["Body"])["UnsubscribeURL"], timeout=30) as response:
        assert response.status == 200
    assert sns.list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"] == []


def sets_attributes_until_they_are_equal():
    "returns attributes as they were set, as infrastructure tools expect"
    topic = boto3.resource("sns").create_topic(Name="attributes")
    policy = json.loads(topic.attributes["Policy"])
    policy["Statement"].append({**policy["Statement"][0], "Sid": "second"})
    topic.set_attributes(AttributeName="Policy", AttributeValue=json.dumps(policy))
    topic.reload()
    assert json.loads(topic.attributes["Policy"]) == policy, topic.attributes
    topic.set_attributes(AttributeName="DisplayName", AttributeValue="é & <x>")
    topic.reload()
    assert topic.attributes["DisplayName"] == "é & <x>", topic.attributes


for function in [
    fans_out_through_a_filter,
    returns_empty_lists,
    pages,
    raises_exceptions_of_the_model,
    publishes_in_order_to_fifo_queues,
    unsubscribes_by_a_link,
    sets_attributes_until_they_are_equal,
]:
    line = {"sentence": function.__doc__}
    try:
        function()
    except Exception as error:
        line["problem"] = repr(error)
    print(json.dumps(line), flush=True)
