"""Layers: images of one size that are looked at one above the other, read a window of a level at a time."""

import asyncio
from collections.abc import Callable
from typing import NamedTuple, Protocol, TypeVar

from tilegan.geometry import Pixels, Window
from tilegan.images.metadata.provenance import digest
from tilegan.viewing.desk import Desk
from tilegan.viewing.grid import level_shape
from tilegan.viewing.levels import Levels

SOURCE, RESULT, PREVIEW = "source", "result", "preview"  # kinds of layers

Result = TypeVar("Result")


class Shown(NamedTuple):
    """A window of a layer as shown.

    Attributes:
        pixels: uint8 or uint16 (h, w, 3), or (h, w, 4) with opacity.
        is_whole: whether nothing is missing; what is missing is transparent.
    """

    pixels: Pixels
    is_whole: bool = True


class Layer(Protocol):
    """An image that is looked at.

    Attributes:
        id: its name in addresses.
        title: its name for people.
        kind: ``SOURCE``, ``RESULT`` or ``PREVIEW``.
        note: a line on what it shows; may be empty.
        version: differs between layers that show other pixels.
        height, width: of level 0, in pixels.
    """

    id: str
    title: str
    kind: str
    note: str
    version: str
    height: int
    width: int

    async def read(self, level: int, window: Window) -> Shown:
        """Return the pixels of a window inside a level; when the caller is cancelled, the work is.

        Raises:
            ImageError, OutputError: the image is damaged, or cannot be computed.
        """

    async def values(self, x: int, y: int) -> list[int] | None:
        """Return the values of a pixel of level 0; None where they are not known without computing them."""


class ImageLayer:
    """A layer of an image that is there; see ``Layer``."""

    def __init__(self, id: str, kind: str, title: str, levels: Levels, desk: Desk, scale: int = 1) -> None:
        """Take an image.

        Args:
            id: see ``Layer``.
            kind: likewise.
            title: likewise.
            levels: of the image.
            desk: what reads it.
            scale: pixels per side of the layer that each of its pixels becomes.
        """
        self.id, self.kind, self.title, self.note = id, kind, title, ""
        self.height, self.width = levels.height * scale, levels.width * scale
        self.version = digest([levels.source.identity(), scale])
        self._levels, self._desk, self._scale = levels, desk, scale

    async def read(self, level: int, window: Window) -> Shown:
        """Return the pixels of a window inside a level."""
        return Shown(await self._window(level, window))

    async def values(self, x: int, y: int) -> list[int] | None:
        """Return the values of a pixel of level 0."""
        pixels = await self._window(0, Window(y, x, 1, 1))
        return [int(value) for value in pixels[0, 0]]

    async def _window(self, level: int, window: Window) -> Pixels:
        return await asked_for(self._desk, (self.id, level, window), lambda: self._read(level, window))

    def _read(self, level: int, window: Window) -> Pixels:
        if self._scale == 1:
            return self._levels.read(level, window)
        return enlarged(lambda small: self._levels.read(level, small), window, self._scale)


def enlarged(read: Callable[[Window], Pixels], window: Window, scale: int) -> Pixels:
    """Return a window of an image whose pixels are repeated ``scale`` times along both sides."""
    top, left = window.top // scale, window.left // scale
    small = Window(top, left, -(-window.bottom // scale) - top, -(-window.right // scale) - left)
    large = read(small).repeat(scale, 0).repeat(scale, 1)
    return window.moved(-scale * top, -scale * left).of(large)


def shape_of(layer: Layer, level: int) -> tuple[int, int]:
    """Return height and width of a level of a layer in pixels."""
    return level_shape(layer.height, layer.width, level)


async def asked_for(desk: Desk, key: object, task: Callable[[], Result]) -> Result:
    """Ask a desk for a piece of work and wait for it; when the caller is cancelled, it waits no more."""
    return await asyncio.wrap_future(desk.ask(key, task))
