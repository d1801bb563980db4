"""Read HEIC, the format of many phones, with libheif (extra ``heic``) like Pillow's images.

libheif turns pictures upright by their container; the EXIF orientation repeats this and is not applied again.
"""

from importlib.util import find_spec
from typing import Any, BinaryIO, cast

import numpy as np
from PIL import Image

from tilegan.errors import ImageError, shown
from tilegan.images.metadata.blocks import Metadata
from tilegan.images.readers.pillow import PillowSource, Values, metadata_found

_BRANDS = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs")
_ANY_BRANDS = (b"mif1", b"msf1")  # shared with AVIF
_SRGB_PRIMARIES = (1, 2)  # BT.709, whose primaries are those of sRGB; unspecified
_HDR = {16: "PQ", 18: "HLG"}


def is_heic(start: bytes) -> bool:
    """Whether a file is HEIC, by its first bytes."""
    if start[4:8] != b"ftyp":
        return False
    brands = start[8 : int.from_bytes(start[:4], "big")]
    return brands[:4] in _BRANDS or (brands[:4] in _ANY_BRANDS and b"avif" not in brands)


class HeicSource(PillowSource):
    """A HEIC file; see ``tilegan.images.source.Source``."""

    def open_image(self, file: BinaryIO) -> Image.Image:
        """Open the image with libheif, without decoding."""
        if find_spec("pillow_heif") is None:
            raise ImageError(
                f"cannot read HEIC: {shown(self.path)}: install what it needs: pip install 'tilegan[heic]', "
                "or save it as JPEG"
            )
        from pillow_heif.as_plugin import HeifImageFile

        opened: Image.Image = cast(Any, HeifImageFile)(file)
        self._file, self.notes = file, _remarks(opened)
        return opened

    def decode(self, image: Image.Image) -> tuple[Values, Values | None]:
        """Return values (h, w, bands) and alpha (h, w), over the range of 16 bits if there are more than 8."""
        if image.info["bit_depth"] <= 8:
            return super().decode(image)
        from pillow_heif import open_heif  # values span the range of 16 bits

        self._file.seek(0)
        values = np.asarray(open_heif(self._file, convert_hdr_to_8bit=False)[image.tell()])
        values = values if values.ndim == 3 else values[..., None]
        count = values.shape[2] - (values.shape[2] in (2, 4))
        return values[..., :count], values[..., count] if count < values.shape[2] else None

    def metadata_of(self, image: Image.Image) -> Metadata:
        """Return EXIF and XMP as libheif finds them."""
        return metadata_found(image)


def _remarks(image: Image.Image) -> tuple[str, ...]:
    nclx: dict[str, Any] = image.info.get("nclx_profile") or {}
    if (curve := _HDR.get(int(nclx.get("transfer_characteristics", 0)))) is not None:
        return (f"its brightness curve is {curve}, for displays of high dynamic range: read as if it were sRGB's",)
    if "icc_profile" not in image.info and nclx.get("color_primaries", 2) not in _SRGB_PRIMARIES:
        return ("its color space is not sRGB and has no profile: read as sRGB",)
    return ()
