"""Layers that are computed where somebody looks: the result, and a preview of it."""

import asyncio
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from tilegan.geometry import Pixels, Window
from tilegan.images.metadata.provenance import digest
from tilegan.inference.controls.guide import Guide, Guided, guide_of
from tilegan.inference.paint import Brush, Painter
from tilegan.translator import Translator
from tilegan.viewing.canvas import Index
from tilegan.viewing.desk import Desk
from tilegan.viewing.kept import KeptLevels
from tilegan.viewing.layers import PREVIEW, RESULT, Shown, asked_for
from tilegan.viewing.levels import Levels
from tilegan.viewing.painting import Painting

MOST = 64  # windows of full resolution that are computed for one tile
CACHED = 64 * 2**20  # bytes of previews that are kept

RESULT_NOTE = "Exact pixels, computed where you look and kept; zoomed far out, what is computed"
PREVIEW_NOTE = "Painted at the resolution of the view; exact at full resolution"


class ResultLayer:
    """The exact result; see ``viewing.layers.Layer``.

    A window of a level waits until the windows of full resolution under it are computed, at most ``MOST``; of one that
    takes more only that is shown which is there.
    """

    id, kind, note = RESULT, RESULT, RESULT_NOTE

    def __init__(self, painting: Painting, title: str, name: str, painter: Desk, reader: Desk) -> None:
        """Take a run.

        Args:
            painting: the run.
            title: name for people.
            name: fingerprint of image, model and settings.
            painter: computes windows.
            reader: reads the store.
        """
        self._painting, self._painter, self._reader = painting, painter, reader
        self.title, self.version = title, digest([name, RESULT])
        self.height, self.width = painting.image.height, painting.image.width
        self._kept = KeptLevels(painting.image)

    async def read(self, level: int, window: Window) -> Shown:
        """Return the pixels of a window inside a level."""
        place, kept = (level, window), self._kept
        while True:
            missing = await asked_for(self._reader, ("missing", *place), lambda: kept.missing(*place, MOST))
            if missing is None:
                return Shown(await asked_for(self._reader, ("partly", *place), lambda: kept.read_partly(*place)), False)
            if not missing:
                pixels, known = await asked_for(self._reader, (RESULT, *place), lambda: kept.read(*place))
                if known.all():
                    return Shown(pixels)
            await self._make(missing)

    async def values(self, x: int, y: int) -> list[int] | None:
        """Return the values of a pixel, if it is computed."""
        window = Window(y, x, 1, 1)
        pixels, known = await asked_for(self._reader, ("pixel", window), lambda: self._kept.read(0, window))
        return [int(value) for value in pixels[0, 0]] if known.all() else None

    async def _make(self, cells: Sequence[Index]) -> None:
        make = self._painting.image.make
        # the last one that is asked for is done first
        asked = [
            asyncio.wrap_future(self._painter.ask(("window", cell), partial(make, cell))) for cell in reversed(cells)
        ]
        try:
            await asyncio.gather(*asked)
        finally:
            for each in asked:
                each.cancel()


class PreviewLayer:
    """A preview: reduced levels of the source painted with the model's own strokes; see ``viewing.layers.Layer``.

    Full resolution is that of the result.
    """

    id, kind, note = PREVIEW, PREVIEW, PREVIEW_NOTE

    def __init__(self, result: ResultLayer, painting: Painting, levels: Levels, painter: Desk) -> None:
        """Take a run.

        Args:
            result: the result.
            painting: the run.
            levels: of the source.
            painter: computes windows.
        """
        self._result, self._levels, self._painter = result, levels, painter
        self._work = painting.image.work
        self._translators = list({id(translator): translator for translator in self._work.translators}.values())
        self.title, self.version = f"{result.title}, preview", digest([result.version, PREVIEW])
        self.height, self.width = result.height, result.width
        self._cache: OrderedDict[tuple[int, Window], Pixels] = OrderedDict()
        self._cached = 0

    async def read(self, level: int, window: Window) -> Shown:
        """Return the pixels of a window inside a level."""
        if level == 0:
            return await self._result.read(level, window)
        key = level, window
        if key not in self._cache:
            self._keep(key, await asked_for(self._painter, (PREVIEW, *key), lambda: self._paint(*key)))
        self._cache.move_to_end(key)
        return Shown(self._cache[key])

    async def values(self, x: int, y: int) -> list[int] | None:
        """Return the values of a pixel of full resolution, if it is computed."""
        return await self._result.values(x, y)

    def _keep(self, key: tuple[int, Window], pixels: Pixels) -> None:
        if key not in self._cache:
            self._cached += pixels.nbytes
        self._cache[key] = pixels
        while self._cached > CACHED and len(self._cache) > 1:
            self._cached -= self._cache.popitem(last=False)[1].nbytes

    def _paint(self, level: int, window: Window) -> Pixels:
        """Return the pixels of a window: one pass over the level with a halo, if it is no larger than the plan's."""
        work, scale, photo = self._work, self._work.translator.scale, _Level(self._levels, level)
        top, left = window.top // scale, window.left // scale
        place = Window(top, left, -(-window.bottom // scale) - top, -(-window.right // scale) - left)
        plan = replace(work.plan, step=2**level, look=replace(work.plan.look, stroke=1), layers=())
        opacity, each = work.store.channels == 4, work.passes.map
        brushes = [Brush(photo, translator) for translator in self._translators]
        painter = Painter(photo, brushes, plan, self._guide(photo, level), opacity=opacity, each=each)
        return window.moved(-scale * top, -scale * left).of(painter.paint(place))

    def _guide(self, photo: "_Level", level: int) -> Guide:
        """Return what the maps decide in a level, where paintings that differ only in strokes are one."""
        work, plan = self._work, self._work.plan
        maps = work.maps.resized(photo.height, photo.width)
        guide = guide_of(maps, plan.layers, plan.feather >> level, plan.look.strength)
        return _Joined(guide, [_place_of(translator, self._translators) for translator in work.translators])


def _place_of(translator: Translator, translators: Sequence[Translator]) -> int:
    return next(place for place, other in enumerate(translators) if other is translator)


class _Joined:
    """A guide whose paintings are joined to fewer."""

    def __init__(self, guide: Guide, groups: list[int]) -> None:
        """Take a guide, and for each of its paintings the number of that to which it belongs."""
        self._guide, self._groups = guide, groups

    def at(self, window: Window) -> Guided:
        """See ``Guide``."""
        amount, shares = self._guide.at(window)
        joined = [
            [share for share, group in zip(shares, self._groups, strict=True) if group == number]
            for number in range(max(self._groups) + 1)
        ]
        return Guided(amount, tuple(sum(parts[1:], parts[0]) for parts in joined))

    def planes(self, window: Window, levels: np.dtype[Any]) -> Pixels | None:
        """See ``Guide``."""
        return self._guide.planes(window, levels)


class _Level:
    """A level of the source as an image."""

    def __init__(self, levels: Levels, level: int) -> None:
        self._levels, self._level = levels, level
        self.height, self.width = levels.shape(level)

    def read(self, window: Window) -> Pixels:
        return self._levels.read(self._level, window)[..., :3]

    def read_mask(self, window: Window) -> Pixels | None:
        return self._levels.read(self._level, window)[..., 3] if self._levels.has_opacity else None
