"""The command `squab`: the same as that of the npm package, on the Node.js of this environment."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from typing import NoReturn

from ._errors import SquabError
from ._node import squab_command


def main() -> NoReturn:
    """Runs Squab with the arguments of this process, and ends with its exit code."""
    try:
        command = [*squab_command(), *sys.argv[1:]]
    except SquabError as error:
        sys.exit(f"squab: {error}")
    if os.name == "posix":
        # Squab takes the place of this process, so that signals reach it.
        os.execv(command[0], command)
    # Ctrl+C reaches both processes. Squab stops in its own time, and this one waits for that.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    sys.exit(subprocess.call(command))
