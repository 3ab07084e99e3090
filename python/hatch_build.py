"""Builds the wheel.

Squab itself goes into it: the bundle of dist/, and SQLite's binding with its binaries for all platforms.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface
from hatchling.metadata.plugin.interface import MetadataHookInterface

#: Where it is in the wheel, laid out as npm would: _node.py looks there.
APP = "squab/_app"


class SquabItself(BuildHookInterface):  # type: ignore[type-arg]
    """The build hook that hatchling finds in this file."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Checks that Squab is built and, except in an editable installation, adds it to the wheel."""
        if self.target_name != "wheel":
            self.app.abort(
                f"There is no {self.target_name} of Squab: its sources are TypeScript. Build the wheel instead, "
                "with `npm run build:python`."
            )
        repository = Path(self.root).parent
        files = files_of(repository)
        missing = [place for place in files if not (repository / place).exists()]
        if missing:
            self.app.abort(
                f"Squab is not built: {repository / missing[0]} is missing. Run `npm ci && npm run build` in "
                f"{repository} first, which needs Node.js."
            )
        if version != "editable":
            include = {str(repository / place): f"{APP}/{place}" for place in files}
            build_data["force_include"].update(include)


def files_of(repository: Path) -> list[str]:
    """Returns the files and folders to include, as paths in the repository."""
    dist = repository / "dist"
    files = [*dist.glob("*.cjs"), *(dist / "console").glob("*")]
    code = sorted(file.relative_to(repository).as_posix() for file in files)
    sqlite = ["package.json", "LICENSE", "lib", "prebuilds"]
    return [
        "package.json",
        "dist/cli.cjs",
        "dist/THIRD-PARTY-LICENSES.txt",
        "dist/console/index.html",
        *(name for name in code if name not in ("dist/cli.cjs", "dist/console/index.html")),
        *(f"node_modules/better-sqlite3/{name}" for name in sqlite),
    ]


class FromPackageJson(MetadataHookInterface):
    """Takes the version, the author and the addresses from package.json, which has no addresses before a release."""

    def update(self, metadata: dict[str, Any]) -> None:
        """Sets the members that pyproject.toml calls dynamic."""
        manifest = json.loads((Path(self.root).parent / "package.json").read_text(encoding="utf-8"))
        metadata["version"] = manifest["version"]
        author = manifest.get("author")
        if isinstance(author, str):
            name, _, address = author.rstrip(">").partition(" <")
            author = {"name": name, "email": address}
        metadata["authors"] = [author] if author else []
        repository, bugs = (addressed(manifest.get(name)) for name in ("repository", "bugs"))
        urls = {"Homepage": manifest.get("homepage"), "Source": repository, "Issues": bugs}
        metadata["urls"] = {name: url for name, url in urls.items() if url}


def addressed(value: str | dict[str, str] | None) -> str | None:
    """Returns the URL of a member that npm allows to be a text or an object, in a form that browsers accept."""
    url = value.get("url") if isinstance(value, dict) else value
    return url and url.removeprefix("git+").removesuffix(".git")
