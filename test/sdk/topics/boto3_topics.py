"""Everyday operations on topics with unmodified boto3, configured only by environment variables.

Prints one JSON object per line: a sentence, and the problem if it is not true.
"""

import hashlib
import http.server
import json
import os
import queue
import threading
import urllib.request

import boto3
import botocore.exceptions

sns = boto3.client("sns")
sqs = boto3.client("sqs")

FUNCTION_ARN = "arn:aws:lambda:us-east-1:000000000000:function:python"

TEXT = "line 1\r\nline 2\t<&>\"' é 漢 🐟 +%20"
ATTRIBUTES = {
    "kind": {"DataType": "String", "StringValue": 'Ærø & søn <"1">'},
    "total": {"DataType": "Number", "StringValue": "12.50"},
    "tags": {"DataType": "String.Array", "StringValue": '["a", 1, null]'},
    "digest": {"DataType": "Binary", "BinaryValue": bytes([0, 1, 127, 128, 255])},
}

requests = queue.Queue()


class Subscriber(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()
        requests.put((self.path, self.headers, body))

    def log_message(self, *_):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", int(os.environ["FUNCTION_PORT"])), Subscriber)
threading.Thread(target=server.serve_forever, daemon=True).start()
endpoint = f"http://127.0.0.1:{server.server_port}"


def create_queue(name, **attributes):
    url = sqs.create_queue(QueueName=name, Attributes=attributes)["QueueUrl"]
    return url, sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]


def subscribed(topic, name, settings=None, **attributes):
    url, arn = create_queue(name, **attributes)
    subscription = sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn, Attributes=settings or {})
    return url, subscription["SubscriptionArn"]


def receive(url):
    return sqs.receive_message(
        QueueUrl=url, MaxNumberOfMessages=10, MessageAttributeNames=["All"], MessageSystemAttributeNames=["All"]
    ).get("Messages", [])


def equal(got, expected):
    assert got == expected, f"{got!r} is not {expected!r}"


def refused(call, code, message, **arguments):
    try:
        call(**arguments)
    except botocore.exceptions.ClientError as error:
        equal(error.response["Error"]["Code"], code)
        equal(error.response["Error"]["Message"], message)
        return error
    raise AssertionError(f"expected {code}")


def topics_are_created_and_listed():
    "a topic is created, found again, tagged, listed and deleted"
    arn = sns.create_topic(Name="life", Tags=[{"Key": "team", "Value": "fish"}])["TopicArn"]
    equal(arn, "arn:aws:sns:us-east-1:000000000000:life")
    equal(sns.create_topic(Name="life")["TopicArn"], arn)
    pages = sns.get_paginator("list_topics").paginate()
    assert arn in [topic["TopicArn"] for page in pages for topic in page["Topics"]]
    sns.tag_resource(ResourceArn=arn, Tags=[{"Key": "stage", "Value": "dev"}])
    sns.untag_resource(ResourceArn=arn, TagKeys=["team"])
    equal(sns.list_tags_for_resource(ResourceArn=arn)["Tags"], [{"Key": "stage", "Value": "dev"}])
    sns.set_topic_attributes(TopicArn=arn, AttributeName="DisplayName", AttributeValue="Life & <more>")
    equal(sns.get_topic_attributes(TopicArn=arn)["Attributes"]["DisplayName"], "Life & <more>")
    equal(sns.list_subscriptions_by_topic(TopicArn=arn)["Subscriptions"], [])
    sns.delete_topic(TopicArn=arn)
    refused(sns.get_topic_attributes, "NotFound", "Topic does not exist", TopicArn=arn)


def sets_attributes_until_they_are_equal():
    "returns attributes as they were set, as infrastructure tools expect"
    topic = boto3.resource("sns").create_topic(Name="attributes")
    policy = json.loads(topic.attributes["Policy"])
    policy["Statement"].append({**policy["Statement"][0], "Sid": "second"})
    topic.set_attributes(AttributeName="Policy", AttributeValue=json.dumps(policy))
    topic.reload()
    equal(json.loads(topic.attributes["Policy"]), policy)
    topic.set_attributes(AttributeName="DisplayName", AttributeValue="é & <x>")
    topic.reload()
    equal(topic.attributes["DisplayName"], "é & <x>")


