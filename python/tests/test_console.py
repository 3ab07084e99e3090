"""The console comes with the wheel."""

import re
import urllib.request

from squab import Squab


def get(url, accept="text/html"):
    request = urllib.request.Request(url, headers={"Accept": accept})
    with urllib.request.urlopen(request) as response:
        return response.headers["content-type"], response.read().decode()


def test_a_browser_gets_the_console():
    with Squab() as squab:
        kind, page = get(squab.url)
        assert kind == "text/html; charset=utf-8"
        for path in re.findall(r'(?:src|href)="(_squab/console/[^"]+)"', page):
            assert get(f"{squab.url}/{path}")[1] != ""
        assert "script" in page
