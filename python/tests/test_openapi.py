"""The package and the control interface agree: every route has a method, and the types are those of its schemas."""

from __future__ import annotations

from typing import Any, Literal, get_args, get_origin, get_type_hints

import pytest

import squab as package
from squab import types
from squab._http import Http


def test_every_route_can_be_reached(monkeypatch):
    """Calls all methods, and compares the requests with the routes that the server lists."""
    seen = set()
    call = Http.call

    def spy(self: Http, method: str, *path: str, **rest: Any) -> Any:
        seen.add((method, "/".join(path)))
        return call(self, method, *path, **rest)

    with package.start() as server:
        sqs = server.client()
        sqs.create_queue(QueueName="Q-dlq")
        policy = f'{{"deadLetterTargetArn":"{server.queues.get("Q-dlq")["arn"]}","maxReceiveCount":3}}'
        url = sqs.create_queue(QueueName="Q", Attributes={"RedrivePolicy": policy})["QueueUrl"]
        message_id = sqs.send_message(QueueUrl=url, MessageBody="order 1")["MessageId"]
        listed = server._http.call("GET")["routes"]
        monkeypatch.setattr(Http, "call", spy)
        server.clock.read()
        server.clock.upcoming()
        server.clock.freeze()
        server.clock.advance(1)
        server.clock.set(server.clock.now())
        server.clock.resume()
        server.queues.list()
        server.queues.get("Q")
        server.queues.counts(["Q"])
        server.queues.purge("Q-dlq")
        server.messages.peek("Q")
        server.messages.add("Q", "order 0")
        server.messages.recent()
        server.messages.find(message_id)
        server.messages.history(message_id)
        server.messages.make_visible(message_id)
        server.messages.dead_letter(message_id)
        server.messages.delete(message_id)
        server.messages.replay(message_id, queue="Q")
        server.explain("Q")
        server.explain_send("Q", "order")
        sns = server.client("sns")
        topic = sns.create_topic(Name="T")["TopicArn"]
        sns.subscribe(TopicArn=topic, Protocol="email", Endpoint="a@example.com")
        [subscription] = server.topics.subscriptions("T")
        subscription_id = subscription["id"]
        server.topics.list()
        server.topics.get("T")
        server.topics.confirm("T", subscription_id)
        server.topics.deliveries("T")
        server.topics.deliver_now("T", subscription_id)
        server.topics.explain("T", "order")
        publication = sns.publish(TopicArn=topic, Message="order")["MessageId"]
        server.topics.wait("T", "published", message_id=publication, after_event_id=0)
        server.wait("Q-dlq", "empty")
        server.faults.add({"type": "duplicate"})
        server.faults.add({"type": "duplicate"}, id="ID")
        server.faults.list()
        server.faults.remove("ID")
        server.faults.seed(1)
        server.faults.clear()
        server.snapshots.take("NAME")
        server.snapshots.list()
        server.snapshots.restore("NAME")
        server.snapshots.remove("NAME")
        server.reset()
    values = {
        "queues/Q-dlq": "queues/{name}",
        "queues/Q": "queues/{name}",
        f"messages/{message_id}": "messages/{messageId}",
        "faults/ID": "faults/{id}",
        f"topics/T/subscriptions/{subscription_id}": "topics/{name}/subscriptions/{id}",
        "topics/T": "topics/{name}",
        "snapshots/NAME": "snapshots/{name}",
    }
    reached = set()
    for method, path in seen:
        for value, parameter in values.items():
            if path == value or path.startswith(f"{value}/"):
                path = path.replace(value, parameter, 1)
        reached.add(f"{method} /_squab/{path}")
    # A stream of events, for which there is wait(), and descriptions.
    left_out = {"GET /_squab", "GET /_squab/openapi.json", "GET /_squab/events"}
    assert {route["route"] for route in listed} - left_out == reached


