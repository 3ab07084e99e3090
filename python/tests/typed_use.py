"""Code that uses the package. It is never run, only checked by mypy, which must report each `type: ignore` line."""

from __future__ import annotations

from datetime import datetime, timedelta

import squab
from squab import types


def uses(server: squab.Server) -> None:
    account: squab.Account = server.new_account()
    text: str = account.url + account.account_id + account.env["AWS_REGION"]
    for message in account.messages.peek("orders", state="delayed"):
        text = message["body"] + message.get("groupId", "")
    account.messages.peek("orders", state="late")  # type: ignore[arg-type]
    when: datetime = server.clock.now()
    server.clock.advance(timedelta(seconds=3))
    server.clock.advance(when)  # type: ignore[arg-type]
    rule: types.FaultRule = account.faults.add({"type": "error", "code": "OverLimit"}, operation=["SendMessage"])
    account.faults.add({"type": "latency", "duration": "2s", "when": "after"}, every=rule["matched"])
    account.faults.add({"type": "eror", "code": "OverLimit"})  # type: ignore[arg-type,misc]
    waited = account.wait("orders", "sent", attribute=("color", "red"), timeout=2.5)
    text = waited["event"]["text"] + server.explain("orders")["text"]
    account.wait("orders", "function-failed", message_id="1")
    account.client("sns").publish(TopicArn=account.topics.get("news")["arn"], Message="1")
    account.client("s3")  # type: ignore[call-overload]
    account.wait("orders", "send")  # type: ignore[arg-type]
    account.clock.advance("1s")  # type: ignore[attr-defined]
    print(text, waited["messages"]["visible"] + server.reset(prefix="a"))


with squab.start(port=[0, 0], durability="process", data="folder", functions={"f": "http://localhost"}) as started:
    uses(started)

squab.start(prot=0)  # type: ignore[call-arg]
