"""From a window of an image to its stylized pixels: read with context, translate, trim, blend."""

from collections.abc import Callable

from tilegan.geometry import Pixels, Window
from tilegan.inference.blend import blend
from tilegan.inference.blocks import block_window
from tilegan.inference.look import Look
from tilegan.inference.plan import Cut
from tilegan.inference.stroke import carried, wide_window
from tilegan.networks.interpolated import Place


def window_read(place: Window, cut: Cut, look: Look) -> Window:
    """What ``paint`` reads for a window; it may lie partly outside the image."""
    extent = block_window(place, cut.unit, cut.halo)
    return extent if look.stroke == 1 else wide_window(extent, cut, look.stroke)


def paint(
    read: Callable[[Window], Pixels],
    translate: Callable[[Pixels, Place], Pixels],
    place: Window,
    cut: Cut,
    scale: int,
    look: Look,
) -> Pixels:
    """The stylized pixels of a window.

    Args:
        read: pixels of a window, (h, w, C), colours first, which may lie partly outside the image.
        translate: a block with its halo, (h + 2 halo, w + 2 halo, C), at a place -> (h * scale, w * scale, 3).
        place: the window, inside the image, in its pixels.
        cut: how blocks are cut.
        scale: output pixels per input pixel.
        look: how the style is applied.

    Returns:
        (place.height * scale, place.width * scale, 3).
    """
    window = window_read(place, cut, look)
    source = read(window)
    extent = block_window(place, cut.unit, cut.halo)
    block = source if look.stroke == 1 else carried(source, extent, cut, look.stroke, translate)
    pixels = translate(block, Place(extent.top, extent.left))
    inside = Window(place.top - extent.top - cut.halo, place.left - extent.left - cut.halo, place.height, place.width)
    pixels = inside.scaled(scale).of(pixels)
    colours = source[..., :3]
    blend(place.moved(-window.top, -window.left).of(colours), pixels, look.strength, look.keep_colors)
    return pixels
