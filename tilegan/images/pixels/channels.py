"""Channels of a microscope as one picture, as viewers of OME-Zarr show them: each in its colour, all added up."""

import math
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from tilegan.geometry import Pixels
from tilegan.images.pixels.stretch import Stretch

WINDOWS = "windows of its channels"  # the rule by which values become levels
_PRIMARIES = ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0))
_ROWS = 256


@dataclass(frozen=True)
class Channels:
    """What 'omero' says of the channels that are shown.

    Attributes:
        indexes: of them, from 0.
        colours: red, green and blue of each, 0 to 1.
        windows: the values of each that are shown as nothing and as its full colour; None where it does not say.
        inverted: whether these two are exchanged.
        left_out: names of the channels that are not shown.
    """

    indexes: list[int]
    colours: tuple[tuple[float, float, float], ...]
    windows: tuple[Stretch | None, ...]
    inverted: tuple[bool, ...]
    left_out: tuple[str, ...]

    @classmethod
    def of(cls, omero: Any, count: int) -> Self | None:
        """What the metadata say of an image of so many channels; None if they say nothing that can be meant."""
        try:
            told = omero["channels"]
            if len(told) != count or not count:
                return None
            active = [number for number, channel in enumerate(told) if channel.get("active", True)]
            active = active or list(range(count))
            is_gray = (omero.get("rdefs") or {}).get("model") == "greyscale"
            active = active[:1] if is_gray else active
            names = [str(channel.get("label") or f"channel {number + 1}") for number, channel in enumerate(told)]
            return cls(
                indexes=active,
                colours=tuple(_colour("FFFFFF" if is_gray else told[number]["color"]) for number in active),
                windows=tuple(_window(told[number].get("window")) for number in active),
                inverted=tuple(bool(told[number].get("inverted", False)) for number in active),
                left_out=tuple(name for number, name in enumerate(names) if number not in active),
            )
        except (AttributeError, KeyError, TypeError, ValueError):
            return None

    @property
    def as_bands(self) -> tuple[list[int], Stretch | None] | None:
        """Indexes of red, green and blue, and the window of all three, if the picture is no more than these."""
        if sorted(self.colours) != sorted(_PRIMARIES) or any(self.inverted) or len(set(self.windows)) > 1:
            return None
        return [self.indexes[self.colours.index(primary)] for primary in _PRIMARIES], self.windows[0]

    def apply(self, values: NDArray[Any], levels: np.dtype[Any], stretch: Stretch, asked: bool) -> Pixels:
        """The picture (h, w, 3) of the values of the channels that are shown, (h, w, channels).

        Args:
            values: of any type.
            levels: type of the pixels: uint8 or uint16.
            stretch: of the channels that have no window.
            asked: whether it was asked for, so that it goes before windows.
        """
        highest = int(np.iinfo(levels).max)
        picture = np.empty((*values.shape[:2], 3), levels)
        for top in range(0, len(values), _ROWS):
            part = values[top : top + _ROWS]
            total = np.zeros((*part.shape[:2], 3), np.float32)
            for channel, (colour, window) in enumerate(zip(self.colours, self.windows, strict=True)):
                used = stretch if asked or window is None else window
                shown = used.apply(part[..., channel], levels).astype(np.float32)
                if self.inverted[channel]:
                    shown = highest - shown
                total += shown[..., None] * np.array(colour, np.float32)
            picture[top : top + _ROWS] = (total + 0.5).clip(0, highest).astype(levels)
        return picture


def _colour(text: str) -> tuple[float, float, float]:
    red, green, blue = bytes.fromhex(str(text).lstrip("#")[:6])
    return red / 255, green / 255, blue / 255


def _window(told: Any) -> Stretch | None:
    try:
        low, high = float(told["start"]), float(told["end"])
    except (KeyError, TypeError, ValueError):
        return None
    return Stretch(low, high, WINDOWS) if math.isfinite(low) and math.isfinite(high) and low < high else None
