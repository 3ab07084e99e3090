"""Starts a server: options as keyword arguments, and a process that ends with this one."""

from __future__ import annotations

import inspect
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, Union

from ._errors import StartError
from ._node import squab_command
from ._process import Process
from ._server import Server

PathLike = Union[str, "os.PathLike[str]"]

#: Ctrl+C signals the whole process group. In a group of its own, the server lives until pytest has cleaned up.
if sys.platform == "win32":
    _OWN_GROUP: dict[str, Any] = {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP}
else:
    _OWN_GROUP: dict[str, Any] = {"start_new_session": True}

#: The flags of the arguments that are mappings, with a flag for each item.
_REPEATED = {"parameters": "parameter", "functions": "function"}

#: Options whose values may contain a password. They are passed in the environment of the process, which only its user can
#: read; every user of the machine can read its arguments.
_SECRETS = ("database", "database_listen")

#: How long to wait before looking again whether the server is ready.
_PAUSE_SECONDS = 0.01


def start(
    *,
    port: int | Sequence[int] | None = None,
    host: str | None = None,
    data: PathLike | None = None,
    database: str | None = None,
    database_schema: str | None = None,
    database_migrate: Literal["yes", "no"] | None = None,
    database_listen: str | None = None,
    node_name: str | None = None,
    config: PathLike | None = None,
    parameters: Mapping[str, str] | None = None,
    stack_name: str | None = None,
    functions: Mapping[str, str] | None = None,
    auto_create: bool | None = None,
    durability: Literal["process", "power"] | None = None,
    region: str | None = None,
    account: str | None = None,
    base_url: str | None = None,
    link_url: str | None = None,
    confirm_http: bool | None = None,
    public_endpoints: bool | None = None,
    any_certificate: bool | None = None,
    trust_proxy: bool | None = None,
    allowed_origins: str | Sequence[str] | None = None,
    allowed_hosts: str | Sequence[str] | None = None,
    in_flight_limit: int | None = None,
    cooldowns: bool | None = None,
    fifo_quotas: bool | None = None,
    control: bool | None = None,
    console: bool | None = None,
    read_only_console: bool | None = None,
    journal: int | None = None,
    auth: Literal["none", "sigv4", "policy"] | None = None,
    credentials: PathLike | None = None,
    tls_cert: PathLike | None = None,
    tls_key: PathLike | None = None,
    localstack: bool | None = None,
    metrics: bool | None = None,
    log_level: Literal["trace", "debug", "info", "warn", "error", "fatal", "silent"] | None = None,
    timeout: float = 30,
) -> Server:
    """Starts a server in a process of its own, and returns it once it answers requests.

    The arguments are Squab's options: `in_flight_limit` is `--in-flight-limit`. An option that is None is taken from
    its environment variable (`SQUAB_IN_FLIGHT_LIMIT`), or else has Squab's default, except the port: by default, the
    server picks a free one. Relative paths are relative to the current directory.

    The server stops at the end of its `with` block, when `stop()` is called, and when this process ends, even if this
    process is killed.

    Raises StartError if an option is invalid, if the port is in use, if the server does not answer within `timeout`
    seconds, or if it cannot start for another reason. Raises SquabError if Node.js is missing.
    """
    # Only the parameters: no other variable exists yet.
    given = {name: value for name, value in locals().items() if name != "timeout" and value is not None}
    if not os.environ.get("SQUAB_PORT"):
        given.setdefault("port", 0)
    # An empty variable would count as none. As a flag, an empty URL is an error.
    secrets = {_variable(name): str(given.pop(name)) for name in _SECRETS if given.get(name)}
    command = [*squab_command(), *(flag for name, value in given.items() for flag in _flags(name, value))]
    folder = tempfile.TemporaryDirectory(prefix="squab-")
    ready_file = Path(folder.name, "ready.json")
    log_file = Path(folder.name, "squab.log")
    command += [f"--ready-file={ready_file}", "--stop-with-stdin=true"]
    with log_file.open("wb") as log:
        popen = subprocess.Popen(
            command,
            env={**os.environ, **secrets},
            stdin=subprocess.PIPE,
            stdout=log,
            stderr=subprocess.STDOUT,
            **_OWN_GROUP,
        )
    process = Process(popen, log_file, folder)
    try:
        _wait_until_ready(process, ready_file, timeout, secrets)
        ready = json.loads(ready_file.read_text(encoding="utf-8"))
        process.remove_files()
        return Server(
            process,
            url=ready["url"],
            port=ready["port"],
            region=region or os.environ.get("SQUAB_REGION") or "us-east-1",
            account=account or os.environ.get("SQUAB_ACCOUNT") or "000000000000",
            certificate=os.fspath(tls_cert or os.environ.get("SQUAB_TLS_CERT") or "") or None,
        )
    except BaseException:
        process.kill()
        raise


def _flags(name: str, value: object) -> list[str]:
    """Writes an option as flags: `auto_create=True` as `--auto-create=true`, `parameters` as one flag for each."""
    flag = _flag(name)
    if isinstance(value, Mapping):
        return [f"{flag}={key}={text}" for key, text in value.items()]
    if isinstance(value, bool):
        text = "true" if value else "false"
    elif isinstance(value, Sequence) and not isinstance(value, str):
        text = ",".join(str(part) for part in value)
    else:
        text = str(value)
    return [f"{flag}={text}"]


def _flag(name: str) -> str:
    """Returns the flag of an argument. A flag that can be repeated is in the singular."""
    return f"--{_REPEATED.get(name, name).replace('_', '-')}"


def _variable(name: str) -> str:
    """Returns the environment variable of an argument."""
    return f"SQUAB_{name.upper()}"


def _wait_until_ready(process: Process, ready_file: Path, timeout: float, secrets: Mapping[str, str]) -> None:
    """Returns once the server has written its ready file, which it does in one piece. Raises StartError."""
    deadline = time.monotonic() + timeout
    while not ready_file.exists():
        code = process.exit_code()
        if code is not None:
            raise StartError(_failure(process, code, secrets))
        if time.monotonic() > deadline:
            raise StartError(f"Squab did not start within {timeout:g} seconds.{process.last_lines()}")
        time.sleep(_PAUSE_SECONDS)


def _failure(process: Process, code: int, secrets: Mapping[str, str]) -> str:
    """Returns why a server did not start: the error of the command, if it printed one, or the end of the log."""
    _, *errors = re.split("^squab: ", process.log(), flags=re.MULTILINE)
    if not errors:
        return f"Squab did not start: it ended with exit code {code}.{process.last_lines()}"
    # The command names its flags: --port is the argument `port`.
    arguments = {_flag(name): name for name in inspect.signature(start).parameters}
    arguments |= {_variable(name): name for name in _SECRETS if _variable(name) in secrets}
    return re.sub(
        rf"({'|'.join(arguments)})\b(?!-)",
        lambda flag: f"{arguments[flag[1]]}=",
        errors[-1].strip().replace(" See squab --help.", ""),
    )
