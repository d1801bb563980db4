"""The journal of finished shards of a store: one marker per shard, written after the shard is on disk.

A killed run leaves at worst a shard without a marker, or a marker that does not match its shard; both are computed
again. The existence of a shard alone proves nothing.
"""

import hashlib
import json
import os
from pathlib import Path
from typing import Any

import numpy as np

from tilegan.errors import ImageError, ResumeError
from tilegan.files import is_remote, os_errors, remove_file, replace_file
from tilegan.geometry import Pixels, grid_cell
from tilegan.images.stores.store import Store

RECORD = "record.json"

Record = dict[str, dict[str, Any]]  # part ('source', 'model', 'settings') -> name -> value: what a result is made from


class Journal:
    """The markers of one store.

    Layout of ``folder``: ``record.json``, and ``<level>/<row>.<column>`` for each finished shard.
    """

    def __init__(self, folder: Path, store: Store) -> None:
        self.folder = folder
        self.store = store

    def holds(self, level: int, index: tuple[int, int]) -> bool:
        """Return whether a shard is finished, by decoding it and comparing the checksum of its pixels.

        Raises:
            OSError: object storage does not answer.
        """
        try:
            with os_errors():
                marker = json.loads(self._marker(level, index).read_text())
                if self.store.shard_file(level, index).stat().st_size != marker["bytes"]:
                    return False
            cell = grid_cell(index, self.store.shard, *self.store.shape(level))
            return bool(_checksum(self.store.read(level, cell)) == marker["sha256"])
        except (FileNotFoundError, ImageError, ValueError, KeyError, TypeError):
            return False

    def write(self, level: int, index: tuple[int, int], pixels: Pixels) -> None:
        """Write a whole shard to the store, and its marker once it is on disk.

        Args:
            level: pyramid level.
            index: (row, column) in the grid of shards.
            pixels: of the whole shard, as ``Store.write_shard`` takes them.

        Raises:
            OutputError: the store cannot be written.
            OSError: the marker cannot be written.
        """
        marker = self._marker(level, index)
        remove_file(marker)
        self.store.write_shard(level, index, pixels)
        shard_file = self.store.shard_file(level, index)
        _sync(shard_file)
        with os_errors():
            content = {"bytes": shard_file.stat().st_size, "sha256": _checksum(pixels)}
        write_json(marker, content)

    def marked(self) -> list[tuple[int, int, int]]:
        """Return level, row and column of all shards that have a marker; ``holds`` tells whether they are whole.

        Raises:
            OSError: object storage does not answer.
        """
        with os_errors():
            names = [(marker.parent.name, *marker.name.split(".")) for marker in self.folder.glob("*/*.*")]
        return [(int(name[0]), int(name[1]), int(name[2])) for name in names if "".join(name).isdecimal()]

    def _marker(self, level: int, index: tuple[int, int]) -> Path:
        return self.folder / str(level) / f"{index[0]}.{index[1]}"


def has_marker(folder: Path) -> bool:
    """Return whether any shard was finished in a journal's folder; false if there is no such folder.

    Raises:
        OSError: object storage does not answer.
    """
    with os_errors():
        return any(not marker.name.endswith(".partial") for marker in folder.glob("*/*.*"))


def read_record(folder: Path) -> Record | None:
    """Read the record of the run in a journal's folder; None if no run was started.

    Raises:
        OSError: it is there but cannot be read, or object storage does not answer.
    """
    try:
        with os_errors():
            record: Record = json.loads((folder / RECORD).read_text())
    except (FileNotFoundError, NotADirectoryError, ValueError):
        return None
    return record


def write_record(folder: Path, record: Record) -> None:
    """Write the record of a run; this marks the run as started.

    Raises:
        OSError: it cannot be written.
    """
    write_json(folder / RECORD, record)


def check_record(begun: Record, now: Record) -> None:
    """Compare the record of a run with the settings of its resumption.

    Raises:
        ResumeError: they differ; it names the first difference.
    """
    for part, values in now.items():
        difference = _difference(begun.get(part, {}), values)
        if difference is not None:
            name, before, value = difference
            told = "" if name == "fingerprint" else f": {name} was {before!r}, now {value!r}"
            raise ResumeError(
                f"cannot resume: the {part} changed{told}: "
                "--resume with the original one, or --overwrite without --resume"
            )


def _difference(before: dict[str, Any], now: dict[str, Any]) -> tuple[str, Any, Any] | None:
    """Return the first value that differs: its name, and both values; None if all are equal."""
    for name, value in now.items():
        earlier = before.get(name)
        if isinstance(value, dict) and isinstance(earlier, dict):
            inside = _difference(earlier, value)
            if inside is not None:
                return inside
        elif earlier != value:
            return name, earlier, value
    return None


def write_json(path: Path, content: dict[str, Any]) -> None:
    """Write a small file atomically, also in case of a power failure.

    Raises:
        OutputError, OSError: it cannot be written.
    """
    if not is_remote(path):  # there, a missing bucket would be made
        path.parent.mkdir(parents=True, exist_ok=True)
    replace_file(path, json.dumps(content, indent=1).encode())
    _sync(path.parent)


def _checksum(pixels: Pixels) -> str:
    return hashlib.sha256(np.ascontiguousarray(pixels).data).hexdigest()


def _sync(path: Path) -> None:
    """Wait until a file, or the names in a folder, are on disk; an object is, once it is there.

    Windows opens no folders, whose names it writes by itself, and waits for files only if they may be written.
    """
    if is_remote(path):
        return
    folder = path.is_dir()
    if folder and not hasattr(os, "O_DIRECTORY"):
        return
    descriptor = os.open(path, os.O_RDONLY if folder else os.O_RDWR)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
