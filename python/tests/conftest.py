"""Shared by the tests of the package: they run on the installed wheel, as the tests of its users do."""

from __future__ import annotations

import os
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Callable

import pytest

pytest_plugins = ["pytester"]

#: The certificates of Squab's own tests.
TLS = Path(__file__).parents[2] / "test" / "data" / "tls"


@pytest.fixture(autouse=True)
def no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hides the settings of this machine for Squab and AWS."""
    for name in list(os.environ):
        if name.startswith(("SQUAB_", "AWS_")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_CONFIG_FILE", "none")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "none")


@pytest.fixture
def is_gone() -> Callable[[str], bool]:
    """Says whether the server at a URL is gone, or goes within ten seconds."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))

    def look(url: str) -> bool:
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline:
            try:
                opener.open(f"{url}/health").close()
            except (OSError, urllib.error.URLError):
                return True
            time.sleep(0.01)
        return False

    return look
