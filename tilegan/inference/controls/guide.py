"""Strength of the style, and shares of several paintings, at each pixel of an image."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from tilegan.geometry import Pixels, Window
from tilegan.images.amounts import ALL
from tilegan.images.fitted import Fitted
from tilegan.inference.blocks import read_block
from tilegan.inference.controls.feather import radii, shares
from tilegan.inference.controls.maps import Maps
from tilegan.inference.controls.register import amount_controls
from tilegan.inference.rendering import Layer

Planes = NDArray[np.floating]  # (h, w), from 0 to 1


_PLANE = 4  # bytes of a plane's value
_AROUND = 24  # bytes of a pixel while its surroundings are summed


class Guided(NamedTuple):
    """Strength, and shares of paintings, at the pixels of a window.

    Attributes:
        amount: strength of the style.
        shares: share of each painting; they add up to 1, but for rounding.
    """

    amount: Planes
    shares: tuple[Planes, ...]


class Guide(Protocol):
    """Strength, and shares of paintings, of any window; each depends only on a bounded neighborhood of its pixel."""

    def at(self, window: Window) -> Guided:
        """Return those of a window inside the image, from any thread."""
        ...

    def planes(self, window: Window, levels: np.dtype[Any]) -> Pixels | None:
        """Return the channels that networks see beside colors, from any thread; None if there are none.

        Args:
            window: may lie partly outside the image, which is reflected.
            levels: dtype of the pixels, whose highest level stands for all.

        Returns:
            (h, w, n).
        """
        ...


class Even:
    """The same strength of one painting everywhere."""

    def __init__(self, strength: float) -> None:
        self.strength = strength

    def at(self, window: Window) -> Guided:
        """See ``Guide``; the planes take no memory."""
        shape = window.height, window.width
        return Guided(np.broadcast_to(np.float64(self.strength), shape), (np.broadcast_to(np.float64(1), shape),))

    def planes(self, window: Window, levels: np.dtype[Any]) -> Pixels | None:  # noqa: ARG002 - as in ``Guide``
        """See ``Guide``: there are none."""
        return None


class Mapped:
    """A strength, and shares of paintings, by maps."""

    def __init__(
        self, maps: Mapping[str, Fitted], layers: Sequence[Layer], feather: int, strength: float = 1.0
    ) -> None:
        """Take maps.

        Args:
            maps: maps of the size of the image, by control.
            layers: the paintings; none if there is only one.
            feather: width of transitions, in pixels.
            strength: strength where the maps are white.
        """
        self.maps, self.layers, self.feather, self.strength = maps, layers, feather, strength

    def at(self, window: Window) -> Guided:
        """See ``Guide``.

        Raises:
            ImageError: a map is damaged there.
        """
        amount: Planes = np.ones((window.height, window.width), np.float32)
        for control in amount_controls():
            if control.name in self.maps:
                levels = _around(self.maps[control.name], window, control.margin(self.feather))
                amount *= control.amounts(levels, self.feather) / np.float32(ALL)
        amount = amount if self.strength == 1 else amount * np.float64(self.strength)
        return Guided(amount, self._shares(window))

    def planes(self, window: Window, levels: np.dtype[Any]) -> Pixels | None:
        """See ``Guide``.

        Raises:
            ImageError: a map is damaged there.
        """
        seen = [control for control in amount_controls() if control.seen and control.name in self.maps]
        if not seen:
            return None
        found = [control.amounts(read_block(self.maps[control.name], window), self.feather) for control in seen]
        return (np.stack(found, -1) >> (16 - 8 * levels.itemsize)).astype(levels)

    def _shares(self, window: Window) -> tuple[Planes, ...]:
        if not self.layers:
            return Even(1).at(window).shares
        margin = sum(radii(self.feather))
        blocks = {name: _around(self.maps[name], window, margin) for name in self.layers[0].numbers}
        found = []
        for layer in self.layers:
            share: Planes = np.ones((window.height, window.width), np.float32)
            for name, numbers in layer.numbers.items():
                share *= self._share(blocks[name], numbers)
            found.append(share)
        return tuple(found)

    def _share(self, block: NDArray[np.unsignedinteger], numbers: tuple[int, ...]) -> Planes | np.float32:
        first = block.flat[0]
        if (block == first).all():
            return np.float32(int(first) in numbers)
        return shares(np.isin(block, numbers), self.feather)


def guide_of(maps: Maps, layers: Sequence[Layer], feather: int, strength: float) -> Guide:
    """Return what the maps of an image decide, or the same everywhere if there are none.

    Args:
        maps: of the image.
        layers: the paintings; none if there is only one.
        feather: width of transitions, in pixels.
        strength: strength where no map says less.
    """
    return Mapped(maps.fitted, layers, feather, strength) if maps.fitted else Even(strength)


def guide_bytes(side: int, feather: int, paintings: int) -> int:
    """Return the maximum bytes that a ``Mapped`` takes for a square with a side in pixels."""
    return side**2 * _PLANE * (paintings + 4) + (side + 2 * feather) ** 2 * _AROUND


def _around(raster: Fitted, window: Window, margin: int) -> NDArray[np.unsignedinteger]:
    """Return the values of a window and its surroundings, reflected at the edges of the image."""
    wide = Window(window.top - margin, window.left - margin, window.height + 2 * margin, window.width + 2 * margin)
    return read_block(raster, wide)
