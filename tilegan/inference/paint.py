"""Stylization of a window of an image: read with context, translate, trim, blend."""

from collections.abc import Callable

from tilegan.geometry import Pixels, Window
from tilegan.inference.blend import blend
from tilegan.inference.blocks import block_window
from tilegan.inference.look import Look
from tilegan.inference.plan import Cut
from tilegan.tiling.places import Place


def paint(
    read: Callable[[Window], Pixels],
    translate: Callable[[Pixels, Place], Pixels],
    place: Window,
    cut: Cut,
    scale: int,
    look: Look,
    step: int = 1,
    original: Callable[[Window], Pixels] | None = None,
) -> Pixels:
    """Return the stylized pixels of a window.

    Args:
        read: pixels of a window, (h, w, C), colors first, which may lie partly outside the image.
        translate: a block with its halo, (h + 2 halo, w + 2 halo, C), at a place -> (h * scale, w * scale, 3).
        place: the window, inside the image, in its pixels.
        cut: how blocks are cut.
        scale: output pixels per input pixel.
        look: how the style is applied.
        step: by how much the image is a reduced copy of one whose places are counted, per side.
        original: the colors, (h, w, 3), of a window inside the image that the result is blended with, if others than
            those that are translated.

    Returns:
        (place.height * scale, place.width * scale, 3).
    """
    window = block_window(place, cut.unit, cut.halo)
    source = read(window)
    pixels = translate(source, Place(window.top, window.left, step))
    inside = place.moved(-window.top - cut.halo, -window.left - cut.halo)
    pixels = inside.scaled(scale).of(pixels)
    if look.blends:
        within = place.moved(-window.top, -window.left)
        colors = within.of(source)[..., :3] if original is None else original(place)
        blend(colors, pixels, look.strength, look.keep_colors)
    return pixels
