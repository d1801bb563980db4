"""Stylization of windows of an image: read with context, translate, trim, blend."""

from collections.abc import Sequence
from contextlib import suppress
from threading import Lock
from typing import Any

import numpy as np

from tilegan.errors import TooLittleMemoryError
from tilegan.geometry import Pixels, Window
from tilegan.inference.blend import blend
from tilegan.inference.blocks import Each, Masked, read_block, read_filled, translate_block
from tilegan.inference.plan import Cut, Plan, cut_of
from tilegan.tiling.places import Place
from tilegan.translator import Translator


class _HalvedError(Exception):
    """A forward pass did not fit into memory; the painter has a smaller cut now."""


class Painter:
    """Stylizes windows of one image by a plan.

    Attributes:
        photo: the image to be painted, without strokes.
        ground: the input of the network: the same, or with the strokes of the previous step.
        translator: the model, whose options are fixed.
        plan: the plan of the image.
        opacity: whether results have opacity as a fourth channel; then invalid pixels keep the color of ``photo``.
        cut: how blocks are cut; reduced when the device runs out of memory.
    """

    def __init__(
        self,
        photo: Masked,
        ground: Masked,
        translator: Translator,
        plan: Plan,
        *,
        opacity: bool = False,
        each: Each = map,
    ) -> None:
        """Take an image; ``each`` calls a function for each batch of windows (see ``blocks.translate_block``)."""
        self.photo, self.ground, self.translator, self.plan = photo, ground, translator, plan
        self.opacity, self.cut = opacity, cut_of(plan, translator)
        self._each, self._lock = each, Lock()

    def paint(self, place: Window) -> Pixels:
        """Return the stylized pixels of a window; any thread may call it.

        Args:
            place: a window inside the image, in its pixels.

        Returns:
            (place.height * scale, place.width * scale, 3), or 4 channels with opacity.

        Raises:
            ImageError: the image is damaged.
            TooLittleMemoryError: not even the least window fits.
        """
        return self._with_opacity(place) if self.opacity else self._colors(place)

    def _with_opacity(self, place: Window) -> Pixels:
        """Return colors and opacity. Invalid pixels cost nothing."""
        scale, mask = self.translator.scale, self.photo.read_mask(place)
        if mask is None:
            colors = self._colors(place)
            return np.concatenate([colors, np.full_like(colors[..., :1], np.iinfo(colors.dtype).max)], axis=2)
        opacity = mask.repeat(scale, 0).repeat(scale, 1)[..., None]
        if opacity.all():
            return np.concatenate([self._colors(place), opacity], axis=2)
        colors = self._original(place).repeat(scale, 0).repeat(scale, 1)
        if opacity.any():
            colors = np.where(opacity, self._colors(place), colors)
        return np.concatenate([colors, opacity], axis=2)

    def _colors(self, place: Window) -> Pixels:
        if self.plan.look.strength == 0:
            scale = self.translator.scale
            return self._original(place).repeat(scale, 0).repeat(scale, 1)
        while True:
            with suppress(_HalvedError):
                return self._painted(place, self.cut)

    def _painted(self, place: Window, cut: Cut) -> Pixels:
        look = self.plan.look
        window = cut.block(place, self.ground.height, self.ground.width)
        source = self._block(window)
        pixels = self._translated(source, window, place, cut)
        if look.blends:
            within = place.moved(-window.top, -window.left)
            colors = within.of(source)[..., :3] if look.stroke == 1 else self._original(place)
            blend(colors, pixels, look.strength, look.keep_colors)
        return pixels

    def _block(self, window: Window) -> Pixels:
        """Return the input of the network in a window that may lie partly outside the image, (h, w, C)."""
        if self.opacity:
            return read_filled(self.ground, window, self.translator.halo)
        return read_block(self.ground, window)

    def _original(self, place: Window) -> Pixels:
        """Return the colors of the photograph in a window inside the image, (h, w, 3)."""
        return self.photo.read(place)[..., :3]

    def _translated(self, block: Pixels, window: Window, place: Window, cut: Cut) -> Pixels:
        """Return the painted pixels of ``place``, from the pixels of the window that is read for it."""
        translator, scale, step = self.translator, self.translator.scale, self.plan.step

        def run(windows: Pixels, places: Sequence[Place]) -> Pixels:
            return translator.run(windows, cut.halo, places)

        try:
            seen = translator.seen(block)
            if cut.overlap:
                part = cut.overlapping(place, self.ground.height, self.ground.width)
                return part.blended(run, seen, cut.batch, scale, self._each, step)
            origin = Place(window.top, window.left, step)
            pixels = translate_block(run, seen, cut.side, cut.batch, cut.halo, scale, self._each, origin)
            return place.moved(-window.top - cut.halo, -window.left - cut.halo).scaled(scale).of(pixels)
        except MemoryError as error:
            self._halve(cut, block.dtype, error)
            raise _HalvedError from error

    def _halve(self, cut: Cut, dtype: np.dtype[Any], error: MemoryError) -> None:
        """Cut blocks into smaller windows from now on, after memory ran out with a cut."""
        halved = cut.halved()
        if halved is None:
            need = self.translator.peak_bytes(cut.batch, cut.side, cut.halo, dtype)
            raise TooLittleMemoryError(
                f"out of memory on {self.plan.device} even with the least window of {cut.side} pixels, which takes "
                f"about {need / 2**20:.0f} MiB: close other programs, or use another device"
            ) from error
        with self._lock:
            if self.cut == cut:  # otherwise another thread was faster
                self.cut = halved