def lists_have_pages():
    "lists of topics and subscriptions have pages of 100"
    arns = {sns.create_topic(Name=f"page-{number:03}")["TopicArn"] for number in range(201)}
    pages = [page["Topics"] for page in sns.get_paginator("list_topics").paginate()]
    equal([len(page) for page in pages[:2]], [100, 100])
    listed = [topic["TopicArn"] for page in pages for topic in page]
    equal(len(listed), len(set(listed)))
    assert arns <= set(listed), arns - set(listed)
    topic = sns.create_topic(Name="paged")["TopicArn"]
    for number in range(101):
        sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=f"arn:aws:sqs:us-east-1:000000000000:page-{number}")
    pages = sns.get_paginator("list_subscriptions_by_topic").paginate(TopicArn=topic)
    equal([len(page["Subscriptions"]) for page in pages], [100, 1])
    for arn in [*arns, topic]:
        sns.delete_topic(TopicArn=arn)


def a_message_arrives_in_an_envelope():
    "a message arrives in an envelope, without message attributes of SQS"
    topic = sns.create_topic(Name="envelope")["TopicArn"]
    url, subscription = subscribed(topic, "envelope")
    sent = sns.publish(TopicArn=topic, Message=TEXT, Subject="Größe", MessageAttributes=ATTRIBUTES)
    (message,) = receive(url)
    assert "MessageAttributes" not in message, message
    equal(message["MD5OfBody"], hashlib.md5(message["Body"].encode()).hexdigest())
    envelope = json.loads(message["Body"])
    first = ["Type", "MessageId", "TopicArn", "Subject", "Message", "Timestamp", "SignatureVersion", "Signature"]
    equal(list(envelope), [*first, "SigningCertURL", "UnsubscribeURL", "MessageAttributes"])
    equal([envelope["MessageId"], envelope["Message"]], [sent["MessageId"], TEXT])
    equal([envelope["Subject"], envelope["Type"]], ["Größe", "Notification"])
    equal(envelope["MessageAttributes"]["tags"], {"Type": "String.Array", "Value": '["a", 1, null]'})
    equal(envelope["MessageAttributes"]["digest"], {"Type": "Binary", "Value": "AAF/gP8="})
    assert envelope["UnsubscribeURL"].endswith(f"/?Action=Unsubscribe&SubscriptionArn={subscription}"), envelope


def a_raw_message_arrives_as_it_was_published():
    "a raw message arrives as it was published, with its attributes and their MD5"
    topic = sns.create_topic(Name="raw")["TopicArn"]
    url, _ = subscribed(topic, "raw", {"RawMessageDelivery": "true"})
    direct, _ = create_queue("direct")
    sns.publish(TopicArn=topic, Message=TEXT, MessageAttributes=ATTRIBUTES)
    sent = sqs.send_message(QueueUrl=direct, MessageBody=TEXT, MessageAttributes=ATTRIBUTES)
    (message,) = receive(url)
    equal(message["Body"], TEXT)
    equal(message["MessageAttributes"], ATTRIBUTES)
    equal(message["MD5OfMessageAttributes"], sent["MD5OfMessageAttributes"])


def filters_choose_the_queues():
    "each queue gets the messages that its filter policy matches"
    topic = sns.create_topic(Name="filters")["TopicArn"]
    by_attributes = {"FilterPolicy": json.dumps({"kind": [{"prefix": "re"}], "total": [{"numeric": [">", 10]}]})}
    by_body = {"FilterPolicy": json.dumps({"order": {"item": ["squid"]}}), "FilterPolicyScope": "MessageBody"}
    raw = {"RawMessageDelivery": "true"}
    everything, _ = subscribed(topic, "everything", raw)
    attributes, arn = subscribed(topic, "by-attributes", by_attributes | raw)
    bodies, _ = subscribed(topic, "by-body", by_body | raw)
    equal(sns.get_subscription_attributes(SubscriptionArn=arn)["Attributes"]["FilterPolicy"], by_attributes["FilterPolicy"])
    squid = json.dumps({"order": {"item": "squid"}})
    for text, kind, total in [("one", "refund", "12"), (squid, "refund", "9"), ("three", "order", "12")]:
        sns.publish(TopicArn=topic, Message=text, MessageAttributes={
            "kind": {"DataType": "String", "StringValue": kind},
            "total": {"DataType": "Number", "StringValue": total},
        })
    equal([message["Body"] for message in receive(everything)], ["one", squid, "three"])
    equal([message["Body"] for message in receive(attributes)], ["one"])
    equal([message["Body"] for message in receive(bodies)], [squid])
    sns.set_subscription_attributes(SubscriptionArn=arn, AttributeName="FilterPolicy", AttributeValue="{}")
    sns.publish(TopicArn=topic, Message="unfiltered")
    equal([message["Body"] for message in receive(attributes)], ["unfiltered"])


