"""Holds the process of a server: reads its log and ends it."""

from __future__ import annotations

import atexit
import os
import subprocess
import tempfile
from pathlib import Path

#: A server ends within two seconds unless the machine is overloaded.
_STOP_SECONDS = 15


class Process:
    """The process of a server. It ends when its standard input does: in `stop()`, or because this process has ended."""

    def __init__(
        self, popen: subprocess.Popen[bytes], log_file: Path, folder: tempfile.TemporaryDirectory[str]
    ) -> None:
        self._popen = popen
        self._log = log_file.open("rb")
        self._folder = folder
        self._final_log: str | None = None
        # A child process made by os.fork() has this object too, and must not stop the server of its parent.
        self._owner = os.getpid()
        atexit.register(self.stop)

    @property
    def pid(self) -> int:
        """The ID of the process."""
        return self._popen.pid

    def exit_code(self, patience: float = 0) -> int | None:
        """Returns the exit code, or None if the process still runs after `patience` seconds."""
        try:
            return self._popen.wait(patience)
        except subprocess.TimeoutExpired:
            return None

    def log(self) -> str:
        """Returns the whole log, even after the process has ended."""
        if self._final_log is not None:
            return self._final_log
        self._log.seek(0)
        return self._log.read().decode(errors="replace")

    def last_lines(self) -> str:
        """Returns the last lines of the log, for the end of a message."""
        lines = self.log().strip().splitlines()[-20:]
        return "\n".join([" The end of its log:", *lines]) if lines else " Its log is empty."

    def remove_files(self) -> None:
        """Removes the files where they can be removed while open, so that none are left if this process is killed."""
        if os.name == "posix":
            self._folder.cleanup()

    def stop(self) -> None:
        """Stops the server cleanly: it finishes requests under way and closes its data. Returns when it has ended."""
        if os.getpid() != self._owner or self._final_log is not None:
            return
        if self._popen.stdin:
            self._popen.stdin.close()
        try:
            self._popen.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._popen.kill()
        self._clear()

    def kill(self) -> None:
        """Ends the server at once."""
        self._popen.kill()
        if self._popen.stdin:
            self._popen.stdin.close()
        self._clear()

    def _clear(self) -> None:
        self._popen.wait()
        self._final_log = self.log()
        self._log.close()
        self._folder.cleanup()
        atexit.unregister(self.stop)
