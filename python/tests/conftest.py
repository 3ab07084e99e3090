"""Shared by the tests of the package: they run on the installed wheel, as the tests of its users do."""

from __future__ import annotations

import os
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
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


class FunctionServer(ThreadingHTTPServer):
    """A server of functions that always succeed."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), FunctionRequest)
        self.url = f"http://127.0.0.1:{self.server_address[1]}"
        self.paths: list[str] = []


class FunctionRequest(BaseHTTPRequestHandler):
    """An invocation."""

    server: FunctionServer

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.server.paths.append(self.path)
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def function_server() -> Iterator[FunctionServer]:
    """A server of functions that always succeed; `paths` are those of their invocations."""
    with FunctionServer() as server:
        threading.Thread(target=server.serve_forever).start()
        yield server
        server.shutdown()
