"""The folder of the results of an evaluation."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tilegan.errors import OutputError, OutputExistsError
from tilegan.images.output import beside
from tilegan.images.publish import move_to

FIGURES = "evaluate.json"


def check_folder(folder: Path, overwrite: bool) -> None:
    """Check that results can be written, before any work.

    Raises:
        OutputExistsError: the folder exists, and may not be replaced or is no evaluation.
        OutputError: there is no folder for it.
    """
    if not folder.parent.is_dir():
        raise OutputError(f"no folder {folder.parent} to write {folder.name} to: make it first")
    if not folder.exists() and not folder.is_symlink():
        return
    if not (folder / FIGURES).is_file():
        raise OutputExistsError(f"{folder} exists and is no evaluation: choose another folder with -o")
    if not overwrite:
        raise OutputExistsError(f"{folder} exists: --overwrite replaces it, -o names another folder")


def write_folder(folder: Path, figures: Mapping[str, Any], files: Mapping[str, bytes], overwrite: bool) -> None:
    """Write results; the folder appears when it is complete.

    Args:
        folder: the folder.
        figures: content of ``evaluate.json``, JSON types.
        files: content of other files by name.
        overwrite: whether an existing evaluation is replaced.

    Raises:
        OutputError: they cannot be written.
    """
    with beside(folder) as work:
        built = work / "built"
        built.mkdir()
        (built / FIGURES).write_text(json.dumps(figures, indent=2) + "\n")
        for name, content in files.items():
            (built / name).write_bytes(content)
        move_to(folder, built, work / "replaced", overwrite)
