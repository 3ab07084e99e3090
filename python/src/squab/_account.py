"""boto3 clients, and the control interface for the queues of an account."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any, Literal, overload

from ._control import Faults, Messages, Queues, Scope, Topics, duration
from ._http import Http
from .types import Awaited, Duration, ReceiveExplanation, SendExplanation, Waited

if TYPE_CHECKING:
    # With boto3's stubs installed, clients have their types.
    from mypy_boto3_sqs.client import SQSClient
    from mypy_boto3_sqs.service_resource import SQSServiceResource


class Boto3:
    """Creates clients that send their requests to one server."""

    def __init__(self, url: str, certificate: str | None) -> None:
        self._url = url
        self._certificate = certificate
        self._session: Any = None
        # A boto3 session cannot create clients in several threads at once.
        self._lock = threading.Lock()

    def make(self, kind: str, service: str, region: str, account: str, settings: dict[str, Any]) -> Any:
        """Creates a client or a resource. Raises ImportError if boto3 is not installed."""
        try:
            import boto3
            from botocore.config import Config
        except ImportError as error:
            raise ImportError(
                "client() and resource() need boto3, which is not installed. Run: pip install 'squab[boto3]'"
            ) from error
        # The server is on this machine. A proxy from the environment variables cannot reach it.
        config = Config(proxies={})
        if settings.get("config") is not None:
            config = config.merge(settings["config"])
        given = {
            "endpoint_url": self._url,
            "region_name": region,
            "aws_access_key_id": account,
            "aws_secret_access_key": "test",
            "verify": self._certificate,
            **settings,
            "config": config,
        }
        with self._lock:
            self._session = self._session or boto3.Session()
            return getattr(self._session, kind)(service, **given)


class Endpoint:
    """The common part of servers and accounts: boto3 clients, and the control interface for queues."""

    queues: Queues
    """The queues, with their attributes and counts."""
    messages: Messages
    """Gives access to messages in any state, without receiving them."""
    topics: Topics
    """The topics, their subscriptions, and what became of messages."""
    faults: Faults
    """Rules that make requests fail."""

    def __init__(self, http: Http, boto3: Boto3, scope: Scope, *, url: str, account: str, region: str) -> None:
        self.url = url
        self.account_id = account
        self.region = region
        self._http = http
        self._boto3 = boto3
        self._scope = scope
        self.queues = Queues(http, scope)
        self.messages = Messages(http, scope)
        self.topics = Topics(http, scope)
        self.faults = Faults(http, scope)

    @property
    def endpoint_url(self) -> str:
        """The URL of the server, under boto3's name for it."""
        return self.url

    @property
    def env(self) -> dict[str, str]:
        """The environment variables that point AWS SDKs at this account of the server."""
        return {
            "AWS_ENDPOINT_URL_SQS": self.url,
            "AWS_ENDPOINT_URL_SNS": self.url,
            "AWS_ENDPOINT_URL_LAMBDA": self.url,
            "AWS_REGION": self.region,
            "AWS_DEFAULT_REGION": self.region,
            "AWS_ACCESS_KEY_ID": self.account_id,
            "AWS_SECRET_ACCESS_KEY": "test",
        }

    @overload
    def client(self, service: Literal["sqs"] = "sqs", /, **settings: Any) -> SQSClient: ...

    @overload
    def client(self, service: Literal["sns", "lambda"], /, **settings: Any) -> Any: ...

    def client(self, service: str = "sqs", /, **settings: Any) -> Any:
        """Returns a boto3 client for SQS, or for SNS (`client("sns")`) or Lambda's event source mappings (`"lambda"`).

        `settings` are those of `boto3.client()`. Raises ImportError without boto3.
        """
        return self._boto3.make("client", service, self.region, self.account_id, settings)

    def resource(self, **settings: Any) -> SQSServiceResource:
        """Returns a boto3 resource for SQS; `settings` are those of `boto3.resource()`. Raises ImportError without boto3."""
        resource: SQSServiceResource = self._boto3.make("resource", "sqs", self.region, self.account_id, settings)
        return resource

    def wait(
        self,
        queue: str,
        event: Awaited,
        *,
        body_contains: str | None = None,
        message_id: str | None = None,
        group_id: str | None = None,
        attribute: str | tuple[str, str] | None = None,
        after_event_id: int | None = None,
        timeout: Duration = 10,
    ) -> Waited:
        """Waits for an event of a message, or until the queue is `empty` or `drained` (all its messages in flight).

        `wait("orders", "deleted", body_contains="no 7")` returns once such a message has been deleted; for
        `"function-succeeded"`, once a function that the queue feeds has handled it. `attribute` is
        the name of a message attribute, or its name and value. Earlier events count only if `after_event_id` is
        given: those after the event with this ID, or with 0 all events in the journal. The timeout is in real time,
        even if the clock is frozen. Raises WaitTimeout.
        """
        named = (attribute,) if isinstance(attribute, str) else attribute
        wanted = {
            "for": event,
            "bodyContains": body_contains,
            "messageId": message_id,
            "groupId": group_id,
            "attribute": None if named is None else dict(zip(("name", "value"), named)),
            "afterEventId": after_event_id,
            "timeout": duration(timeout),
        }
        scope = self._scope.parameters()
        waited: Waited = self._http.call("POST", "queues", queue, "wait", body=wanted, **scope)
        return waited

    def explain(self, queue: str) -> ReceiveExplanation:
        """Explains what a receive would return now, or why it would return nothing and what would change that."""
        scope = self._scope.parameters()
        explanation: ReceiveExplanation = self._http.call("GET", "queues", queue, "explain", **scope)
        return explanation

    def explain_send(
        self,
        queue: str,
        body: str,
        *,
        group_id: str | None = None,
        deduplication_id: str | None = None,
        delay_seconds: int | None = None,
    ) -> SendExplanation:
        """Explains what would happen to a message if it were sent now. Sends nothing."""
        message = {
            "body": body,
            "groupId": group_id,
            "deduplicationId": deduplication_id,
            "delaySeconds": delay_seconds,
        }
        path, scope = ("queues", queue, "explain-send"), self._scope.parameters()
        explanation: SendExplanation = self._http.call("POST", *path, body=message, **scope)
        return explanation


class Account(Endpoint):
    """An account of a server. Accounts share neither queues nor topics."""

    def reset(self) -> int:
        """Removes the account's queues and topics in all regions, and its fault rules. Returns the number of queues."""
        self.faults.clear()
        removed: int = self._http.call("POST", "reset", body={"account": self.account_id})["queues"]
        return removed
