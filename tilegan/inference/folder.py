"""The work folder of one output: its creation, discovery and removal."""

import json
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import numpy as np

from tilegan.errors import OutputError, OutputExistsError, TileganError
from tilegan.files import first_line, is_remote, is_there, os_errors, remove_file, remove_tree, replace_file
from tilegan.images.metadata.origin import Origin
from tilegan.images.metadata.provenance import Provenance
from tilegan.images.output import explained
from tilegan.images.publish import companion_of, put_in_place
from tilegan.images.stores.store import ROOT, UNFINISHED, Store
from tilegan.inference.journal import RECORD, has_marker, write_json
from tilegan.inference.lock import locked
from tilegan.inference.plan import chunk_of
from tilegan.inference.record import RunRecord

ENDING = ".partial"
STAGE = "stroke-"  # in a work folder: those of the copies that large strokes are painted on first
# in the journal: what comes before its record, and what tells that the output is in place
CLEARING, PLACED = "clearing.json", "placed.json"


class WorkFolder:
    """``OUTPUT.partial``: a store being built, the journal of what is finished, and the model it is made with.

    Attributes:
        path: of the folder.
        store: in it; on object storage, which renames nothing, the output itself.
        journal, translator: in it.
    """

    def __init__(self, path: Path) -> None:
        """Take the folder at a path, whether it is there or not."""
        self.path = path
        self.store = path.with_name(path.name.removesuffix(ENDING)) if is_remote(path) else path / "store.zarr"
        self.journal = path / "journal"
        self.translator = path / "translator.safetensors"

    @classmethod
    def of(cls, output: Path) -> "WorkFolder":
        """Return the work folder of an output."""
        return cls(output.with_name(output.name + ENDING))

    def stage(self, name: str) -> "WorkFolder":
        """The work folder of a reduced copy in it, or beside it if it is such a one: of letters or digits."""
        return WorkFolder(self.whole.path / f"{STAGE}{name}{ENDING}")

    @property
    def whole(self) -> "WorkFolder":
        """Work folder of the image if this is that of a reduced copy; else itself."""
        inside = re.fullmatch(rf"{STAGE}[a-z0-9]+{ENDING}", self.path.name)
        return WorkFolder(self.path.parent) if inside else self

    def begun(self) -> RunRecord | None:
        """Return the record of the unfinished run; None if there is none. Raises as ``RunRecord.read``."""
        return RunRecord.read(self.journal) if self._has_store() else None

    def has_finished_shards(self) -> bool:
        """Return whether any shard was finished, including those of reduced copies."""
        return has_marker(self.journal) or any(has_marker(stage / "journal") for stage in self.stages())

    def stages(self) -> list[Path]:
        """Return the work folders inside this one."""
        with os_errors():
            return sorted(self.path.glob(f"{STAGE}*{ENDING}"))

    def is_ours(self) -> bool:
        """Return whether it is a work folder, or the remainder of one after a kill."""
        if is_remote(self.path):
            return is_there(self.journal)
        return self.path.is_dir() and (self.journal.is_dir() or not any(self.path.iterdir()))

    def check_room(self, keep: bool) -> None:
        """Check whether the files of an earlier run may be removed; other running processes are not detected.

        Args:
            keep: whether work that can be resumed may not.

        Raises:
            OutputExistsError: unfinished work is to be kept, or the folder is somebody else's.
        """
        if not is_there(self.path):
            return
        if not self.is_ours():
            raise OutputExistsError(f"{self.path} is in the way, and not ours: move it, or name another output")
        if keep and self.begun() is not None and self.has_finished_shards():
            raise OutputExistsError(f"unfinished work is in {self.path}: --resume goes on, --overwrite begins again")

    def make_room(self, keep: bool) -> None:
        """Remove the files of an earlier run; if ``keep``, only if it cannot be resumed.

        Raises:
            OutputExistsError: see ``check_room``.
            OutputError: another run is at work.
        """
        if not is_there(self.path):
            return
        self.check_room(keep=False)
        with locked(self.journal):
            self.check_room(keep)
            self.remove()

    def begin(
        self,
        height: int,
        width: int,
        shard: int,
        levels: np.dtype[Any] | type[np.unsignedinteger[Any]] = np.uint8,
        origin: Origin | None = None,
        made: Provenance | None = None,
        name: str | None = None,
    ) -> None:
        """Make an empty store; the journal's record comes after this, so that with it everything is there.

        Args:
            height: of the output, in pixels.
            width: likewise.
            shard: side of the store's shards, in output pixels.
            levels: numpy type of its pixels.
            origin: what it takes over from its source; with opacity, it has a channel for it.
            made: what makes it.
            name: of the image, for viewers.

        Raises:
            OutputError, OSError: it cannot be written.
        """
        if is_remote(self.store):
            self._clear_place()
        chunk = chunk_of(shard)
        Store.create(
            self.store,
            height,
            width,
            shard=shard,
            chunk=chunk,
            levels=levels,
            channels=(origin or Origin()).channels,
            origin=origin,
            made=made,
            name=name,
        )

    def clear_torn(self) -> None:
        """Remove what zarr was writing, under names of its own, when a run or a worker was killed."""
        if not is_remote(self.store):
            for torn in self.store.rglob("*.partial"):
                torn.unlink(missing_ok=True)

    def _clear_place(self) -> None:
        """Remove what was where the store shall be; it may be replaced, or it would not have come to this.

        Killed at any moment, it leaves what is no image, and can be told to be ours.
        """
        write_json(self.journal / CLEARING, {})
        replace_file(self.store / UNFINISHED, b"{}")
        remove_file(self.store / ROOT)
        for entry in self.store.iterdir():
            if entry.name != UNFINISHED:
                remove_tree(entry)

    def place(self, finished: Path, output: Path, overwrite: bool) -> tuple[str, ...]:
        """Give a finished file or store its final name, and remove the folder.

        Returns:
            What a user should know, a line each: that the folder could not be removed, which is no failure any more.

        Raises:
            OutputExistsError: there is something, and it may not be replaced; the folder stays.
            OutputError, OSError: it cannot be renamed.
        """
        if finished != self.store:
            status = finished.stat()
            write_json(self.journal / PLACED, {"bytes": status.st_size, "mtime_ns": status.st_mtime_ns})
        try:
            put_in_place(finished, output, self.path / "replaced", overwrite)
        except OutputExistsError as error:
            raise OutputExistsError(f"{error}: then --resume") from None
        try:
            self.remove()
        except OSError as error:
            return (f"{self.path} could not be removed ({error.strerror or first_line(error)}): remove it",)
        return ()

    def has_placed(self, output: Path) -> bool:
        """Whether an output is the file that ``place`` renamed before it was killed."""
        try:
            noted = json.loads((self.journal / PLACED).read_text())
            status = output.stat()
        except (OSError, ValueError):
            return False
        return bool(noted == {"bytes": status.st_size, "mtime_ns": status.st_mtime_ns})

    def unplaced(self, output: Path) -> Path | None:
        """The file whose tiles ``place`` had renamed, but not yet itself, when it was killed; None if there is none.

        Args:
            output: its final name.
        """
        if is_remote(self.path):
            return None
        finished = self.path / f"image{output.suffix}"
        built, placed = companion_of(finished, output), companion_of(output, output)
        if built is None or placed is None:
            return None
        is_left = placed.is_dir() and not built.is_dir() and not os.path.lexists(output)
        return finished if is_left and self.has_placed(finished) else None

    def remove(self) -> None:
        """Remove all: first what makes it one to resume, last the journal, which tells that it is ours."""
        remove_file(self.journal / RECORD)
        if is_remote(self.path):
            if self._has_store():
                remove_tree(self.store)
            remove_file(self.translator)
            remove_tree(self.path)
            return
        for entry in self.path.iterdir():
            if entry.is_file():
                entry.unlink()
            elif entry != self.journal:
                shutil.rmtree(entry)
        shutil.rmtree(self.path)

    def _has_store(self) -> bool:
        """Whether there is a store that is work: where the output shall be, one with a root is finished."""
        begun, finished = (is_there(self.store / name) for name in (UNFINISHED, ROOT))
        return begun and not finished if is_remote(self.store) else begun or finished

    @contextmanager
    def kept_for_resume(self) -> Iterator[None]:
        """When the work ends early, keep what is finished, or nothing if nothing is.

        Raises:
            OutputError: in place of the system's errors of writing, as one line.
        """
        try:
            yield
        except BaseException as error:
            cure = "free some, then --resume; what is finished is kept"
            if not self.has_finished_shards():
                with suppress(OSError):
                    self.remove()
                cure = "free some, then begin again"
            of_writing = isinstance(error, OutputError) or not isinstance(error, (TileganError, BrokenPipeError))
            if isinstance(error, OSError) and of_writing:
                raise explained(error, self.path.parent, cure) from error
            raise
