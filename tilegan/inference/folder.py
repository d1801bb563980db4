"""The work folder of one output: its creation, discovery and removal."""

import json
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import chain
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
from tilegan.translator import Translator

ENDING = ".partial"
STAGE = "stroke-"  # in a work folder: those of the copies for large strokes
LAYER = "layer-"  # in that of an image: those of its paintings, if there are several
# in the journal: written before its record, and after the output was moved
CLEARING, PLACED = "clearing.json", "placed.json"


class WorkFolder:
    """``OUTPUT.partial``: a store being written, the journal of finished shards, and the model.

    Attributes:
        path: path of the folder.
        store: store inside it; on object storage, which cannot rename, the output itself.
        journal, translator: journal and model inside it.
    """

    def __init__(self, path: Path) -> None:
        """Initialize for a path, whether the folder exists or not."""
        self.path = path
        self.store = path.with_name(path.name.removesuffix(ENDING)) if is_remote(path) else path / "store.zarr"
        self.journal = path / "journal"
        self.translator = path / "translator.safetensors"

    @classmethod
    def of(cls, output: Path) -> "WorkFolder":
        """Return the work folder of an output."""
        return cls(output.with_name(output.name + ENDING))

    def stage(self, name: str) -> "WorkFolder":
        """Return the work folder of a reduced copy, inside this one, or beside it if this is one, too."""
        return WorkFolder(self.whole.path / f"{STAGE}{name}{ENDING}")

    def painting(self, number: int, count: int) -> "WorkFolder":
        """Return the work folder of one of several paintings, with its model and copies; itself if there is one."""
        return self if count == 1 else WorkFolder(self.path / f"{LAYER}{number}{ENDING}")

    def keep(self, translator: Translator) -> None:
        """Write the model, which workers load.

        Raises:
            OutputError, OSError: it cannot be written.
        """
        if not is_remote(self.path):
            self.path.mkdir(exist_ok=True)
        translator.save(self.translator)

    @property
    def whole(self) -> "WorkFolder":
        """Work folder of the image, or painting, if this is that of a reduced copy; else itself."""
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
            inside = (self.path.glob(f"{folder}{STAGE}*{ENDING}") for folder in ("", f"{LAYER}*{ENDING}/"))
            return sorted(chain.from_iterable(inside))

    def is_ours(self) -> bool:
        """Return whether it is a work folder, or the remainder of one after a kill."""
        if is_remote(self.path):
            return is_there(self.journal)
        return self.path.is_dir() and (self.journal.is_dir() or not any(self.path.iterdir()))

    def check_room(self, keep: bool) -> None:
        """Check whether the files of an earlier run may be removed; other running processes are not detected.

        Args:
            keep: whether work that can be resumed must be kept.

        Raises:
            OutputExistsError: unfinished work is to be kept, or the folder is not a work folder.
        """
        if not is_there(self.path):
            return
        if not self.is_ours():
            raise OutputExistsError(f"{self.path} exists and is not a work folder: move it, or name another output")
        if keep and self.begun() is not None and self.has_finished_shards():
            raise OutputExistsError(
                f"unfinished work is in {self.path}: --resume continues it, --overwrite starts again"
            )

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
        """Create an empty store; the journal's record is written after this, and marks the run as started.

        Args:
            height: height of the output, in pixels.
            width: its width.
            shard: side of the store's shards, in output pixels.
            levels: dtype of its pixels.
            origin: source metadata; with opacity, the store has a channel for it.
            made: provenance.
            name: name of the image, for viewers.

        Raises:
            OutputError, OSError: it cannot be written.
        """
        if is_remote(self.store):
            self._clear_output()
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
        """Remove temporary files of zarr, left by a killed run or worker."""
        if not is_remote(self.store):
            for torn in self.store.rglob("*.partial"):
                torn.unlink(missing_ok=True)

    def _clear_output(self) -> None:
        """Remove an existing output at the location of the store; permission was checked before.

        A kill at any moment leaves something that is not an image, but is recognized as ours.
        """
        write_json(self.journal / CLEARING, {})
        replace_file(self.store / UNFINISHED, b"{}")
        remove_file(self.store / ROOT)
        for entry in self.store.iterdir():
            if entry.name != UNFINISHED:
                remove_tree(entry)

    def move_output(self, finished: Path, output: Path, overwrite: bool) -> tuple[str, ...]:
        """Give a finished file or store its final name, and remove the folder.

        Returns:
            Notes for the user, one line each: if the folder could not be removed, which is not a failure.

        Raises:
            OutputExistsError: the output exists, and may not be replaced; the folder stays.
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

    def has_moved(self, output: Path) -> bool:
        """Whether an output is the file that ``move_output`` renamed before it was killed."""
        try:
            noted = json.loads((self.journal / PLACED).read_text())
            status = output.stat()
        except (OSError, ValueError):
            return False
        return bool(noted == {"bytes": status.st_size, "mtime_ns": status.st_mtime_ns})

    def unmoved(self, output: Path) -> Path | None:
        """Return the file of which ``move_output`` had renamed only the tiles when it was killed; None if none.

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
        return finished if is_left and self.has_moved(finished) else None

    def remove(self) -> None:
        """Remove the folder: first the files needed to resume, last the journal, which identifies it."""
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
        """Whether there is an unfinished store: at the location of an output, one with a root is finished."""
        begun, finished = (is_there(self.store / name) for name in (UNFINISHED, ROOT))
        return begun and not finished if is_remote(self.store) else begun or finished

    @contextmanager
    def kept_for_resume(self) -> Iterator[None]:
        """If the work ends early, keep finished shards, or remove the folder if there are none.

        Raises:
            OutputError: an OS error of writing, as one line.
        """
        try:
            yield
        except BaseException as error:
            cure = "free some, then --resume; finished shards are kept"
            if not self.has_finished_shards():
                with suppress(OSError):
                    self.remove()
                cure = "free some, then start again"
            of_writing = isinstance(error, OutputError) or not isinstance(error, (TileganError, BrokenPipeError))
            if isinstance(error, OSError) and of_writing:
                raise explained(error, self.path.parent, cure) from error
            raise