def a_batch_reports_what_failed():
    "a batch is published, and the entry that failed is reported"
    topic = sns.create_topic(Name="batch")["TopicArn"]
    url, _ = subscribed(topic, "batch", {"RawMessageDelivery": "true"})
    entries = [{"Id": "good", "Message": "x"}, {"Id": "bad", "Message": "y", "Subject": "two\nlines"}]
    answer = sns.publish_batch(TopicArn=topic, PublishBatchRequestEntries=entries)
    equal([entry["Id"] for entry in answer["Successful"]], ["good"])
    failed = {"Id": "bad", "Code": "InvalidParameter", "Message": "Invalid parameter: Subject", "SenderFault": True}
    equal(answer["Failed"], [failed])
    equal(sns.publish_batch(TopicArn=topic, PublishBatchRequestEntries=entries[:1])["Failed"], [])
    equal([message["Body"] for message in receive(url)], ["x", "x"])


def a_fifo_topic_keeps_order_and_deduplicates():
    "a FIFO topic passes each message on once, in order, with its group"
    fifo_topic = {"FifoTopic": "true", "ContentBasedDeduplication": "true"}
    topic = sns.create_topic(Name="groups.fifo", Attributes=fifo_topic)["TopicArn"]
    fifo, _ = subscribed(topic, "groups.fifo", {"RawMessageDelivery": "true"}, FifoQueue="true")
    standard, _ = subscribed(topic, "groups", {"RawMessageDelivery": "true"})
    first = sns.publish(TopicArn=topic, Message="1", MessageGroupId="a")
    entries = [{"Id": text, "Message": text, "MessageGroupId": "a"} for text in ["2", "1", "3"]]
    answers = sns.publish_batch(TopicArn=topic, PublishBatchRequestEntries=entries)["Successful"]
    equal(answers[1]["MessageId"], first["MessageId"])
    equal(answers[1]["SequenceNumber"], first["SequenceNumber"])
    assert first["SequenceNumber"] < answers[0]["SequenceNumber"] < answers[2]["SequenceNumber"], answers
    messages = receive(fifo)
    equal([message["Body"] for message in messages], ["1", "2", "3"])
    equal({message["Attributes"]["MessageGroupId"] for message in messages}, {"a"})
    equal(messages[0]["Attributes"]["MessageDeduplicationId"], hashlib.sha256(b"1").hexdigest())
    equal(sorted(message["Body"] for message in receive(standard)), ["1", "2", "3"])


