"""The part of an image that is asked for, as a window."""

from tilegan.errors import SettingError
from tilegan.geometry import Window


def window_of(region: tuple[int, int, int, int] | None, height: int, width: int) -> Window:
    """The window of an image that a region is.

    Args:
        region: x, y, width and height, in pixels; None for all.
        height: of the image, in pixels.
        width: likewise.

    Raises:
        SettingError: the region is not inside.
    """
    left, top, across, down = region or (0, 0, width, height)
    window = Window(top, left, down, across)
    if min(left, top) < 0 or min(across, down) < 1 or window.bottom > height or window.right > width:
        raise SettingError(
            f"region {left},{top},{across},{down} is not inside the image of {width} x {height} pixels: "
            "give x,y,width,height"
        )
    return window
