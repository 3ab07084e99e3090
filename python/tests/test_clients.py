"""Clients of boto3, and accounts."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
from botocore.config import Config

import squab as package


def names(client) -> list[str]:
    return [url.rsplit("/", 1)[1] for url in client.list_queues().get("QueueUrls", [])]


def test_client_and_resource_use_the_same_queues(squab_account):
    url = squab_account.client().create_queue(QueueName="orders")["QueueUrl"]
    queue = squab_account.resource().get_queue_by_name(QueueName="orders")
    assert queue.url == url
    queue.send_message(MessageBody="1")
    assert [message.body for message in queue.receive_messages()] == ["1"]


def test_settings_go_to_boto3(squab, squab_account):
    client = squab_account.client(region_name="eu-west-1", config=Config(user_agent_extra="orders-test"))
    url = client.create_queue(QueueName="orders")["QueueUrl"]
    message_id = client.send_message(QueueUrl=url, MessageBody="1")["MessageId"]
    client.receive_message(QueueUrl=url)
    account = squab.account(squab_account.account_id, region="eu-west-1")
    assert [queue["name"] for queue in account.queues.list()] == ["orders"]
    assert "orders-test" in account.messages.history(message_id)["events"][-1]["receiver"]


def test_accounts_do_not_share_queues(squab):
    first, second = squab.new_account(), squab.new_account()
    assert first.account_id != second.account_id
    first.client().create_queue(QueueName="orders")
    assert (names(first.client()), names(second.client())) == (["orders"], [])
    assert [queue["name"] for queue in first.queues.list()] == ["orders"]
    assert second.queues.list() == []
    assert second.reset() == 0
    assert first.reset() == 1
    assert names(first.client()) == []


def test_an_account_has_its_own_region(squab):
    account = squab.account("111122223333", region="eu-north-1")
    account.client().create_queue(QueueName="orders")
    assert [queue["arn"] for queue in account.queues.list()] == ["arn:aws:sqs:eu-north-1:111122223333:orders"]
    assert squab.account("111122223333").queues.list() == []
    account.reset()


@pytest.mark.parametrize("account_id", ["", "12345", "1234567890123", "12345678901x", "١٢٣٤٥٦٧٨٩٠١٢"])
def test_an_account_id_has_twelve_digits(squab, account_id):
    with pytest.raises(ValueError, match="must have twelve digits"):
        squab.account(account_id)


def test_clients_of_topics_use_the_queues_of_their_account(squab_account):
    sqs, sns = squab_account.client(), squab_account.client("sns")
    url = sqs.create_queue(QueueName="orders")["QueueUrl"]
    topic = sns.create_topic(Name="news")["TopicArn"]
    assert [topic["arn"] for topic in squab_account.topics.list()] == [topic]
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=squab_account.queues.get("orders")["arn"])
    sns.publish(TopicArn=topic, Message="order 1")
    event = squab_account.wait("orders", "sent", body_contains="order 1", after_event_id=0)["event"]
    assert event["publication"]["topicArn"] == topic
    assert len(sqs.receive_message(QueueUrl=url)["Messages"]) == 1


def test_env_leads_clients_of_topics_and_functions_to_the_account(squab_account):
    program = (
        "import boto3; print(boto3.client('sns').create_topic(Name='news')['TopicArn']);"
        "print(boto3.client('lambda').list_event_source_mappings()['EventSourceMappings'])"
    )
    env = {**os.environ, **squab_account.env}
    output = subprocess.run([sys.executable, "-c", program], env=env, capture_output=True, text=True, check=True).stdout
    assert output == f"arn:aws:sns:us-east-1:{squab_account.account_id}:news\n[]\n"


def test_env_leads_a_program_to_the_account(squab_account):
    program = "import boto3; print(boto3.client('sqs').create_queue(QueueName='orders')['QueueUrl'])"
    env = {**os.environ, **squab_account.env}
    output = subprocess.run([sys.executable, "-c", program], env=env, capture_output=True, text=True, check=True).stdout
    assert output == f"{squab_account.url}/{squab_account.account_id}/orders\n"
    assert [queue["name"] for queue in squab_account.queues.list()] == ["orders"]


@pytest.mark.parametrize("kind", ["client", "resource"])
def test_without_boto3_the_error_says_how_to_install_it(squab, monkeypatch, kind):
    monkeypatch.setitem(sys.modules, "boto3", None)
    with pytest.raises(ImportError, match=r"pip install 'squab\[boto3\]'"):
        getattr(squab, kind)()
    assert squab.clock.read()["frozen"] is False


def test_the_package_knows_its_version():
    output = subprocess.run([sys.executable, "-m", "squab", "--version"], capture_output=True, text=True).stdout
    assert output == f"{package.__version__}\n"
