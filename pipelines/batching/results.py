"""The results of a batch: what became of each image, a JSON line each, in a file beside the outputs."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, Self

from tilegan.errors import OutputError
from tilegan.files import first_line

RESULTS = "results.jsonl"
DONE, SKIPPED, FAILED = "done", "skipped", "failed"
MADE = (DONE, SKIPPED)


@dataclass(frozen=True)
class BatchImage:
    """What became of an image of a batch.

    Attributes:
        path: absolute path of the image.
        output: path of its output inside the folder of outputs, with slashes.
        status: 'done', 'skipped' (its output was there already) or 'failed'.
        seconds: that it took.
        width: of the output, in pixels; None if it is not known.
        height: likewise.
        sha256: of the output's bytes, in hexadecimal; None of a folder, which ``tilegan verify`` checks, or if there is
            no output.
        error: why it failed, in one line; None if it did not.
        notes: what was done otherwise than asked for, a line each.
        bytes: of the output file; None as for ``sha256``.
        source_bytes: of the image, a file; None of a folder.
        source_mtime_ns: when it was last changed.
        asked: digest of model and settings.
    """

    path: str
    output: str
    status: str
    seconds: float = 0.0
    width: int | None = None
    height: int | None = None
    sha256: str | None = None
    error: str | None = None
    notes: tuple[str, ...] = ()
    bytes: int | None = None
    source_bytes: int | None = None
    source_mtime_ns: int | None = None
    asked: str = ""

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> Self:
        """Return what ``dataclasses.asdict`` told; further values are left out.

        Raises:
            KeyError, TypeError: it is none.
        """
        known = {entry.name: content[entry.name] for entry in fields(cls) if entry.name in content}
        return cls(**(known | {"notes": tuple(known.get("notes", ()))}))


class Results:
    """The file of results, to which a line is appended for each image.

    Attributes:
        path: of the file.
    """

    def __init__(self, path: Path) -> None:
        """Read the file, if it is there. What a kill left of its last line is removed before the first new one.

        Raises:
            OutputError: it cannot be read.
        """
        self.path = path
        try:
            content = path.read_bytes() if path.exists() else b""
        except OSError as error:
            raise OutputError(f"cannot read {path}: {error.strerror or first_line(error)}: check it") from error
        self._whole = content.rfind(b"\n") + 1
        self._is_torn = self._whole < len(content)
        self._made = {image.output: image for image in _images(content[: self._whole]) if image.status in MADE}

    def made(self, output: str) -> BatchImage | None:
        """Return the last result that made an output, or found it there; None if there is none."""
        return self._made.get(output)

    def append(self, image: BatchImage) -> None:
        """Append the result of an image, unless it is known: then it tells nothing new.

        Raises:
            OutputError: there is no room, or no permission.
        """
        if image.status == SKIPPED and image.output in self._made:
            return
        if image.status in MADE:
            self._made[image.output] = image
        try:
            with self.path.open("ab") as file:
                if self._is_torn:
                    file.truncate(self._whole)
                    self._is_torn = False
                file.write(json.dumps(asdict(image)).encode() + b"\n")  # at once: a kill hardly divides it
        except OSError as error:
            raise OutputError(f"cannot write {self.path}: {error.strerror or first_line(error)}: make room") from error


def _images(content: bytes) -> Iterator[BatchImage]:
    for line in content.splitlines():
        try:
            yield BatchImage.from_json(json.loads(line))
        except (ValueError, KeyError, TypeError, AttributeError):
            continue  # of another program, or of a disk that lost its power
