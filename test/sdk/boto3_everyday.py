"""Everyday operations with unmodified boto3, configured only by environment variables.

    python3 boto3_everyday.py --list      prints the names of the tests, as a JSON list
    python3 boto3_everyday.py json        runs the tests, expecting boto3 to use this wire

Prints one JSON object per line: {"sentence": …, "problem": "" or the problem}. The tests do not depend on the machine's
time: the script asks its caller to advance the clock ({"advance": seconds}) or to wait until a long poll is waiting
({"untilPolled": seconds}), and continues when it reads a line.
"""

import concurrent.futures
import hashlib
import json
import sys
import unittest

import boto3
import botocore.exceptions

WIRE = sys.argv[1]

TEXT = "line 1\r\nline 2\t<&>\"' é 漢 🐟 +%20"
ATTRIBUTES = {
    "customer": {"DataType": "String", "StringValue": 'Ærø & søn <"1">'},
    "total": {"DataType": "Number", "StringValue": "12.50"},
    "digest": {"DataType": "Binary.sha1", "BinaryValue": bytes([0, 1, 127, 128, 255])},
}


def send(line):
    print(json.dumps(line), flush=True)


def ask(request):
    send(request)
    sys.stdin.readline()


class EverydayOperations(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        self.sqs = boto3.client("sqs")
        self.name = self._testMethodName.removeprefix("test_")

    def queue(self, **attributes):
        return self.sqs.create_queue(QueueName=self.name, Attributes=attributes)["QueueUrl"]

    def receive(self, url, **more):
        return self.sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, **more).get("Messages", [])

    def refused(self, call, **arguments):
        with self.assertRaises(botocore.exceptions.ClientError) as caught:
            call(**arguments)
        return caught.exception

    def test_boto3_uses_the_expected_wire(self):
        types = []
        events = self.sqs.meta.events
        events.register("before-send.sqs", lambda request, **_: types.append(str(request.headers["Content-Type"])))
        self.sqs.list_queues()
        expected = {"json": "application/x-amz-json-1.0", "query": "application/x-www-form-urlencoded"}
        self.assertIn(expected[WIRE], types[0])

    def test_a_queue_is_created_and_found_again(self):
        url = self.queue(DelaySeconds="5")
        self.assertTrue(url.endswith(f"/000000000000/{self.name}"), url)
        self.assertEqual(self.queue(DelaySeconds="5"), url)
        self.assertEqual(self.sqs.get_queue_url(QueueName=self.name)["QueueUrl"], url)
        self.assertEqual(self.sqs.list_queues(QueueNamePrefix=self.name)["QueueUrls"], [url])

    def test_queues_are_listed_page_by_page(self):
        urls = [self.sqs.create_queue(QueueName=f"page-{letter}")["QueueUrl"] for letter in "abcde"]
        pages = self.sqs.get_paginator("list_queues").paginate(
            QueueNamePrefix="page-", PaginationConfig={"PageSize": 2}
        )
        self.assertEqual([page["QueueUrls"] for page in pages], [urls[:2], urls[2:4], urls[4:]])

    def test_text_and_attributes_arrive_as_they_were_sent(self):
        url = self.queue()
        sent = self.sqs.send_message(QueueUrl=url, MessageBody=TEXT, MessageAttributes=ATTRIBUTES)
        self.assertEqual(sent["MD5OfMessageBody"], hashlib.md5(TEXT.encode()).hexdigest())
        (message,) = self.receive(url, MessageAttributeNames=["All"], MessageSystemAttributeNames=["All"])
        self.assertEqual(message["Body"], TEXT)
        self.assertEqual(message["MessageAttributes"], ATTRIBUTES)
        self.assertEqual(message["MessageId"], sent["MessageId"])
        self.assertEqual(message["MD5OfBody"], sent["MD5OfMessageBody"])
        self.assertEqual(message["MD5OfMessageAttributes"], sent["MD5OfMessageAttributes"])
        self.assertEqual(message["Attributes"]["ApproximateReceiveCount"], "1")

    def test_the_older_list_of_attribute_names_works_too(self):
        url = self.queue()
        self.sqs.send_message(QueueUrl=url, MessageBody="x", MessageAttributes=ATTRIBUTES)
        (message,) = self.receive(url, AttributeNames=["ApproximateReceiveCount"], MessageAttributeNames=["t.*"])
        self.assertEqual(message["Attributes"], {"ApproximateReceiveCount": "1"})
        self.assertEqual(message["MessageAttributes"], {"total": ATTRIBUTES["total"]})

    def test_a_long_poll_ends_when_a_message_is_sent(self):
        url = self.queue()
        with concurrent.futures.ThreadPoolExecutor() as pool:
            send({"untilPolled": 20})
            received = pool.submit(self.receive, url, WaitTimeSeconds=20)
            sys.stdin.readline()
            self.sqs.send_message(QueueUrl=url, MessageBody="at last")
            self.assertEqual([message["Body"] for message in received.result()], ["at last"])

    def test_a_delayed_message_is_not_received_early(self):
        url = self.queue(DelaySeconds="7")
        self.sqs.send_message(QueueUrl=url, MessageBody="x")
        ask({"advance": 6.999})
        self.assertEqual(self.receive(url), [])
        ask({"advance": 0.001})
        self.assertEqual(len(self.receive(url)), 1)

    def test_the_visibility_timeout_hides_a_message_and_can_be_changed(self):
        url = self.queue(VisibilityTimeout="10")
        self.sqs.send_message(QueueUrl=url, MessageBody="x")
        self.assertEqual(len(self.receive(url)), 1)
        ask({"advance": 9.999})
        self.assertEqual(self.receive(url), [])
        ask({"advance": 0.001})
        (message,) = self.receive(url)
        handle = message["ReceiptHandle"]
        self.sqs.change_message_visibility(QueueUrl=url, ReceiptHandle=handle, VisibilityTimeout=60)
        ask({"advance": 59.999})
        self.assertEqual(self.receive(url), [])
        self.sqs.change_message_visibility(QueueUrl=url, ReceiptHandle=handle, VisibilityTimeout=0)
        (message,) = self.receive(url, AttributeNames=["All"])
        self.assertEqual(message["Attributes"]["ApproximateReceiveCount"], "3")

    def test_a_deleted_message_is_never_received_again(self):
        url = self.queue()
        self.sqs.send_message(QueueUrl=url, MessageBody="x")
        (message,) = self.receive(url)
        for _ in range(2):
            self.sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        ask({"advance": 30})
        self.assertEqual(self.receive(url), [])

    def test_a_batch_reports_which_entries_failed_and_why(self):
        url = self.queue()
        sent = self.sqs.send_message_batch(
            QueueUrl=url,
            Entries=[
                {"Id": "good", "MessageBody": TEXT, "MessageAttributes": ATTRIBUTES},
                {"Id": "late", "MessageBody": "x", "DelaySeconds": 901},
                {"Id": "fine", "MessageBody": "y"},
            ],
        )
        self.assertEqual([entry["Id"] for entry in sent["Successful"]], ["good", "fine"])
        (failed,) = sent["Failed"]
        self.assertEqual(
            (failed["Id"], failed["Code"], failed["SenderFault"]), ("late", "InvalidParameterValue", True)
        )
        messages = self.receive(url, MessageAttributeNames=["All"])
        self.assertEqual(sorted(message["Body"] for message in messages), sorted([TEXT, "y"]))
        handles = [message["ReceiptHandle"] for message in messages]
        changed = self.sqs.change_message_visibility_batch(
            QueueUrl=url,
            Entries=[
                {"Id": "a", "ReceiptHandle": handles[0], "VisibilityTimeout": 60},
                {"Id": "b", "ReceiptHandle": handles[1], "VisibilityTimeout": 43201},
            ],
        )
        self.assertEqual([entry["Id"] for entry in changed["Successful"]], ["a"])
        self.assertEqual([entry["Id"] for entry in changed["Failed"]], ["b"])
        deleted = self.sqs.delete_message_batch(
            QueueUrl=url,
            Entries=[{"Id": "a", "ReceiptHandle": handles[0]}, {"Id": "b", "ReceiptHandle": "nonsense"}],
        )
        self.assertEqual(deleted["Successful"], [{"Id": "a"}])
        self.assertEqual([(entry["Id"], entry["Code"]) for entry in deleted["Failed"]], [("b", "ReceiptHandleIsInvalid")])

    def test_messages_are_counted_as_visible_in_flight_and_delayed(self):
        url = self.queue()
        for delay in (0, 0, 0, 60):
            self.sqs.send_message(QueueUrl=url, MessageBody="x", DelaySeconds=delay)
        self.sqs.receive_message(QueueUrl=url)
        attributes = self.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
        self.assertEqual(attributes["ApproximateNumberOfMessages"], "2")
        self.assertEqual(attributes["ApproximateNumberOfMessagesNotVisible"], "1")
        self.assertEqual(attributes["ApproximateNumberOfMessagesDelayed"], "1")
        self.assertEqual(len(attributes), 12)

    def test_queue_attributes_can_be_changed(self):
        url = self.queue()
        self.sqs.set_queue_attributes(QueueUrl=url, Attributes={"VisibilityTimeout": "99", "DelaySeconds": "3"})
        names = ["DelaySeconds", "VisibilityTimeout"]
        attributes = self.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"]
        self.assertEqual(attributes, {"DelaySeconds": "3", "VisibilityTimeout": "99"})

    def test_a_queue_is_purged_and_deleted(self):
        url = self.queue()
        self.sqs.send_message(QueueUrl=url, MessageBody="x")
        self.sqs.purge_queue(QueueUrl=url)
        self.assertEqual(self.receive(url), [])
        self.sqs.delete_queue(QueueUrl=url)
        self.assertNotIn("QueueUrls", self.sqs.list_queues(QueueNamePrefix=self.name))

    def test_a_queue_that_does_not_exist_has_its_own_exception_and_both_codes(self):
        url = self.queue() + "-nowhere"
        error = self.refused(self.sqs.send_message, QueueUrl=url, MessageBody="x")
        self.assertIsInstance(error, self.sqs.exceptions.QueueDoesNotExist)
        details = error.response["Error"]
        self.assertEqual(details["Code"], "AWS.SimpleQueueService.NonExistentQueue")
        self.assertEqual(details["Type"], "Sender")
        self.assertEqual(error.response["ResponseMetadata"]["HTTPStatusCode"], 400)
        self.assertEqual(len(error.response["ResponseMetadata"]["RequestId"]), 36)
        if WIRE == "json":
            self.assertEqual(details["QueryErrorCode"], "QueueDoesNotExist")
            self.assertEqual(details["Message"], "The specified queue does not exist.")
        else:
            self.assertNotIn("QueryErrorCode", details)
            self.assertEqual(details["Message"], "The specified queue does not exist for this wsdl version.")

    def test_other_errors_have_their_codes(self):
        url = self.queue()
        exists = self.refused(self.sqs.create_queue, QueueName=self.name, Attributes={"DelaySeconds": "1"})
        self.assertIsInstance(exists, self.sqs.exceptions.QueueNameExists)
        self.assertEqual(exists.response["Error"]["Code"], "QueueAlreadyExists")
        empty = self.refused(self.sqs.send_message_batch, QueueUrl=url, Entries=[])
        self.assertEqual(empty.response["Error"]["Code"], "AWS.SimpleQueueService.EmptyBatchRequest")
        invalid = self.refused(self.sqs.delete_message, QueueUrl=url, ReceiptHandle="nonsense")
        self.assertEqual(invalid.response["Error"]["Code"], "ReceiptHandleIsInvalid")
        self.assertEqual(invalid.response["ResponseMetadata"]["HTTPStatusCode"], 404)
        many = self.refused(self.sqs.receive_message, QueueUrl=url, MaxNumberOfMessages=11)
        self.assertEqual(many.response["Error"]["Code"], "InvalidParameterValue")

    def test_regions_and_accounts_are_separate(self):
        url = self.queue()
        for elsewhere in (
            boto3.client("sqs", region_name="eu-central-1"),
            boto3.client("sqs", aws_access_key_id="111111111111", aws_secret_access_key="x"),
        ):
            self.assertNotIn("QueueUrls", elsewhere.list_queues())
        there = boto3.client("sqs", region_name="eu-central-1")
        there.create_queue(QueueName=self.name)
        self.sqs.send_message(QueueUrl=url, MessageBody="x")
        self.assertNotIn("Messages", there.receive_message(QueueUrl=url))
        arn = there.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        self.assertEqual(arn, f"arn:aws:sqs:eu-central-1:000000000000:{self.name}")

    def test_the_resource_interface_works(self):
        queue = boto3.resource("sqs").create_queue(QueueName=self.name)
        queue.send_message(MessageBody="x", MessageAttributes=ATTRIBUTES)
        (message,) = queue.receive_messages(MessageAttributeNames=["All"], WaitTimeSeconds=20)
        self.assertEqual((message.body, message.message_attributes), ("x", ATTRIBUTES))
        message.change_visibility(VisibilityTimeout=5)
        message.delete()
        queue.load()
        self.assertEqual(queue.attributes["ApproximateNumberOfMessagesNotVisible"], "0")


def sentence(name):
    return name.removeprefix("test_").replace("_", " ")


def main():
    names = [name for name in vars(EverydayOperations) if name.startswith("test_")]
    if WIRE == "--list":
        return send([sentence(name) for name in names])
    for name in names:
        result = unittest.TestResult()
        EverydayOperations(name).run(result)
        problems = [text for _, text in result.errors + result.failures]
        send({"sentence": sentence(name), "problem": "\n".join(problems)})


if __name__ == "__main__":
    main()
