"""The console comes with the package."""

from __future__ import annotations

import re
import urllib.request

import squab


def get(url: str) -> str:
    """Asks for a URL as a browser does that navigates there."""
    request = urllib.request.Request(url, headers={"Accept": "text/html"})
    with urllib.request.urlopen(request) as response:
        return str(response.read().decode())


def test_a_browser_gets_the_console():
    with squab.start() as server:
        page = get(f"{server.url}/")
        paths = re.findall(r'(?:src|href)="([^"]+)"', page)
        assert len(paths) == 3
        assert all(get(f"{server.url}/{path}") for path in paths)
