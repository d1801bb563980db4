"""How much of the style an image takes: the source blended with its translation, pixel by pixel.

They are blended in OKLab, since a strength is judged by eye: equal steps of it look about equal there, and a blend has
no hue that is foreign to both colors. CSS Color 4 ("Color Space for Interpolation") takes OKLab by default for this,
and linear light where lights are to be mixed physically. That is not meant here: a black stroke at half strength on
white would have level 188, and dark strokes would fade long before light ones.
"""

from tilegan.geometry import Pixels, Window, split
from tilegan.images.oklab import to_oklab, to_pixels

_SIDE = 128  # of the squares that are blended at once: their planes fit a core's cache
_BYTES = 4 * 2**20  # some 30 planes of such a square, twice what was measured


def blend(source: Pixels, stylized: Pixels, strength: float = 1.0, keep_colors: bool = False) -> None:
    """Blend an image with its translation, in place.

    A pixel of the result is a function of the two pixels at its place alone, so that it does not matter how an image is
    cut. With the strength s, and L, a and b as in OKLab,

        L = (1 - s) L(source) + s L(stylized), and a, b likewise, or with ``keep_colors`` those of the source.

    Colors that sRGB cannot show are reduced in chroma (see ``images.oklab``).

    Args:
        source: uint8 or uint16 (h, w, 3); each pixel stands for ``scale`` x ``scale`` of the translation.
        stylized: (h * scale, w * scale, 3) of the same type; overwritten by the result.
        strength: 0 for the source exactly, 1 for all of the style.
        keep_colors: take only lightness, and with it texture, from the translation. Gray stays gray.
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
    """What ``blend`` takes beside its images, at most, whatever their sides."""
    return 0 if strength == 1 and not keep_colors else _BYTES


def _blended(before: Pixels, after: Pixels, strength: float, keep_colors: bool) -> Pixels:
    old, new = to_oklab(before), to_oklab(after)
    lightness, a, b = (was + strength * (becomes - was) for was, becomes in zip(old, new, strict=True))
    return to_pixels((lightness, *old[1:]) if keep_colors else (lightness, a, b), before.dtype)
