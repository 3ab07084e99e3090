"""The command `squab`, as pip installs it."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import sysconfig

import pytest

import squab as package

SQUAB = shutil.which("squab", path=sysconfig.get_path("scripts"))


def test_is_installed_beside_python():
    assert SQUAB is not None


def test_runs_where_no_node_is_on_the_path(tmp_path):
    env = {**os.environ, "PATH": str(tmp_path)}
    output = subprocess.run([SQUAB, "--version"], env=env, capture_output=True, text=True)
    assert (output.returncode, output.stdout, output.stderr) == (0, f"{package.__version__}\n", "")


def test_hands_on_arguments_and_exit_codes(tmp_path):
    output = subprocess.run([SQUAB, "check", str(tmp_path / "nothing here")], capture_output=True, text=True)
    assert (output.returncode, output.stdout) == (2, "")
    assert "nothing here" in output.stderr


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signals")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_serves_and_ends_at_a_signal(number):
    with subprocess.Popen([SQUAB, "--port", "0"], stdout=subprocess.PIPE, text=True) as process:
        first = json.loads(process.stdout.readline())
        assert first["pid"] == process.pid
        process.send_signal(number)
        assert json.loads(process.stdout.readline())["msg"] == "Squab has stopped"
    assert process.returncode == 0


def test_without_node_it_says_so():
    program = "import importlib.util as u; u.find_spec = lambda name: None; from squab._command import main; main()"
    output = subprocess.run(
        [sys.executable, "-c", program], env={**os.environ, "PATH": ""}, capture_output=True, text=True
    )
    assert (output.returncode, output.stdout) == (1, "")
    assert output.stderr.startswith("squab: Squab needs Node.js")
