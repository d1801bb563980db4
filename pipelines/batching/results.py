"""The results of a batch: one JSON line per image, in a file beside the outputs."""

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
    """The result of an image in a batch.

    Attributes:
        path: absolute path of the image.
        output: path of its output inside the output folder, with slashes.
        status: 'done', 'skipped' (its output existed) or 'failed'.
        seconds: duration.
        width: width of the output, in pixels; None if unknown.
        height: height of the output, in pixels; None if unknown.
        sha256: hash of the output's bytes, in hexadecimal; None for a folder, which ``tilegan verify`` checks, or
            without output.
        error: reason of a failure, in one line; None if there is none.
        notes: deviations from the request, one line each.
        bytes: size of the output file; None as for ``sha256``.
        source_bytes: size of the image file; None for a folder.
        source_mtime_ns: its modification time.
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
        """Parse the output of ``dataclasses.asdict``; unknown values are ignored.

        Raises:
            KeyError, TypeError: the content is not such an output.
        """
        known = {entry.name: content[entry.name] for entry in fields(cls) if entry.name in content}
        return cls(**(known | {"notes": tuple(known.get("notes", ()))}))


class Results:
    """The file of results, to which one line per image is appended.

    Attributes:
        path: path of the file.
    """

    def __init__(self, path: Path) -> None:
        """Read the file if it exists. The remains of a line cut off by a kill are removed before the first new one.

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
        """Return the last result with an output, made or found; None if there is none."""
        return self._made.get(output)

    def append(self, image: BatchImage) -> None:
        """Append the result of an image, unless it repeats a known one.

        Raises:
            OutputError: the disk is full, or there is no permission.
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
                file.write(json.dumps(asdict(image)).encode() + b"\n")  # in one write: a kill hardly divides it
        except OSError as error:
            raise OutputError(f"cannot write {self.path}: {error.strerror or first_line(error)}: make room") from error


def _images(content: bytes) -> Iterator[BatchImage]:
    for line in content.splitlines():
        try:
            yield BatchImage.from_json(json.loads(line))
        except (ValueError, KeyError, TypeError, AttributeError):
            continue  # written by another program, or cut off by a power failure
