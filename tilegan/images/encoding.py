"""Export options: how a result is encoded."""

from dataclasses import dataclass
from typing import Any

from tilegan.options import check_values, described, option

LOSSY = {"jpeg", "webp"}  # lossy compressions of TIFF
ZARR_FORMATS = ("ome-0.5", "ome-0.4")


@described
@dataclass(frozen=True)
class ExportOptions:
    """Encoding of a result, where its format offers a choice.

    Raises:
        SettingError: a value is invalid.
    """

    compress: str = option(
        "deflate",
        "Compression of TIFF",
        choices=("deflate", "zstd", "lzw", "jpeg", "webp"),
        noun="compression",
    )
    quality: int = option(
        95, "Quality of JPEG, WebP and videos: files, TIFF compressions and tiles of .dzi", least=1, most=100
    )
    lossless: bool = option(False, "Write WebP without loss, and tiles of .dzi as PNG")
    profile: str = option(
        "srgb",
        "Color profile of the output; keep: that of the source if it has curves and a matrix, such as Display P3",
        choices=("srgb", "keep"),
    )
    strip: bool = option(False, "Omit EXIF, XMP, IPTC and free-form tags")
    zarr_format: str = option(
        ZARR_FORMATS[0],
        "Format of .zarr: ome-0.5 (Zarr v3, sharded) or ome-0.4 (Zarr v2, one file for each chunk)",
        choices=ZARR_FORMATS,
        noun="Zarr format",
    )

    def __post_init__(self) -> None:
        check_values(self)

    @property
    def of_store(self) -> dict[str, Any]:
        """Options that affect the store from which an output is exported, by name."""
        return {"strip": True} if self.strip else {}

    def fidelity(self) -> dict[str, Any]:
        """Options that decide how much a lossy encoding loses, by name."""
        return {"lossless": True} if self.lossless else {"quality": self.quality}
