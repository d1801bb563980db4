"""Colours of any colour space to sRGB: by a profile, by a formula, or as they are."""

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
_SAME = 2  # levels that a profile may differ from sRGB and still be taken for it


@dataclass(frozen=True)
class Conversion:
    """What takes the pixels of an image to sRGB, each alone, so that every window gives the same.

    Attributes:
        space: of the pixels: 'gray', 'rgb', 'cmyk' (0 is no ink) or 'lab' (a and b with signs).
        managed: whether that is another space than sRGB, or a profile says that it is sRGB.
        remark: what a user should know; None for nothing.
        profile: the profile's bytes, where colours can be converted back by it; None where they cannot, or need not.
        draws_in: whether what sRGB cannot show is drawn in (see ``tilegan.images.pixels.gamut``), not clipped.
    """

    space: str = "rgb"
    managed: bool = False
    remark: str | None = None
    _transform: ImageCms.ImageCmsTransform | None = None
    _matrix: MatrixProfile | None = None
    profile: bytes | None = None
    draws_in: bool = False

    def apply(self, levels: Pixels) -> Pixels:
        """Colours of sRGB (h, w, 3) of levels (h, w, bands) of that space, of the same type: uint8 or uint16."""
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
            levels = to_rgb(levels)  # gray of an RGB profile
        levels = np.ascontiguousarray(levels[..., 0] if levels.shape[2] == 1 else levels)
        shape = (levels.shape[1], levels.shape[0])
        image = Image.frombuffer("L" if levels.ndim == 2 else _MODES[self.space], shape, levels.tobytes(), "raw")
        if levels.ndim == 3 and self.space == "gray":
            image = Image.fromarray(levels)
        converted = image.convert("RGB") if self._transform is None else self._transform.apply(image)
        return np.array(converted)


def conversion(space: str, profile: bytes | None, *, keep: bool = False) -> Conversion:
    """The conversion of a colour space, by its profile if it has one that fits and is sound.

    Args:
        space: see ``Conversion``.
        profile: the bytes of one; None without.
        keep: draw in what sRGB cannot show, in place of clipping it, where colours can be converted back.
    """
    foreign = space in ("cmyk", "lab")
    plain = Conversion(space, managed=foreign)
    if space == "lab":
        plain = Conversion(space, managed=True, _transform=_transform(ImageCms.createProfile("LAB"), "LAB"))
    if not profile:
        return plain
    try:
        opened = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        told = _SIGNATURES.get(opened.profile.xcolor_space.strip(), "unknown")
        if told != space and not (told == "rgb" and space == "gray"):
            return _broken(plain, f"it is for {told} colours, not {space}")
        transform = _transform(opened, _MODES[told])
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError) as error:
        return _broken(plain, str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__)
    if told == "rgb" and _is_srgb(transform):
        return Conversion(space, managed=True)
    matrix = MatrixProfile.parse(profile) if told == "rgb" else None
    is_kept = matrix is not None and matrix.is_invertible
    return Conversion(space, True, None, transform, matrix, profile if is_kept else None, keep and is_kept)


def narrow(levels: Pixels) -> NDArray[np.uint8]:
    """Levels of 16 bits as such of 8, rounded."""
    return ((levels.astype(np.uint32) * 255 + 32767) // 65535).astype(np.uint8)


def widen(levels: Pixels, dtype: np.dtype[Any]) -> Pixels:
    """8-bit levels as such of a type, uint8 or uint16."""
    return levels if dtype == levels.dtype else levels.astype(dtype) * dtype.type(257)


def unmix(pixels: Pixels, alpha: Pixels) -> Pixels:
    """Colours (h, w, bands) that opacity (h, w) of the same type was multiplied into, without it."""
    highest = np.iinfo(pixels.dtype).max
    share = np.maximum(alpha, 1).astype(np.float32)[..., None]
    return (pixels * (highest / share) + 0.5).clip(0, highest).astype(pixels.dtype)


def inks_of_jpeg(values: NDArray[np.uint8], is_ycck: bool) -> NDArray[np.uint8]:
    """Inks (h, w, 4), 0 for none, of what a JPEG of four bands stores: inverted, by Adobe's convention."""
    if not is_ycck:
        return 255 - values
    y, cb, cr = (values[..., band].astype(np.float32) for band in range(3))
    cb, cr = cb - 128, cr - 128
    inks = np.stack([y + 1.402 * cr, y - 0.344136 * cb - 0.714136 * cr, y + 1.772 * cb], axis=-1)
    return np.concatenate([(inks + 0.5).clip(0, 255).astype(np.uint8), 255 - values[..., 3:]], axis=-1)


def pack_lab(values: NDArray[Any], is_signed: bool) -> NDArray[np.uint8]:
    """Lab of 8 or 16 bits a band as the bytes of Pillow's images: 8 bits, a and b with signs."""
    lab = np.array(values >> 8 if values.dtype.itemsize == 2 else values).astype(np.uint8)
    if not is_signed:
        lab[..., 1:] ^= 128
    return lab


def _broken(plain: Conversion, why: str) -> Conversion:
    meant = "the usual inks" if plain.space == "cmyk" else "Lab" if plain.space == "lab" else "sRGB"
    return Conversion(
        plain.space, plain.managed, f"its colour profile is broken ({why}): read as {meant}", plain._transform
    )


def _transform(profile: Any, mode: str) -> ImageCms.ImageCmsTransform:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return ImageCms.buildTransform(profile, ImageCms.createProfile("sRGB"), mode, "RGB")


def _is_srgb(transform: ImageCms.ImageCmsTransform) -> bool:
    colours = np.array(list(itertools.product(range(0, 256, 15), repeat=3)), np.uint8)[None]
    converted = np.asarray(transform.apply(Image.fromarray(colours)))
    return bool(np.abs(converted.astype(int) - colours).max() <= _SAME)
