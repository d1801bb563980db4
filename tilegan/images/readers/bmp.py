"""BMP with bit fields: each pixel is one integer, and masks select its bits for red, green, blue and opacity.

GDAL reads such files with wrong colors and without opacity, and Pillow refuses all but the usual masks.
"""

import struct
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from tilegan.images.readers.pillow import PillowSource

HEAD = 70  # bytes of the headers of a BMP
_BIT_FIELDS = {3: 3, 6: 4}  # uncompressed kinds, and the number of masks that follow a header without its own
_PLAIN = {12, 40, 108, 124}  # lengths of headers that GDAL supports
_MASKS = 54  # their offset in the file
_LARGEST = 2**27  # pixels
_INCH = 0.0254  # meters


class BmpSource(PillowSource):
    """A BMP that GDAL may read wrongly; see ``tilegan.images.source.Source``."""

    def open_image(self, file: BinaryIO) -> Image.Image:
        """Read the image by its bit fields, or by Pillow if it has none."""
        return bit_fields(file, allow_truncated=self.reading.allow_truncated) or super().open_image(file)


def is_special(start: bytes) -> bool:
    """Whether a BMP may be read wrongly by GDAL: compressed, with bit fields or a wrong offset, or of a rare kind.

    Args:
        start: first ``HEAD`` bytes of the file.
    """
    if start[:2] != b"BM" or len(start) < HEAD:
        return False
    (pixels,), (length,) = struct.unpack_from("<I", start, 10), struct.unpack_from("<I", start, 14)
    if length not in _PLAIN:
        return True
    if length == 12:
        return False
    bits, compression = struct.unpack_from("<HI", start, 28)
    # some programs omit the palette from the offset of the pixels; GDAL then reads it as pixels
    return bool(compression != 0 or (bits <= 8 and pixels == 14 + length))


def bit_fields(file: BinaryIO, *, allow_truncated: bool = False) -> Image.Image | None:
    """Read a BMP with bit fields as RGB or RGBA of 8 bits, with its resolution; None for all other files.

    Args:
        file: read from its beginning; its position is restored.
        allow_truncated: fill missing pixels with gray.

    Raises:
        ValueError: the file is damaged, or too large for memory.
    """
    start = file.read(HEAD)
    file.seek(0)
    if not is_special(start):
        return None
    length, width, height, _, bits, compression, _, across, down = struct.unpack_from("<IiiHHIIii", start, 14)
    if compression not in _BIT_FIELDS or bits not in (16, 32) or length not in (40, 52, 56, 108, 124):
        return None
    count = {40: _BIT_FIELDS[compression], 52: 3}.get(length, 4)
    masks = struct.unpack_from(f"<{count}I", start, _MASKS)
    rows = abs(height)
    if width <= 0 or rows == 0 or width * rows > _LARGEST:
        raise ValueError(f"{rows} x {width} pixels cannot be read")
    stride = -(-width * bits // 32) * 4
    file.seek(struct.unpack_from("<I", start, 10)[0])
    content = file.read(stride * rows)
    file.seek(0)
    if len(content) < stride * rows:
        if not allow_truncated:
            raise ValueError(f"it ends after {len(content)} of {stride * rows} bytes of pixels")
        content = content.ljust(stride * rows, b"\x80")
    values = np.frombuffer(content, "<u2" if bits == 16 else "<u4").reshape(rows, -1)[:, :width]
    bands = [_band(values, mask) for mask in masks[:3]]
    if count == 4 and masks[3]:
        opacity = _band(values, masks[3])
        if opacity.any():  # some programs declare opacity and leave its bits empty
            bands.append(opacity)
    pixels = np.dstack(bands)
    image = Image.fromarray(pixels if height < 0 else np.ascontiguousarray(pixels[::-1]))
    if across > 0 and down > 0:
        image.info["dpi"] = (across * _INCH, down * _INCH)
    return image


def _band(values: NDArray[np.unsignedinteger], mask: int) -> NDArray[np.uint8]:
    """Return the bits selected by a mask as levels from 0 to 255."""
    if not mask:
        return np.zeros(values.shape, np.uint8)
    shift = (mask & -mask).bit_length() - 1
    chosen = (values & values.dtype.type(mask & np.iinfo(values.dtype).max)) >> values.dtype.type(shift)
    levels: NDArray[np.uint8] = np.round(chosen * (255.0 / (mask >> shift))).astype(np.uint8)
    return levels
