"""Puts Squab itself into the wheel: the bundle of dist/, and SQLite's binding with its binaries for all platforms."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

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
    code = sorted(file.relative_to(repository).as_posix() for file in (repository / "dist").rglob("*.js"))
    sqlite = ["package.json", "LICENSE", "lib", "prebuilds"]
    return [
        "package.json",
        "dist/cli.js",
        "dist/THIRD-PARTY-LICENSES.txt",
        *(name for name in code if name != "dist/cli.js"),
        *(f"node_modules/better-sqlite3/{name}" for name in sqlite),
    ]
