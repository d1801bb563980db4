"""Composite microscope channels into one RGB picture as OME-Zarr viewers do: each in its color, summed."""

import math
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from tilegan.geometry import Pixels
from tilegan.images.pixels.stretch import Stretch

WINDOWS = "windows of its channels"  # name of the rule that maps values to levels
_PRIMARIES = ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0))
_ROWS = 256


@dataclass(frozen=True)
class Channels:
    """The shown channels, as declared by the 'omero' metadata.

    Attributes:
        indexes: indexes of the channels, from 0.
        colors: red, green and blue of each, 0 to 1.
        windows: values of each that are shown as black and as its full color; None where the metadata have no window.
        inverted: whether these two values are exchanged.
        left_out: names of the channels that are not shown.
    """

    indexes: list[int]
    colors: tuple[tuple[float, float, float], ...]
    windows: tuple[Stretch | None, ...]
    inverted: tuple[bool, ...]
    left_out: tuple[str, ...]

    @classmethod
    def of(cls, omero: Any, count: int) -> Self | None:
        """Parse the metadata of an image with ``count`` channels; None if they are missing or invalid."""
        try:
            declared = omero["channels"]
            if len(declared) != count or not count:
                return None
            active = [number for number, channel in enumerate(declared) if channel.get("active", True)]
            active = active or list(range(count))
            is_gray = (omero.get("rdefs") or {}).get("model") == "greyscale"
            active = active[:1] if is_gray else active
            names = [str(channel.get("label") or f"channel {number + 1}") for number, channel in enumerate(declared)]
            return cls(
                indexes=active,
                colors=tuple(_color("FFFFFF" if is_gray else declared[number]["color"]) for number in active),
                windows=tuple(_window(declared[number].get("window")) for number in active),
                inverted=tuple(bool(declared[number].get("inverted", False)) for number in active),
                left_out=tuple(name for number, name in enumerate(names) if number not in active),
            )
        except (AttributeError, KeyError, TypeError, ValueError):
            return None

    @property
    def as_bands(self) -> tuple[list[int], Stretch | None] | None:
        """Indexes of red, green and blue, and their common window, if the picture is plain RGB; None otherwise."""
        if sorted(self.colors) != sorted(_PRIMARIES) or any(self.inverted) or len(set(self.windows)) > 1:
            return None
        return [self.indexes[self.colors.index(primary)] for primary in _PRIMARIES], self.windows[0]

    def apply(self, values: NDArray[Any], levels: np.dtype[Any], stretch: Stretch, asked: bool) -> Pixels:
        """Composite the values of the shown channels, (h, w, channels), into a picture (h, w, 3).

        Args:
            values: numbers of any type.
            levels: dtype of the picture: uint8 or uint16.
            stretch: stretch of the channels that have no window.
            asked: whether the user asked for this stretch, in which case it overrides the windows.
        """
        highest = int(np.iinfo(levels).max)
        picture = np.empty((*values.shape[:2], 3), levels)
        for top in range(0, len(values), _ROWS):
            part = values[top : top + _ROWS]
            total = np.zeros((*part.shape[:2], 3), np.float32)
            for channel, (color, window) in enumerate(zip(self.colors, self.windows, strict=True)):
                used = stretch if asked or window is None else window
                shown = used.apply(part[..., channel], levels).astype(np.float32)
                if self.inverted[channel]:
                    shown = highest - shown
                total += shown[..., None] * np.array(color, np.float32)
            picture[top : top + _ROWS] = (total + 0.5).clip(0, highest).astype(levels)
        return picture


def _color(text: str) -> tuple[float, float, float]:
    red, green, blue = bytes.fromhex(str(text).lstrip("#")[:6])
    return red / 255, green / 255, blue / 255


def _window(declared: Any) -> Stretch | None:
    try:
        low, high = float(declared["start"]), float(declared["end"])
    except (KeyError, TypeError, ValueError):
        return None
    return Stretch(low, high, WINDOWS) if math.isfinite(low) and math.isfinite(high) and low < high else None
