"""The description of a format. This file and those of formats import nothing heavy before a file is opened."""

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
    """A possible image, as formats inspect it before one of them opens it.

    Attributes:
        path: local path, or one found by ``locate``.
        is_folder: whether it is a folder; on object storage, whether its name is that of one.
    """

    path: Path
    is_folder: bool = False

    @cached_property
    def start(self) -> bytes:
        """First 4096 bytes of the file; b'' for a folder or an unreadable file."""
        try:
            with self.path.open("rb", buffering=_START) as file:
                return file.read(_START)
        except OSError:
            return b""

    @cached_property
    def header(self) -> Header:
        """Header of the file as read by Pillow; an empty one if it is unknown to Pillow."""
        from tilegan.images.readers.header import Header, read_header

        return Header() if self.is_folder else read_header(self.path)


@dataclass(frozen=True)
class Reader:
    """The reader of a format.

    Attributes:
        open: opens an image; raises ``ImageError`` if it cannot, and ``SettingError`` for missing bands or planes.
        recognizes: whether a candidate is certainly of the format; then no other format is tried.
        tries: whether the format may read a candidate that none recognizes, or that an earlier one could not open.
        endings: endings of the files in a folder that are taken for images of the format, with the dot, in lower case.
        images: description of the images, for the documentation.
        by: the package that reads them.
        decoded: part of an image that is decoded at once.
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
        path: file or folder, which does not exist yet.
        store: finished store, with all levels if the format has levels: ``read`` returns colors in the kept profile,
            and ``origin`` holds the source metadata that fit into the file.
        options: encoding.
        made: provenance of the result; None if the store has none.
        progress: called with the output pixels done, phase 'export'.
    """

    path: Path
    store: Store
    options: ExportOptions
    made: Provenance | None
    progress: Progress


@dataclass(frozen=True)
class Companion:
    """A folder that belongs to a file, such as the tiles of a Deep Zoom image.

    Attributes:
        of: returns the folder of a file.
        is_ours: whether an existing path is such a folder, which may be replaced.
        what: its name in messages.
    """

    of: Callable[[Path], Path]
    is_ours: Callable[[Path], bool]
    what: str


@dataclass(frozen=True)
class Writer:
    """The writer of a format, and what the format holds.

    Attributes:
        write: writes one; returns notes for the user, one line each. Raises ``OSError`` if it cannot be written,
            ``ImageError`` if the store is damaged.
        provenance: returns the provenance stored in a result; None if there is none. May raise the errors of readers.
        is_whole: whether a result with provenance is complete, as far as can be checked without decoding. May raise the
            errors of readers.
        size: returns height and width of a result; None to open it as an image for that.
        holds_levels: whether it is written from all levels of a store.
        is_deep: whether it holds 16 bits per value.
        longest: maximum pixels per side; None for no limit.
        bytes_held: bytes of memory per pixel for encoding, if the image is encoded as a whole; else 0.
        is_opaque: whether it holds no opacity at all.
        is_store: whether results with some options are stores, from which all others are exported.
        refuses: returns why pixels of a dtype and opacity of a kind (see ``Origin``; None for none) cannot be written
            with some options, and what helps, as the end of a message; None if they can.
        encoding: returns the relevant encoding options, by name.
        holds_profile: whether its colors can have another profile than sRGB.
        is_folder: whether a result is a folder, and holds an ``Origin`` unchanged.
        holds_measures: whether it holds scale, offset and unit of bands.
        holds_dpi: whether it holds pixels per inch itself; otherwise they go to EXIF.
        room: limits in bytes of EXIF, XMP and IPTC, by name; no limit for those not named.
        geo_driver: GDAL driver that knows which georeference it holds itself; the rest goes to a file beside it. '' if
            it holds all, None if the georeference is lost.
        companion: folder that belongs to each file.
        what, holds, opacity: for the documentation: name, contents, and treatment of opacity.
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
    geo_driver: str | None = "PNG"
    companion: Companion | None = None
    what: str = ""
    holds: str = ""
    opacity: str = ""

    def deciding(self, options: ExportOptions) -> dict[str, Any]:
        """The options that matter to a result, by name."""
        encoding = dict(self.encoding(options))
        if self.holds_profile and not self.is_folder and options.profile != "srgb":
            encoding["profile"] = options.profile
        return encoding | options.of_store


@dataclass(frozen=True)
class Format:
    """A format of images.

    Attributes:
        name: name in records and messages; for written formats, the usual ending without the dot.
        order: order in lists and in asking who reads a file; lower ones come first.
        endings: endings of written files with the dot, in lower case; the usual one first.
        reader, writer: how it is read and written; None if it is not.
    """

    name: str
    order: int = 50
    endings: tuple[str, ...] = ()
    reader: Reader | None = None
    writer: Writer | None = None
