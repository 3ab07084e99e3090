"""A running server."""

from __future__ import annotations

import itertools
from types import TracebackType

from ._account import Account, Boto3, Endpoint
from ._control import Clock, Scope, Snapshots
from ._http import Http
from ._process import Process


class Server(Endpoint):
    """A running server, as `start()` returns it. Use it in a `with` statement, or call `stop()`.

    Names of queues refer to the default account and region. Lists, fault rules and `reset()` are for all accounts.
    """

    clock: Clock
    """The clock of SQS, which can be frozen and moved."""
    snapshots: Snapshots
    """Snapshots of all queues."""

    def __init__(
        self,
        process: Process,
        *,
        url: str,
        port: int,
        region: str,
        account: str,
        certificate: str | None,
    ) -> None:
        http = Http(url, certificate, self._why_silent)
        super().__init__(http, Boto3(url, certificate), Scope(), url=url, account=account, region=region)
        self.port = port
        self.clock = Clock(http)
        self.snapshots = Snapshots(http)
        self._process = process
        self._numbers = itertools.count(1)

    @property
    def pid(self) -> int:
        """The ID of the server's process."""
        return self._process.pid

    @property
    def log(self) -> str:
        """The log so far: JSON, one object per line."""
        return self._process.log()

    def account(self, account_id: str, *, region: str | None = None) -> Account:
        """Returns the account with this twelve-digit ID, which need not be created first."""
        if not (len(account_id) == 12 and account_id.isascii() and account_id.isdigit()):
            raise ValueError(f"account_id must have twelve digits, not {account_id!r}.")
        scope = Scope(account_id, region or self.region)
        return Account(self._http, self._boto3, scope, url=self.url, account=account_id, region=region or self.region)

    def new_account(self) -> Account:
        """Returns an account with an ID that no other test on this machine has."""
        return self.account(f"{self.pid % 10**7:07}{next(self._numbers) % 10**5:05}")

    def reset(self, *, account: str | None = None, region: str | None = None, prefix: str | None = None) -> int:
        """Removes all queues, topics and fault rules; or only the queues and topics of an account, a region or a prefix.

        Returns the number of queues removed. Snapshots and the clock stay.
        """
        scope = {"account": account, "region": region, "prefix": prefix}
        removed: int = self._http.call("POST", "reset", body=scope)["queues"]
        return removed

    def stop(self) -> None:
        """Stops the server cleanly. Does nothing if it has stopped."""
        self._process.stop()

    def __enter__(self) -> Server:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()

    def __repr__(self) -> str:
        return f"<squab.Server {self.url} pid={self.pid}>"

    def _why_silent(self) -> str:
        # The connections of a killed server close a moment before its exit code is known.
        code = self._process.exit_code(patience=1)
        if code is None:
            return ""
        return f" It has ended with exit code {code}.{self._process.last_lines()}"
