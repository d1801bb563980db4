"""Strength of a style: blending of the source with the stylized image, pixel by pixel.

They are blended in OKLab, since the strength is judged by eye: equal steps look about equal in it, and a blend has no
hue that is foreign to both colors. CSS Color 4 ("Color Space for Interpolation") uses OKLab by default for this, and
linear light for physical mixing of light. The latter is not wanted here: a black stroke at half strength on white would
have the value 188, and dark strokes would fade long before light ones.
"""

from tilegan.geometry import Pixels, Window, split
from tilegan.images.pixels.oklab import to_oklab, to_pixels

_SIDE = 128  # side of the squares that are blended at once: their planes fit into the cache of a core
_BYTES = 4 * 2**20  # about 30 planes of such a square, twice the measured value


def blend(source: Pixels, stylized: Pixels, strength: float = 1.0, keep_colors: bool = False) -> None:
    """Blend an image with its stylized image, in place.

    A pixel of the result depends only on the two pixels at its position, so that the result is independent of tiling.
    With the strength s, and L, a and b as in OKLab,

        L = (1 - s) L(source) + s L(stylized), and a, b likewise, or with ``keep_colors`` those of the source.

    Colors that sRGB cannot show are reduced in chroma (see ``images.oklab``).

    Args:
        source: uint8 or uint16 (h, w, 3); each pixel corresponds to ``scale`` x ``scale`` stylized pixels.
        stylized: (h * scale, w * scale, 3) of the same dtype; overwritten by the result.
        strength: 0 for exactly the source, 1 for the full style.
        keep_colors: take only lightness, and with it texture, from the stylized image. Gray stays gray.
    """
    if strength == 1 and not keep_colors:
        return
    height, width, _ = source.shape
    scale = stylized.shape[0] // height
    for cell in split(Window(0, 0, height, width), max(1, _SIDE // scale)):
        fine = cell.scaled(scale)
        before = source[cell.top : cell.bottom, cell.left : cell.right].repeat(scale, 0).repeat(scale, 1)
        after = stylized[fine.top : fine.bottom, fine.left : fine.right]
        after[...] = before if strength == 0 else _blended(before, after, strength, keep_colors)


def blend_bytes(strength: float, keep_colors: bool) -> int:
    """Return the maximum bytes that ``blend`` needs in addition to its images, whatever their sides."""
    return 0 if strength == 1 and not keep_colors else _BYTES


def _blended(before: Pixels, after: Pixels, strength: float, keep_colors: bool) -> Pixels:
    old, new = to_oklab(before), to_oklab(after)
    lightness, a, b = (was + strength * (becomes - was) for was, becomes in zip(old, new, strict=True))
    return to_pixels((lightness, *old[1:]) if keep_colors else (lightness, a, b), before.dtype)