def an_endpoint_confirms_and_gets_messages():
    "an HTTP endpoint confirms its subscription, gets messages, and says goodbye by a link"
    topic = sns.create_topic(Name="http")["TopicArn"]
    subscription = sns.subscribe(TopicArn=topic, Protocol="http", Endpoint=f"{endpoint}/hook")
    equal(subscription["SubscriptionArn"], "pending confirmation")
    path, headers, body = requests.get(timeout=30)
    equal([path, headers["x-amz-sns-message-type"]], ["/hook", "SubscriptionConfirmation"])
    equal(sns.list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"][0]["SubscriptionArn"], "PendingConfirmation")
    token = json.loads(body)["Token"]
    arn = sns.confirm_subscription(TopicArn=topic, Token=token)["SubscriptionArn"]
    equal(sns.get_subscription_attributes(SubscriptionArn=arn)["Attributes"]["PendingConfirmation"], "false")
    sent = sns.publish(TopicArn=topic, Message=TEXT)
    _, headers, body = requests.get(timeout=30)
    equal(headers["x-amz-sns-message-id"], sent["MessageId"])
    equal(json.loads(body)["Message"], TEXT)
    urllib.request.urlopen(json.loads(body)["UnsubscribeURL"]).close()
    _, headers, _ = requests.get(timeout=30)
    equal(headers["x-amz-sns-message-type"], "UnsubscribeConfirmation")
    equal(sns.list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"], [])


def a_function_gets_events():
    "a function gets an event for each message"
    topic = sns.create_topic(Name="function")["TopicArn"]
    arn = sns.subscribe(TopicArn=topic, Protocol="lambda", Endpoint=FUNCTION_ARN)["SubscriptionArn"]
    sent = sns.publish(TopicArn=topic, Message=TEXT)
    _, headers, body = requests.get(timeout=30)
    equal(headers["x-amz-invocation-type"], "Event")
    (record,) = json.loads(body)["Records"]
    equal([record["EventSource"], record["EventSubscriptionArn"]], ["aws:sns", arn])
    equal([record["Sns"]["MessageId"], record["Sns"]["Message"]], [sent["MessageId"], TEXT])
    equal([record["Sns"]["Subject"], record["Sns"]["MessageAttributes"]], [None, {}])


def undeliverable_messages_reach_the_dead_letter_queue():
    "a message that a queue cannot take reaches the dead-letter queue of the subscription"
    topic = sns.create_topic(Name="dead")["TopicArn"]
    dead, arn = create_queue("dead")
    sns.subscribe(
        TopicArn=topic, Protocol="sqs", Endpoint="arn:aws:sqs:us-east-1:000000000000:nowhere",
        Attributes={"RawMessageDelivery": "true", "RedrivePolicy": json.dumps({"deadLetterTargetArn": arn})},
    )
    sns.publish(TopicArn=topic, Message="lost", MessageAttributes={"total": ATTRIBUTES["total"]})
    (message,) = receive(dead)
    equal([message["Body"], message["MessageAttributes"]], ["lost", {"total": ATTRIBUTES["total"]}])
    equal(message["Attributes"]["ApproximateReceiveCount"], "1")


def errors_have_classes():
    "errors have classes and AWS's texts"
    topic = sns.create_topic(Name="errors")["TopicArn"]
    missing = f"{topic}-missing"
    error = refused(sns.publish, "NotFound", "Topic does not exist", TopicArn=missing, Message="x")
    assert isinstance(error, sns.exceptions.NotFoundException), error
    equal(error.response["ResponseMetadata"]["HTTPStatusCode"], 404)
    refused(sns.publish, "InvalidParameter", "Invalid parameter: Empty message", TopicArn=topic, Message="")
    attributes = {"n": {"DataType": "String", "StringValue": ""}}
    text = "The message attribute 'n' must contain non-empty message attribute value for message attribute type 'String'."
    refused(sns.publish, "ParameterValueInvalid", text, TopicArn=topic, Message="x", MessageAttributes=attributes)
    entries = [{"Id": str(number), "Message": "x"} for number in range(11)]
    text = "The batch request contains more entries than permissible."
    refused(sns.publish_batch, "TooManyEntriesInBatchRequest", text, TopicArn=topic, PublishBatchRequestEntries=entries)


for test in [
    topics_are_created_and_listed,
    sets_attributes_until_they_are_equal,
    lists_have_pages,
    a_message_arrives_in_an_envelope,
    a_raw_message_arrives_as_it_was_published,
    filters_choose_the_queues,
    a_batch_reports_what_failed,
    a_fifo_topic_keeps_order_and_deduplicates,
    an_endpoint_confirms_and_gets_messages,
    a_function_gets_events,
    undeliverable_messages_reach_the_dead_letter_queue,
    errors_have_classes,
]:
    try:
        test()
        print(json.dumps({"sentence": test.__doc__}), flush=True)
    except Exception as error:
        print(json.dumps({"sentence": test.__doc__, "problem": repr(error)}), flush=True)