RESPONSES = {
    "GET /clock": types.ClockState,
    "GET /queues/{name}": types.Queue,
    "GET /queues/{name}/explain": types.ReceiveExplanation,
    "POST /queues/{name}/explain-send": types.SendExplanation,
    "POST /queues/{name}/wait": types.Waited,
    "GET /messages/{messageId}": types.FoundMessage,
    "GET /messages/{messageId}/history": types.History,
    "POST /messages/{messageId}/replay": types.Replayed,
    "POST /faults": types.FaultRule,
    "GET /topics/{name}": types.Topic,
    "POST /topics/{name}/subscriptions/{id}/confirm": types.Subscription,
    "POST /topics/{name}/explain-publish": types.PublishExplanation,
    "POST /topics/{name}/wait": types.TopicWaited,
    "PUT /snapshots/{name}": types.Snapshot,
}


@pytest.mark.parametrize("route", RESPONSES)
def test_the_types_are_those_of_the_openapi_document(squab, route):
    method, path = route.split()
    operation = squab._http.call("GET", "openapi.json")["paths"][f"/_squab{path}"][method.lower()]
    schema = operation["responses"]["200"]["content"]["application/json"]["schema"]
    assert list(differences(RESPONSES[route], schema, route)) == []


@pytest.mark.parametrize(
    ("route", "member", "hint"),
    [
        ("POST /queues/{name}/wait", "for", types.Awaited),
        ("POST /topics/{name}/wait", "for", types.TopicAwaited),
        ("POST /faults", "effect", types.Effect),
    ],
)
def test_the_types_of_arguments_are_those_of_the_openapi_document(squab, route, member, hint):
    method, path = route.split()
    operation = squab._http.call("GET", "openapi.json")["paths"][f"/_squab{path}"][method.lower()]
    schema = operation["requestBody"]["content"]["application/json"]["schema"]["properties"][member]
    assert list(differences(hint, schema, member)) == []


def differences(hint: Any, schema: dict[str, Any], where: str):
    """Yields what a type and a JSON schema do not agree on."""
    plain = {"string": str, "integer": int, "number": float, "boolean": bool}
    one_of = schema.get("oneOf")
    if one_of:
        members = {get_args(get_type_hints(member)["type"])[0]: member for member in get_args(hint)}
        kinds = {variant["properties"]["type"]["const"]: variant for variant in one_of}
        if set(members) != set(kinds):
            yield f"{where}: {set(members) ^ set(kinds)}"
        for kind in set(members) & set(kinds):
            yield from differences(members[kind], kinds[kind], f"{where}.{kind}")
    elif "anyOf" in schema:
        # One or several: listed, it is always several.
        yield from differences(hint, schema["anyOf"][-1], where)
    elif "const" in schema or "enum" in schema:
        allowed = {schema["const"]} if "const" in schema else set(schema["enum"])
        if get_origin(hint) is not Literal or set(get_args(hint)) != allowed:
            yield f"{where}: {hint} is not {allowed}"
    elif schema["type"] == "array":
        if get_origin(hint) is not list:
            yield f"{where}: {hint} is not a list"
        else:
            yield from differences(get_args(hint)[0], schema["items"], f"{where}[]")
    elif schema["type"] != "object":
        if hint is not plain[schema["type"]]:
            yield f"{where}: {hint} is not {schema['type']}"
    elif "properties" not in schema:
        if get_origin(hint) is not dict:
            yield f"{where}: {hint} is not a dict"
        else:
            yield from differences(get_args(hint)[1], schema["additionalProperties"], f"{where}[…]")
    else:
        properties = schema["properties"]
        hints = get_type_hints(hint)
        if set(hints) != set(properties):
            yield f"{where}: {set(hints) ^ set(properties)}"
        # Listed rules have their defaults filled in.
        filled_in = {name for name, value in properties.items() if "default" in value}
        required = set(schema.get("required", ()))
        if hint.__required_keys__ - filled_in != required - filled_in:
            yield f"{where}: required are {hint.__required_keys__} and {required}"
        for name in set(hints) & set(properties):
            yield from differences(hints[name], properties[name], f"{where}.{name}")
