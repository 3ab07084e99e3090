"""The exceptions of this package."""

from __future__ import annotations


class SquabError(Exception):
    """The base of all exceptions of this package."""


class StartError(SquabError):
    """Squab could not start. The message has the reason, or the last lines of the log."""


class ControlError(SquabError):
    """The control interface refused a request; `status` is the HTTP status."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


class WaitTimeout(ControlError, TimeoutError):
    """The event or state that `wait()` waited for did not occur in time."""
