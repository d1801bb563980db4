"""Parts of a video being painted: encoded frames in files of their own, each beside a note that it is whole.

A part is written under another name, synced and renamed; then its note is written, with a checksum. A kill at any
moment leaves at worst a part without a note, which is painted again. So nothing has to be decoded to resume, and the
parts of a resumed run are the same bytes as those of one that was never interrupted.
"""

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from tilegan.files import remove_file, replace_file
from tilegan.inference.journal import write_json
from tilegan.video.encoding import Packet


@dataclass(frozen=True)
class PartNote:
    """Facts of a finished part.

    Attributes:
        sha256: checksum of its file.
        frames: number of frames.
        end: time stamp at which its last frame ends, in units of the time base.
    """

    sha256: str
    frames: int
    end: int


class Parts:
    """The parts in the work folder of a video: ``parts/<number>.part``, and their notes in ``journal/parts/``."""

    def __init__(self, folder: Path) -> None:
        """Initialize for a work folder."""
        self.files, self.notes = folder / "parts", folder / "journal" / "parts"

    def finished(self) -> list[PartNote]:
        """Return the notes of the parts that are whole, from the first to the last before one that is not.

        Raises:
            OSError: one cannot be read.
        """
        found: list[PartNote] = []
        while (note := self._note(len(found))) is not None:
            found.append(note)
        return found

    def any(self) -> bool:
        """Return whether any part was finished."""
        return self.notes.is_dir() and any(self.notes.glob("*.json"))

    def write(self, number: int, packets: Sequence[Packet], end: int) -> PartNote:
        """Write a part.

        Args:
            number: its number, from 0.
            packets: its frames, in decoding order.
            end: time stamp at which its last frame ends.

        Raises:
            OutputError, OSError: it cannot be written.
        """
        listed = [[packet.pts, packet.is_key, len(packet.content)] for packet in packets]
        content = json.dumps(listed).encode() + b"\n" + b"".join(packet.content for packet in packets)
        note = PartNote(hashlib.sha256(content).hexdigest(), len(packets), end)
        self.files.mkdir(parents=True, exist_ok=True)
        remove_file(self._noted(number))
        replace_file(self._file(number), content)
        write_json(self._noted(number), vars(note))
        return note

    def packets(self, number: int) -> Iterator[Packet]:
        """Yield the frames of a part, in decoding order.

        Raises:
            OSError: it cannot be read.
        """
        head, _, content = self._file(number).read_bytes().partition(b"\n")
        begin = 0
        for pts, is_key, size in json.loads(head):
            yield Packet(pts, is_key, content[begin : begin + size])
            begin += size

    def _note(self, number: int) -> PartNote | None:
        try:
            note = PartNote(**json.loads(self._noted(number).read_text()))
            with self._file(number).open("rb") as file:
                found = hashlib.file_digest(file, "sha256").hexdigest()
        except (FileNotFoundError, ValueError, TypeError):
            return None
        return note if found == note.sha256 else None

    def _file(self, number: int) -> Path:
        return self.files / f"{number:06}.part"

    def _noted(self, number: int) -> Path:
        return self.notes / f"{number:06}.json"
