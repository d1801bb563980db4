"""A region of an image as a window."""

from tilegan.errors import SettingError
from tilegan.geometry import Window


def window_of(region: tuple[int, int, int, int] | None, height: int, width: int) -> Window:
    """Return the window of a region.

    Args:
        region: x, y, width and height, in pixels; None for the whole image.
        height: height of the image, in pixels.
        width: its width.

    Raises:
        SettingError: the region is not inside the image.
    """
    left, top, across, down = region or (0, 0, width, height)
    window = Window(top, left, down, across)
    if min(left, top) < 0 or min(across, down) < 1 or window.bottom > height or window.right > width:
        raise SettingError(
            f"region {left},{top},{across},{down} is not inside the image, {width} pixels wide and {height} high: "
            "give x,y,width,height"
        )
    return window
