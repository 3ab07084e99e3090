"""Requests to the control interface: JSON over HTTP."""

from __future__ import annotations

import json
import ssl
import urllib.error
import urllib.request
from http.client import HTTPException
from typing import Any, Callable
from urllib.parse import quote, urlencode

from ._errors import ControlError, SquabError, WaitTimeout


class Http:
    """The control interface of one server. `explain_silence` says why the server may not answer."""

    def __init__(self, url: str, certificate: str | None, explain_silence: Callable[[], str]) -> None:
        self._url = url
        self._explain_silence = explain_silence
        # The server is on this machine. A proxy from the environment variables cannot reach it.
        handlers: list[urllib.request.BaseHandler] = [urllib.request.ProxyHandler({})]
        if certificate is not None:
            context = ssl.create_default_context(cafile=certificate)
            # This process started the server, so the certificate need not name its host.
            context.check_hostname = False
            handlers.append(urllib.request.HTTPSHandler(context=context))
        self._opener = urllib.request.build_opener(*handlers)

    def call(self, method: str, *path: str, body: dict[str, Any] | None = None, **query: Any) -> Any:
        """Returns the response of `/_squab/PATH`. Leaves out members and parameters that are None.

        Raises ControlError for a request that is refused, and SquabError if the server does not answer.
        """
        url = "/".join([self._url, "_squab", *(quote(part, safe="") for part in path)])
        parameters = _without_none(query)
        if parameters:
            url += f"?{urlencode(parameters)}"
        data = None if body is None else json.dumps(_without_none(body)).encode()
        request = urllib.request.Request(url, data, method=method)
        try:
            with self._opener.open(request) as response:
                return json.load(response)
        except urllib.error.HTTPError as error:
            with error:
                raise _refusal(error.code, error.read().decode(errors="replace")) from None
        except (OSError, HTTPException) as error:
            reason = getattr(error, "reason", error)
            raise SquabError(f"Squab does not answer at {self._url} ({reason}).{self._explain_silence()}") from error


def _without_none(given: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in given.items() if value is not None}


def _refusal(status: int, text: str) -> ControlError:
    """Returns the exception for an error response."""
    try:
        message = json.loads(text)["error"]
    except (ValueError, KeyError, TypeError):
        # Without the control interface, this is an error of SQS.
        message = (
            f"The control interface does not answer (status {status}). Is it turned off, by control=False or "
            "SQUAB_CONTROL=false?"
        )
    return WaitTimeout(status, message) if status == 408 else ControlError(status, message)
