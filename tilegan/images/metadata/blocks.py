"""What a photograph tells of itself beside its pixels: EXIF, XMP and IPTC, as a result takes them over."""

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
        exif: built like a TIFF, little-endian, without the mark that JPEG puts before it.
        xmp: its XML.
        iptc: its records (IIM).
        lost: names of what was left out, since it would be untrue of a result.
        orientation: that its file's EXIF told, 1 to 8; results are upright.
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
        """What of a file's holds for a result.

        Args:
            exif_data: its EXIF, or an open TIFF.
            xmp_data: its XMP.
            iptc_data: its IPTC.
            directory: place of the image in the TIFF; the first one if None.
            lost: names of what was left out before.
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
        """Which of EXIF, XMP and IPTC there are."""
        return tuple(name for name, _ in self._blocks())

    @property
    def remarks(self) -> tuple[str, ...]:
        """What a user should know of what was left out, a line."""
        return (f"left out of its metadata: {', '.join(self.lost)}: not true of the result",) if self.lost else ()

    @property
    def sizes(self) -> tuple[tuple[str, int], ...]:
        """Those that there are, and how many bytes they take."""
        return tuple((name, len(block.encode() if isinstance(block, str) else block)) for name, block in self._blocks())

    def without(self, kind: str) -> Self:
        """All but one of EXIF, XMP and IPTC."""
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
        """What is true of a result: upright, of its size and resolution, made by this program.

        Args:
            height: of the result, in pixels.
            width: likewise.
            dpi: its pixels per inch, horizontally and vertically, if they are known.
            is_srgb: whether its colours were converted to sRGB (True), or are those of another profile (False); None
                where they are what they were.
            needs_dpi: whether EXIF is made, if there is none, where the resolution is known.
        """
        entries = exif.entries_of(self.exif)
        if entries or needs_dpi:
            entries = exif.for_result(entries, height, width, dpi, is_srgb=is_srgb)
        text = xmp.for_result(self.xmp, height, width, dpi, is_srgb=is_srgb)
        return type(self)(exif.to_bytes(entries), text, self.iptc, self.lost)

    def to_json(self) -> dict[str, Any]:
        """As JSON types; ``from_json`` is the inverse."""
        blocks = {"exif": self.exif, "iptc": self.iptc}
        told: dict[str, Any] = {name: base64.b64encode(block).decode() for name, block in blocks.items()}
        return told | {"xmp": self.xmp, "lost": list(self.lost)}

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> Self:
        """What ``to_json`` told.

        Raises:
            ValueError, KeyError, TypeError: it is none.
        """
        try:
            blocks = [base64.b64decode(content[name], validate=True) for name in ("exif", "iptc")]
        except binascii.Error as error:
            raise ValueError(str(error)) from error
        told = cls.cleaned(blocks[0], str(content["xmp"]).encode(), blocks[1])  # for others may have changed it
        return replace(told, lost=tuple(map(str, content["lost"])))
