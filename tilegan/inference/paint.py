"""Stylization of windows of an image: read with context, translate, trim, blend."""

from collections.abc import Sequence
from contextlib import suppress
from functools import partial
from threading import Lock
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tilegan.errors import TooLittleMemoryError
from tilegan.geometry import Pixels, Window
from tilegan.inference.blend import blend, mixed
from tilegan.inference.blocks import Each, Masked, read_block, read_filled, translate_block
from tilegan.inference.controls.guide import Even, Guide, Guided
from tilegan.inference.ground import Ground, painted_margin, painted_span
from tilegan.inference.plan import Cut, Plan, cut_of
from tilegan.tiling.places import Place
from tilegan.translator import Translator


class _HalvedError(Exception):
    """A forward pass did not fit into memory; the painter has a smaller cut now."""


class Brush(NamedTuple):
    """One painting of an image: a model, and what it paints over.

    Attributes:
        ground: the input of the network: the image, or with the strokes of the previous step.
        translator: the model, whose options are fixed.
    """

    ground: Masked
    translator: Translator

    @property
    def strokes(self) -> Ground | None:
        """Return the ground if it has the strokes of a previous step, to which what is painted is moved back."""
        return self.ground if isinstance(self.ground, Ground) else None

    @property
    def factor(self) -> int:
        """Return the factor by which the previous step is coarser; 1 if there is none."""
        return self.strokes.factor if self.strokes else 1


class Painter:
    """Stylizes windows of one image by a plan.

    Attributes:
        photo: the image to be painted, without strokes.
        brushes: the paintings of which the result consists, of models with the same halo; usually one.
        plan: the plan of the image.
        guide: how much of which painting there is at each pixel.
        opacity: whether results have opacity as a fourth channel; then invalid pixels keep the color of ``photo``.
        cut: how blocks are cut; reduced when the device runs out of memory.
    """

    def __init__(
        self,
        photo: Masked,
        brushes: Sequence[Brush],
        plan: Plan,
        guide: Guide | None = None,
        *,
        opacity: bool = False,
        each: Each = map,
    ) -> None:
        """Take an image.

        Args:
            photo: the image.
            brushes: one for each painting.
            plan: of the image.
            guide: has a share for each brush; None for the strength of the plan everywhere, with one brush.
            opacity: whether results have opacity.
            each: calls a function for each batch of windows (see ``blocks.translate_block``).
        """
        self.photo, self.brushes, self.plan = photo, tuple(brushes), plan
        self.guide = guide or Even(plan.look.strength)
        self.opacity, self.cut = opacity, cut_of(plan, self.brushes[0].translator)
        self._scale: int = self.brushes[0].translator.scale
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
        scale, mask = self._scale, self.photo.read_mask(place)
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
        guided = self.guide.at(place)
        if not guided.amount.any():
            return self._original(place).repeat(self._scale, 0).repeat(self._scale, 1)
        while True:
            with suppress(_HalvedError):
                return self._blended(place, guided, self.cut)

    def _blended(self, place: Window, guided: Guided, cut: Cut) -> Pixels:
        """Return what is painted in a window: parts of paintings that have no share of it are not computed."""
        keep_colors, source = self.plan.look.keep_colors, None
        paintings = []
        for brush, share in zip(self.brushes, guided.shares, strict=True):
            seen = (guided.amount > 0) & (share > 0)
            if not seen.any():
                continue
            span = painted_span(place, brush.factor, self.photo.height, self.photo.width)
            window, bare = cut.block(span, self.photo.height, self.photo.width), brush.ground is self.photo
            block = self._block(brush, window) if source is None or not bare else source
            source = block if bare else source
            painted = self._translated(brush, block, window, span, place, cut, seen)
            if strokes := brush.strokes:
                painted = strokes.moved_back(painted, span, place)
            paintings.append((painted, share))
        pixels = mixed(paintings)
        if keep_colors or guided.amount.min() < 1:
            window = cut.block(place, self.photo.height, self.photo.width)
            within = place.moved(-window.top, -window.left)
            colors = self._original(place) if source is None else within.of(source)[..., :3]
            blend(colors, pixels, guided.amount, keep_colors)
        return pixels

    def _block(self, brush: Brush, window: Window) -> Pixels:
        """Return the input of the network in a window that may lie partly outside the image, (h, w, C)."""
        if self.opacity:
            block = read_filled(brush.ground, window, brush.translator.halo)
        else:
            block = read_block(brush.ground, window)
        planes = self.guide.planes(window, block.dtype)
        return block if planes is None else np.concatenate((block, planes), -1)

    def _original(self, place: Window) -> Pixels:
        """Return the colors of the photograph in a window inside the image, (h, w, 3)."""
        return self.photo.read(place)[..., :3]

    def _translated(
        self,
        brush: Brush,
        block: Pixels,
        window: Window,
        span: Window,
        place: Window,
        cut: Cut,
        wanted: NDArray[np.bool_],
    ) -> Pixels:
        """Return what the network makes of ``span``, from the pixels of the window that is read for it.

        Windows are left out that contain no wanted pixel of ``place``, nor any in the margin of one.
        """
        translator, step, photo = brush.translator, self.plan.step, self.photo
        inside, seen_in = (part.moved(-window.top - cut.halo, -window.left - cut.halo) for part in (span, place))

        def run(windows: Pixels, places: Sequence[Place]) -> Pixels:
            return translator.run(windows, cut.halo, places)

        try:
            seen = translator.seen(block)
            if cut.overlap:
                part = cut.overlapping(span, photo.height, photo.width)
                return part.blended(run, seen, cut.batch, self._scale, self._each, step)
            origin = Place(window.top, window.left, step)
            needed = partial(_any_in, wanted, seen_in, painted_margin(brush.factor))
            pixels = translate_block(run, seen, cut.side, cut.batch, cut.halo, self._scale, self._each, origin, needed)
            return inside.scaled(self._scale).of(pixels)
        except MemoryError as error:
            self._halve(translator, cut, block.dtype, error)
            raise _HalvedError from error

    def _halve(self, translator: Translator, cut: Cut, dtype: np.dtype[Any], error: MemoryError) -> None:
        """Cut blocks into smaller windows from now on, after memory ran out with a cut."""
        halved = cut.halved()
        if halved is None:
            need = translator.peak_bytes(cut.batch, cut.side, cut.halo, dtype)
            raise TooLittleMemoryError(
                f"out of memory on {self.plan.device} even with the least window of {cut.side} pixels, which takes "
                f"about {need / 2**20:.0f} MiB: close other programs, or use another device"
            ) from error
        with self._lock:
            if self.cut == cut:  # otherwise another thread was faster
                self.cut = halved


def _any_in(seen: NDArray[np.bool_], place: Window, margin: int, window: Window) -> bool:
    """Return whether any pixel of a window, or in a margin around it, is seen.

    Args:
        seen: (h, w), the pixels of ``place``.
        place: a part of a block.
        margin: in pixels.
        window: another part of it, which may lie partly outside of ``place``.
    """
    top, left = window.top - place.top - margin, window.left - place.left - margin
    bottom, right = top + window.height + 2 * margin, left + window.width + 2 * margin
    return bool(seen[max(0, top) : max(0, bottom), max(0, left) : max(0, right)].any())
