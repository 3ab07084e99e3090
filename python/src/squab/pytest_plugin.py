"""Fixtures for pytest. Installing the package is enough: pytest discovers this plugin automatically.

| Fixture | What a test gets |
|---|---|
| `squab` | the server of the test session (with pytest-xdist, of the worker) |
| `squab_account` | an account that no other test has; its queues and topics are removed after the test |
| `squab_clock` | the server's clock; it is set back to real time after the test |
| `squab_faults` | the fault rules of the test's account |
| `squab_wait` | waits for an event of a queue of the test's account |
| `squab_env` | no value: it sets the environment variables by which boto3 and other SDKs find the test's account |
| `squab_options` | to override in conftest.py: the options of the server, as in `squab.start()` |
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from datetime import datetime, timezone
from typing import Any, Callable

import pytest

from ._account import Account
from ._control import Clock, Faults
from ._server import Server
from ._start import start
from .types import Waited

#: Other variables that could point an SDK elsewhere, or at other credentials.
_OTHER_VARIABLES = ("AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS")


@pytest.fixture(scope="session")
def squab_options() -> Mapping[str, Any]:
    """The options of the server: the keyword arguments of `squab.start()`. Override it in conftest.py."""
    return {}


@pytest.fixture(scope="session")
def squab(squab_options: Mapping[str, Any]) -> Iterator[Server]:
    """A server for the session, on a free port. Each worker of pytest-xdist has its own."""
    with start(**{"port": 0, **squab_options}) as server:
        yield server


@pytest.fixture
def squab_account(squab: Server) -> Iterator[Account]:
    """An account for the test alone. Its queues, topics and fault rules are removed after the test."""
    account = squab.new_account()
    yield account
    account.reset()


@pytest.fixture
def squab_clock(squab: Server) -> Iterator[Clock]:
    """The server's clock, which runs with real time before the test and after it."""
    yield squab.clock
    squab.clock.set(datetime.now(timezone.utc))
    squab.clock.resume()


@pytest.fixture
def squab_faults(squab_account: Account) -> Faults:
    """The fault rules of the test's account. They are removed after the test."""
    return squab_account.faults


@pytest.fixture
def squab_wait(squab_account: Account) -> Callable[..., Waited]:
    """Waits for an event of a queue of the test's account, as `Account.wait()` does."""
    return squab_account.wait


@pytest.fixture
def squab_env(squab_account: Account, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """Sets environment variables that point code with its own clients at the test's account."""
    for name in _OTHER_VARIABLES:
        monkeypatch.delenv(name, raising=False)
    for name, value in squab_account.env.items():
        monkeypatch.setenv(name, value)
    with contextlib.suppress(ImportError):
        import boto3

        # The session of boto3.client() keeps the credentials that it found first.
        monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)
    return squab_account.env
