"""Zip archives of other programs, of which only named parts are read, and never more than the file can hold.

What torch would read in another way than Python's zipfile is refused: names that differ in case alone, several folders,
and comments, which can hide a second directory.
"""

import zipfile
from pathlib import Path
from types import TracebackType
from typing import Self

from tilegan.errors import ModelError
from tilegan.foreign.read import line

LARGER = 4  # times the file, that an archive may unpack to
LEAST = 2**20  # bytes, that any archive may unpack to


class Archive:
    """A zip archive, all of whose parts lie in one folder.

    Attributes:
        names: of the parts, without the folder.
    """

    def __init__(self, path: Path) -> None:
        """Open a file.

        Raises:
            ModelError: it is no archive, is damaged, or would unpack to far more than it is.
        """
        self.path = path
        try:
            self._zip = zipfile.ZipFile(path)
        except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
            raise ModelError(f"not an archive of torch, or not whole: {path}: {line(error)}") from error
        unpacked = sum(entry.file_size for entry in self._zip.infolist())
        most = self._left = max(LEAST, LARGER * path.stat().st_size)
        if unpacked > most:
            self._zip.close()
            raise ModelError(f"{path} would unpack to {unpacked:,} bytes: it is not read")
        names = self._zip.namelist()
        folders = {name.partition("/")[0] if "/" in name else "" for name in names}
        if self._zip.comment or len(folders) != 1 or len({name.lower() for name in names}) != len(names):
            self._zip.close()
            raise ModelError(f"not an archive of torch: {path}: it has a comment, or parts of one name")
        self._entries = {name.partition("/")[2] or name: name for name in names}
        self.names = tuple(self._entries)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, value: object, trace: TracebackType | None) -> None:
        self._zip.close()

    @property
    def code(self) -> tuple[str, ...]:
        """Return the names of parts with code of TorchScript; none if it is another archive."""
        found = tuple(name for name in self.names if name.startswith("code/") and name.endswith(".py"))
        return found if "data.pkl" in self.names else ()

    def read(self, name: str) -> bytes:
        """Return a part; the same one may be asked for again, but not without end.

        Raises:
            ModelError: it is missing or damaged, or far more is asked for than there is.
        """
        if name not in self._entries:
            raise ModelError(f"{self.path} has no part '{name}'")
        self._left -= self._zip.getinfo(self._entries[name]).file_size
        if self._left < 0:
            raise ModelError(f"{self.path} asks for its parts again and again: it is not read")
        try:
            return self._zip.read(self._entries[name])
        except Exception as error:  # zipfile and zlib raise many classes for damaged parts
            raise ModelError(f"{self.path}: the part '{name}' is damaged: {line(error)}") from error
