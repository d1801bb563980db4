"""Convert colors of any color space to sRGB: by an ICC profile, by a formula, or unchanged."""

import io
import itertools
import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageCms

from tilegan.geometry import Pixels
from tilegan.images.pixels.icc import MatrixProfile
from tilegan.images.pixels.stretch import to_rgb

_MODES = {"gray": "L", "rgb": "RGB", "cmyk": "CMYK", "lab": "LAB"}
_SIGNATURES = {"GRAY": "gray", "RGB": "rgb", "CMYK": "cmyk", "Lab": "lab"}
_SAME = 2  # levels by which a profile may differ from sRGB and still count as sRGB


@dataclass(frozen=True)
class Conversion:
    """A conversion of pixels to sRGB, each pixel independently, so that every window gives the same result.

    Attributes:
        space: color space of the pixels: 'gray', 'rgb', 'cmyk' (0 is no ink) or 'lab' (signed a and b).
        managed: whether the space is not sRGB, or a profile declares it to be sRGB.
        remark: a note for the user; None if there is none.
        profile: bytes of the profile if colors can be converted back with it; None if they cannot, or need not.
        draws_in: whether colors outside of sRGB are compressed into it (see ``tilegan.images.pixels.gamut``), not
            clipped.
    """

    space: str = "rgb"
    managed: bool = False
    remark: str | None = None
    _transform: ImageCms.ImageCmsTransform | None = None
    _matrix: MatrixProfile | None = None
    profile: bytes | None = None
    draws_in: bool = False

    def apply(self, levels: Pixels) -> Pixels:
        """Convert pixels (h, w, bands) of the color space to sRGB (h, w, 3) of the same dtype: uint8 or uint16."""
        if self.space in ("gray", "rgb") and self._transform is None:
            return to_rgb(levels)
        if self.draws_in and self._matrix is not None:
            return self._matrix.to_srgb(to_rgb(levels), draw_in=True)
        if levels.dtype == np.uint8:
            return self._apply_8(levels)
        if self._matrix is not None:
            return self._matrix.to_srgb(to_rgb(levels).astype(np.uint16, copy=False))
        return widen(self._apply_8(narrow(levels)), levels.dtype)

    def _apply_8(self, levels: Pixels) -> Pixels:
        if self._transform is not None and levels.shape[2] == 1 and self._transform.input_mode == "RGB":
            levels = to_rgb(levels)  # gray pixels with an RGB profile
        levels = np.ascontiguousarray(levels[..., 0] if levels.shape[2] == 1 else levels)
        shape = (levels.shape[1], levels.shape[0])
        image = Image.frombuffer("L" if levels.ndim == 2 else _MODES[self.space], shape, levels.tobytes(), "raw")
        if levels.ndim == 3 and self.space == "gray":
            image = Image.fromarray(levels)
        converted = image.convert("RGB") if self._transform is None else self._transform.apply(image)
        return np.array(converted)


def conversion(space: str, profile: bytes | None, *, keep: bool = False) -> Conversion:
    """Return the conversion of a color space, by its profile if there is a valid one that fits.

    Args:
        space: see ``Conversion``.
        profile: bytes of the ICC profile; None if there is none.
        keep: compress colors outside of sRGB into it instead of clipping them, if colors can be converted back.
    """
    foreign = space in ("cmyk", "lab")
    plain = Conversion(space, managed=foreign)
    if space == "lab":
        plain = Conversion(space, managed=True, _transform=_transform(ImageCms.createProfile("LAB"), "LAB"))
    if not profile:
        return plain
    try:
        opened = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        declared = _SIGNATURES.get(opened.profile.xcolor_space.strip(), "unknown")
        if declared != space and not (declared == "rgb" and space == "gray"):
            return _broken(plain, f"it is for {declared} colors, not {space}")
        transform = _transform(opened, _MODES[declared])
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError) as error:
        return _broken(plain, str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__)
    if declared == "rgb" and _is_srgb(transform):
        return Conversion(space, managed=True)
    matrix = MatrixProfile.parse(profile) if declared == "rgb" else None
    is_kept = matrix is not None and matrix.is_invertible
    return Conversion(space, True, None, transform, matrix, profile if is_kept else None, keep and is_kept)


def narrow(levels: Pixels) -> NDArray[np.uint8]:
    """Convert 16-bit values to 8-bit values, rounded to the nearest."""
    return ((levels.astype(np.uint32) * 255 + 32767) // 65535).astype(np.uint8)


def widen(levels: Pixels, dtype: np.dtype[Any]) -> Pixels:
    """Convert 8-bit values to ``dtype``, uint8 or uint16, whose full range they fill."""
    return levels if dtype == levels.dtype else levels.astype(dtype) * dtype.type(257)


def unmix(pixels: Pixels, alpha: Pixels) -> Pixels:
    """Undo the multiplication of colors (h, w, bands) by opacity (h, w) of the same dtype."""
    highest = np.iinfo(pixels.dtype).max
    share = np.maximum(alpha, 1).astype(np.float32)[..., None]
    return (pixels * (highest / share) + 0.5).clip(0, highest).astype(pixels.dtype)


def inks_of_jpeg(values: NDArray[np.uint8], is_ycck: bool) -> NDArray[np.uint8]:
    """Return the inks (h, w, 4), 0 for no ink, of a four-band JPEG, which stores them inverted (Adobe's convention)."""
    if not is_ycck:
        return 255 - values
    y, cb, cr = (values[..., band].astype(np.float32) for band in range(3))
    cb, cr = cb - 128, cr - 128
    inks = np.stack([y + 1.402 * cr, y - 0.344136 * cb - 0.714136 * cr, y + 1.772 * cb], axis=-1)
    return np.concatenate([(inks + 0.5).clip(0, 255).astype(np.uint8), 255 - values[..., 3:]], axis=-1)


def pack_lab(values: NDArray[Any], is_signed: bool) -> NDArray[np.uint8]:
    """Convert Lab of 8 or 16 bits per band to the layout of Pillow's images: 8 bits, signed a and b."""
    lab = np.array(values >> 8 if values.dtype.itemsize == 2 else values).astype(np.uint8)
    if not is_signed:
        lab[..., 1:] ^= 128
    return lab


def _broken(plain: Conversion, why: str) -> Conversion:
    meant = "the usual inks" if plain.space == "cmyk" else "Lab" if plain.space == "lab" else "sRGB"
    return Conversion(
        plain.space, plain.managed, f"its color profile is broken ({why}): read as {meant}", plain._transform
    )


def _transform(profile: Any, mode: str) -> ImageCms.ImageCmsTransform:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return ImageCms.buildTransform(profile, ImageCms.createProfile("sRGB"), mode, "RGB")


def _is_srgb(transform: ImageCms.ImageCmsTransform) -> bool:
    colors = np.array(list(itertools.product(range(0, 256, 15), repeat=3)), np.uint8)[None]
    converted = np.asarray(transform.apply(Image.fromarray(colors)))
    return bool(np.abs(converted.astype(int) - colors).max() <= _SAME)
