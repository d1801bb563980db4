"""Strength of a style: blending of the source with the stylized image, and of paintings, pixel by pixel.

They are blended in OKLab, since the strength is judged by eye: equal steps look about equal in it, and a blend has no
hue that is foreign to both colors. CSS Color 4 ("Color Space for Interpolation") uses OKLab by default for this, and
linear light for physical mixing of light. The latter is not wanted here: a black stroke at half strength on white would
have the value 188, and dark strokes would fade long before light ones.
"""

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from tilegan.geometry import Pixels, Value, Window, split
from tilegan.images.pixels.oklab import to_oklab, to_pixels

Planes = NDArray[np.floating]  # (h, w), from 0 to 1

_SIDE = 128  # side of the squares that are blended at once: their planes fit into the cache of a core
_BYTES = 4 * 2**20  # about 30 planes of such a square, twice the measured value


def blend(source: Pixels, stylized: Pixels, strength: float | Planes = 1.0, keep_colors: bool = False) -> None:
    """Blend an image with its stylized image, in place.

    A pixel of the result depends only on the two pixels at its position, so that the result is independent of tiling.
    With the strength s, and L, a and b as in OKLab,

        L = (1 - s) L(source) + s L(stylized), and a, b likewise, or with ``keep_colors`` those of the source.

    Colors that sRGB cannot show are reduced in chroma (see ``images.oklab``).

    Args:
        source: uint8 or uint16 (h, w, 3); each pixel corresponds to ``scale`` x ``scale`` stylized pixels.
        stylized: (h * scale, w * scale, 3) of the same dtype; overwritten by the result.
        strength: 0 for exactly the source, 1 for the full style; of the image, or of each pixel of the source, (h, w).
        keep_colors: take only lightness, and with it texture, from the stylized image. Gray stays gray.
    """
    strengths = np.broadcast_to(np.asarray(strength), source.shape[:2])
    for cell, fine, scale in _cells(source.shape[0], source.shape[1], stylized):
        share = cell.of(strengths)
        least, most = share.min(), share.max()
        if least == 1 and not keep_colors:
            continue
        before, after = _enlarged(cell.of(source), scale), fine.of(stylized)
        if most == 0:
            after[...] = before
            continue
        share = _enlarged(share, scale)
        blended = _blended(before, after, share, keep_colors)
        if most == 1 and not keep_colors:
            _put(blended, after, share == 1)
        if least == 0:
            _put(blended, before, share == 0)
        after[...] = blended


def mixed(paintings: Sequence[tuple[Pixels, Planes]]) -> Pixels:
    """Mix paintings of an image by their shares of each pixel, in OKLab; where one has all of it, its pixels are kept.

    Args:
        paintings: each uint8 or uint16 (h * scale, w * scale, 3), with its share (h, w); the shares of a pixel add up
            to 1. The first is overwritten by the result.

    Returns:
        The mixture, of the same shape and dtype.
    """
    (whole, first), *others = paintings
    for cell, fine, scale in _cells(first.shape[0], first.shape[1], whole) if others else ():
        parts = [(fine.of(pixels), cell.of(share)) for pixels, share in paintings if cell.of(share).any()]
        target = fine.of(whole)
        target[...] = parts[0][0] if len(parts) == 1 else _mixture(parts, scale)
    return whole


def blend_bytes() -> int:
    """Return the maximum bytes that ``blend`` and ``mixed`` need in addition to their images, whatever their sides."""
    return _BYTES


def _cells(height: int, width: int, fine: Pixels) -> Iterator[tuple[Window, Window, int]]:
    """Yield the squares that are processed at once: in pixels of the source, in those of the result, and the scale."""
    scale = fine.shape[0] // height
    for cell in split(Window(0, 0, height, width), max(1, _SIDE // scale)):
        yield cell, cell.scaled(scale), scale


def _enlarged(values: NDArray[Value], scale: int) -> NDArray[Value]:
    return values.repeat(scale, 0).repeat(scale, 1)


def _put(target: Pixels, pixels: Pixels, where: NDArray[np.bool_]) -> None:
    np.copyto(target, pixels, where=where[..., None])


def _blended(before: Pixels, after: Pixels, share: Planes, keep_colors: bool) -> Pixels:
    old, new = to_oklab(before), to_oklab(after)
    share = share.astype(old[0].dtype)
    lightness, a, b = (was + share * (becomes - was) for was, becomes in zip(old, new, strict=True))
    return to_pixels((lightness, *old[1:]) if keep_colors else (lightness, a, b), before.dtype)


def _mixture(parts: Sequence[tuple[Pixels, Planes]], scale: int) -> Pixels:
    enlarged = [(pixels, _enlarged(share, scale)) for pixels, share in parts]
    colors: list[NDArray[np.floating]] = [np.zeros(enlarged[0][1].shape, np.float32) for _ in range(3)]
    for pixels, share in enlarged:
        colors = [color + share * plane for color, plane in zip(colors, to_oklab(pixels), strict=True)]
    result = to_pixels((colors[0], colors[1], colors[2]), parts[0][0].dtype)
    for pixels, share in enlarged:
        _put(result, pixels, share == 1)
    return result
