"""EXIF, XMP and IPTC of a photograph, reduced to what holds for a result."""

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, BinaryIO, Self

from tilegan.images.metadata import exif, iptc, xmp

EXIF, XMP, IPTC = "EXIF", "XMP", "IPTC"


@dataclass(frozen=True)
class Metadata:
    """EXIF, XMP and IPTC; empty where there is none.

    Attributes:
        exif: EXIF in TIFF layout, little-endian, without the "Exif" marker of JPEG.
        xmp: XMP as XML.
        iptc: IPTC records (IIM).
        lost: names of parts that were left out because they would not be true of a result.
        orientation: EXIF orientation of the file, 1 to 8; results are upright.
    """

    exif: bytes = b""
    xmp: str = ""
    iptc: bytes = b""
    lost: tuple[str, ...] = ()
    orientation: int = 1

    @classmethod
    def cleaned(
        cls,
        exif_data: bytes | BinaryIO = b"",
        xmp_data: bytes = b"",
        iptc_data: bytes = b"",
        *,
        directory: int | None = None,
        lost: tuple[str, ...] = (),
    ) -> Self:
        """Parse the blocks of a file, without the parts that would not be true of a result.

        Args:
            exif_data: EXIF of the file, or an open TIFF.
            xmp_data: its XMP.
            iptc_data: its IPTC.
            directory: offset of the image's directory in the TIFF; None for the first one.
            lost: names of parts that were left out before.
        """
        entries, without, orientation = exif.parse(exif_data, directory) if exif_data else ({}, (), 1)
        text, found = "", xmp.cleaned(xmp_data) if xmp_data else None
        if found is not None:
            text, is_less = found
            without += ("a part of the XMP",) if is_less else ()
        elif xmp_data:
            without += ("the XMP, which is broken",)
        return cls(exif.to_bytes(entries), text, iptc.cleaned(iptc_data), (*without, *lost), orientation)

    @property
    def kinds(self) -> tuple[str, ...]:
        """Names of the blocks that exist: EXIF, XMP, IPTC."""
        return tuple(name for name, _ in self._blocks())

    @property
    def remarks(self) -> tuple[str, ...]:
        """A note for the user on parts that were left out; empty if there are none."""
        return (f"left out of its metadata: {', '.join(self.lost)}: not true of the result",) if self.lost else ()

    @property
    def sizes(self) -> tuple[tuple[str, int], ...]:
        """Names and sizes in bytes of the blocks that exist."""
        return tuple((name, len(block.encode() if isinstance(block, str) else block)) for name, block in self._blocks())

    def without(self, kind: str) -> Self:
        """Return the metadata without one of EXIF, XMP and IPTC."""
        kept = {name: block for name, block in self._blocks() if name != kind}
        return type(self)(kept.get(EXIF, b""), kept.get(XMP, ""), kept.get(IPTC, b""), self.lost)

    def _blocks(self) -> tuple[tuple[str, Any], ...]:
        blocks: tuple[tuple[str, Any], ...] = ((EXIF, self.exif), (XMP, self.xmp), (IPTC, self.iptc))
        return tuple((name, block) for name, block in blocks if block)

    def for_result(
        self,
        height: int,
        width: int,
        dpi: tuple[float, float] | None,
        *,
        is_srgb: bool | None,
        needs_dpi: bool = False,
    ) -> Self:
        """Adjust the metadata to a result: upright, with its size and resolution, written by this program.

        Args:
            height: height of the result, in pixels.
            width: its width.
            dpi: its pixels per inch, horizontally and vertically, if known.
            is_srgb: whether its colors were converted to sRGB (True), or are those of another profile (False); None if
                they are those of the source.
            needs_dpi: create EXIF for a known resolution if there is none.
        """
        entries = exif.entries_of(self.exif)
        if entries or needs_dpi:
            entries = exif.for_result(entries, height, width, dpi, is_srgb=is_srgb)
        text = xmp.for_result(self.xmp, height, width, dpi, is_srgb=is_srgb)
        return type(self)(exif.to_bytes(entries), text, self.iptc, self.lost)

    def to_json(self) -> dict[str, Any]:
        """Convert to JSON types; ``from_json`` is the inverse."""
        blocks = {"exif": self.exif, "iptc": self.iptc}
        content: dict[str, Any] = {name: base64.b64encode(block).decode() for name, block in blocks.items()}
        return content | {"xmp": self.xmp, "lost": list(self.lost)}

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> Self:
        """Parse the output of ``to_json``.

        Raises:
            ValueError, KeyError, TypeError: the content is not such an output.
        """
        try:
            blocks = [base64.b64decode(content[name], validate=True) for name in ("exif", "iptc")]
        except binascii.Error as error:
            raise ValueError(str(error)) from error
        parsed = cls.cleaned(blocks[0], str(content["xmp"]).encode(), blocks[1])  # another program may have changed it
        return replace(parsed, lost=tuple(map(str, content["lost"])))
