"""Build hook: adds a manual page and completion files to the wheel, generated from the table of commands."""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class SharedFiles(BuildHookInterface):  # type: ignore[type-arg]
    """Installs the files of `machsh.commands.packaging` below the environment's `share` folder."""

    PLUGIN_NAME = "custom"
    _folder = ""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Write the files and add them to the wheel; editable installs get none."""
        if version == "editable":
            return
        sys.path.insert(0, self.root)
        from machsh.commands.packaging import files

        self._folder = tempfile.mkdtemp(prefix="machsh-share-")
        for place, content in files().items():
            path = Path(self._folder, place)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(content, encoding="utf-8")
            build_data["shared_data"][str(path)] = f"share/{place}"

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        """Delete the temporary files."""
        if self._folder:
            shutil.rmtree(self._folder)
