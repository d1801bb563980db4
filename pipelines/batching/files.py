"""Properties of the files of a batch that are known without opening them as images."""

import hashlib
import os
from pathlib import Path

from tilegan.errors import ResumeError
from tilegan.images.output import is_store
from tilegan.inference.folder import WorkFolder
from tilegan.pipelines.batching.images import Task
from tilegan.pipelines.batching.results import BatchImage


def stamp(source: Path) -> tuple[int | None, int | None]:
    """Return size in bytes and modification time of a file; None for a folder, whose files may change without it."""
    status = source.stat()
    return (None, None) if source.is_dir() else (status.st_size, status.st_mtime_ns)


def matches_result(task: Task, image: BatchImage) -> bool:
    """Return whether an output exists, with the size in its result."""
    if image.bytes is None:
        return is_store(task.output)
    return task.output.is_file() and task.output.stat().st_size == image.bytes


def checked(output: Path) -> tuple[int | None, str | None]:
    """Return size in bytes and SHA-256 of an output; None for a folder."""
    if output.is_dir():
        return None, None
    with output.open("rb") as file:
        return os.fstat(file.fileno()).st_size, hashlib.file_digest(file, "sha256").hexdigest()


def is_of_earlier_version(folder: WorkFolder, source: Path) -> bool:
    """Return whether unfinished work was started with an earlier version of the image."""
    try:
        begun = folder.begun()
    except ResumeError:  # written by another version of this program
        return False
    before = begun.source if begun is not None else {}
    return "mtime_ns" in before and (before.get("bytes"), before["mtime_ns"]) != stamp(source)
