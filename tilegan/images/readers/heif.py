"""HEIC, as telephones make it: read by libheif, through the extra ``heic``, as Pillow's images are.

libheif turns pictures upright as their container says; the orientation that their EXIF tells beside is no other one.
"""

from importlib.util import find_spec
from pathlib import Path
from typing import Any, BinaryIO, cast

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from tilegan.errors import ImageError
from tilegan.images.source import shown

FORMAT = "HEIF"  # Pillow's name of it
_BRANDS = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs")
_ANY_BRANDS = (b"mif1", b"msf1")  # of AVIF too
_SRGB_PRIMARIES = (1, 2)  # those of BT.709, which are sRGB's; not told
_HDR = {16: "PQ", 18: "HLG"}


def is_heic(start: bytes) -> bool:
    """Whether a file is HEIC, by its first bytes."""
    if start[4:8] != b"ftyp":
        return False
    brands = start[8 : int.from_bytes(start[:4], "big")]
    return brands[:4] in _BRANDS or (brands[:4] in _ANY_BRANDS and b"avif" not in brands)


def heic_image(file: BinaryIO, path: str | Path) -> Image.Image | None:
    """Pillow's image of a HEIC, with nothing decoded yet; None of any other file.

    Args:
        file: at its beginning, where it is left if it is no HEIC.
        path: of it, for messages.

    Raises:
        ImageError: the package that reads it is missing.
        Exception: of it, where the file is damaged.
    """
    start = file.read(64)
    file.seek(0)
    if not is_heic(start):
        return None
    if find_spec("pillow_heif") is None:
        raise ImageError(
            f"cannot read HEIC: {shown(path)}: install what it needs: pip install 'tilegan[heic]', or save it as JPEG"
        )
    from pillow_heif.as_plugin import HeifImageFile

    opened: Image.Image = cast(Any, HeifImageFile)(file)
    return opened


def deep_values(image: Image.Image, file: BinaryIO) -> tuple[NDArray[np.uint16], NDArray[np.uint16] | None] | None:
    """Values (h, w, bands) and opacity (h, w) of a HEIC of more than 8 bits, over the range of 16; None of others.

    Args:
        image: that ``heic_image`` gave, and Pillow's of other files.
        file: that it was opened from.
    """
    if image.format != FORMAT or image.info["bit_depth"] <= 8:
        return None
    from pillow_heif import open_heif

    file.seek(0)
    values = np.asarray(open_heif(file, convert_hdr_to_8bit=False)[image.tell()])
    values = values if values.ndim == 3 else values[..., None]
    count = values.shape[2] - (values.shape[2] in (2, 4))
    return values[..., :count], values[..., count] if count < values.shape[2] else None


def remarks_of(image: Image.Image) -> tuple[str, ...]:
    """What a user should know of the colours of a HEIC, a line each; nothing of other files."""
    told: dict[str, Any] = image.info.get("nclx_profile") or {} if image.format == FORMAT else {}
    if (curve := _HDR.get(int(told.get("transfer_characteristics", 0)))) is not None:
        return (f"its brightness is that of {curve}, for displays of high dynamic range: read as if it were sRGB's",)
    if "icc_profile" not in image.info and told.get("color_primaries", 2) not in _SRGB_PRIMARIES:
        return ("its colours are of another space than sRGB, without a profile: read as sRGB",)
    return ()
