"""What a format says of itself. This file, and those of formats, import nothing heavy before a file is opened."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np

    from tilegan.images.encoding import ExportOptions
    from tilegan.images.metadata.provenance import Provenance
    from tilegan.images.readers.header import Header
    from tilegan.images.reading import Reading
    from tilegan.images.source import Source
    from tilegan.images.stores.store import Store
    from tilegan.progress import Progress

_START = 4096  # bytes


@dataclass(frozen=True)
class Candidate:
    """What may be an image, as formats look at it before one of them opens it.

    Attributes:
        path: here, or what ``locate`` gave for a URL.
        is_folder: whether it is a folder; on object storage, whether its name says so.
    """

    path: Path
    is_folder: bool = False

    @cached_property
    def start(self) -> bytes:
        """The first 4096 bytes of the file; b'' of a folder, and of what cannot be read."""
        try:
            with self.path.open("rb", buffering=_START) as file:
                return file.read(_START)
        except OSError:
            return b""

    @cached_property
    def header(self) -> Header:
        """What Pillow makes of the beginning of the file; an empty one if it does not know it."""
        from tilegan.images.readers.header import Header, read_header

        return Header() if self.is_folder else read_header(self.path)


@dataclass(frozen=True)
class Reader:
    """How images of a format are read.

    Attributes:
        open: opens one; raises ``ImageError`` where it cannot, and ``SettingError`` for bands or planes that are not
            there.
        recognizes: whether a candidate is of the format, without doubt; then no other format is asked.
        tries: whether the format may read a candidate that none recognizes, or that one before it could not open.
        endings: of the files of a folder that are taken for images of the format, each with its dot, in lower case.
        images: which images these are, for the documentation.
        by: the package that reads them.
        decoded: how much of an image is decoded at once.
    """

    open: Callable[[Candidate, Reading], Source]
    recognizes: Callable[[Candidate], bool] = lambda _: False
    tries: Callable[[Candidate], bool] = lambda _: False
    endings: tuple[str, ...] = ()
    images: str = ""
    by: str = ""
    decoded: str = ""


@dataclass(frozen=True)
class Writing:
    """One file to be written.

    Attributes:
        path: the file, or folder, which is not there yet.
        store: finished, with all levels if the format has levels: ``read`` gives its colors in the profile that is
            kept, and ``origin`` is what the file has room for.
        options: how it is encoded.
        made: what made the result; None if the store does not tell.
        progress: told the output pixels done, phase 'export'.
    """

    path: Path
    store: Store
    options: ExportOptions
    made: Provenance | None
    progress: Progress


@dataclass(frozen=True)
class Companion:
    """A folder that belongs to a file of a format, as the tiles of a deep zoom image do.

    Attributes:
        of: the folder of a file.
        is_ours: whether what is there is such a folder, which may be replaced.
        what: it is called.
    """

    of: Callable[[Path], Path]
    is_ours: Callable[[Path], bool]
    what: str


@dataclass(frozen=True)
class Writer:
    """How results are written in a format, and what it holds.

    Attributes:
        write: writes one; returns what a user should know, a line each. Raises ``OSError`` where it cannot be written,
            ``ImageError`` where the store is damaged.
        provenance: what made a result of the format, as it tells itself; None if it does not. May raise what readers
            raise.
        is_whole: whether nothing is missing of a result that tells what made it, as far as can be told without
            decoding it. May raise what readers raise.
        size: height and width of a result; None to open it as an image for that.
        holds_levels: whether it is made from all levels of a store.
        is_deep: whether it holds 16 bits a value.
        longest: pixels a side that it holds, at most; None without a limit.
        bytes_held: of memory that encoding takes, for each pixel, where the image is encoded as a whole; else 0.
        is_opaque: whether it holds no opacity at all.
        is_store: whether results with some options are stores, from which all others are exported.
        refuses: why values of a type, and opacity of a kind (see ``Origin``; None without), cannot be written with some
            options, and which can, as the end of a line; None if they can.
        encoding: the options of encoding that matter to it, by name.
        holds_profile: whether its colors can have another profile than sRGB.
        is_folder: whether a result is a folder, and holds an ``Origin`` as it is, with nothing left out or put right.
        holds_measures: whether it holds scale, offset and unit of bands.
        holds_dpi: whether it tells pixels per inch itself; else they go to EXIF.
        room: bytes that it has for EXIF, XMP and IPTC, by their names; without a limit for those not named.
        place: GDAL's driver that tells which place it holds itself; the rest goes to a file beside it. '' if it holds
            all, None if it loses its place.
        companion: a folder that belongs to each file.
        what, holds, opacity: for the documentation: which files these are, what they hold, what becomes of opacity.
    """

    write: Callable[[Writing], tuple[str, ...]]
    provenance: Callable[[Path], Provenance | None]
    is_whole: Callable[[Path], bool]
    size: Callable[[Path], tuple[int, int] | None] | None = None
    holds_levels: bool = False
    is_deep: bool = False
    longest: int | None = None
    bytes_held: int = 0
    is_opaque: bool = False
    is_store: Callable[[ExportOptions], bool] = lambda _: False
    refuses: Callable[[np.dtype[Any], str | None, ExportOptions], str | None] = lambda *_: None
    encoding: Callable[[ExportOptions], dict[str, Any]] = lambda _: {}
    holds_profile: bool = True
    is_folder: bool = False
    holds_measures: bool = False
    holds_dpi: Callable[[tuple[float, float] | None], bool] = lambda _: True
    room: Mapping[str, int] = field(default_factory=dict)
    place: str | None = "PNG"
    companion: Companion | None = None
    what: str = ""
    holds: str = ""
    opacity: str = ""

    def deciding(self, options: ExportOptions) -> dict[str, Any]:
        """The options that matter to a result, by name."""
        told = dict(self.encoding(options))
        if self.holds_profile and not self.is_folder and options.profile != "srgb":
            told["profile"] = options.profile
        return told | options.of_store


@dataclass(frozen=True)
class Format:
    """A format of images.

    Attributes:
        name: in records and messages; of a format that is written, its usual ending without the dot.
        order: of lists, and of asking who reads a file: lower ones come first.
        endings: of the files that are written, each with its dot, in lower case; the usual one first.
        reader, writer: how it is read and written; None if it is not.
    """

    name: str
    order: int = 50
    endings: tuple[str, ...] = ()
    reader: Reader | None = None
    writer: Writer | None = None
