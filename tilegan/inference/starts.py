"""Wide holes are filled from coarse to fine: the filling of a reduced copy, enlarged, is the start of a finer one.

The steps are those of large strokes (see ``inference.stages``). A pixel of a copy is the mean of the known pixels of
its square, and a hole if there are none. In finer steps, holes have a start where the coarser copy had a hole, too:
narrow ones are filled as if there were no others.
"""

from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from tilegan.geometry import Pixels, Window
from tilegan.inference.blocks import Masked, Readable, read_block
from tilegan.inference.controls.guide import Even, Guide, Guided
from tilegan.inference.controls.mask import widest_hole
from tilegan.inference.folder import WorkFolder
from tilegan.inference.ground import between_centers, carried_up
from tilegan.inference.plan import Plan
from tilegan.inference.reduced import Reduced
from tilegan.inference.stages import Kept, factor_to
from tilegan.inference.stroke import find_copy, reduced
from tilegan.methods.holes import filled_at_once, learned_width
from tilegan.translator import Translator

_ROWS = 64  # rows enlarged at once
_STRIP = 256  # rows of a mask that are read at once


class Known:
    """An image whose pixels in holes are invalid, as are those without opacity."""

    def __init__(self, image: Masked, mask: Readable) -> None:
        """Take an image, and its mask of the same size, (h, w), above 0 in holes."""
        self.image, self.mask = image, mask
        self.height, self.width = image.height, image.width

    def read(self, window: Window) -> Pixels:
        """Return the colors of a window inside the image."""
        return self.image.read(window)[..., :3]

    def read_mask(self, window: Window) -> Pixels:
        """Return 1 for known pixels, 0 for others."""
        known, opacity = self.mask.read(window) == 0, self.image.read_mask(window)
        valid: Pixels = (known if opacity is None else known & (opacity > 0)).astype(np.uint8)
        return valid


class Copy:
    """The image, or a copy of it, with its holes.

    Attributes:
        image: it, without what is filled.
    """

    def __init__(self, image: Masked, mask: Readable | None = None) -> None:
        """Take an image, and its mask (h, w), above 0 in holes; None for holes where there is no opacity."""
        self.image, self._mask = image, mask
        self.height, self.width = image.height, image.width

    @classmethod
    def of(cls, known: Known, step: int) -> Self:
        """Return a copy of an image by its step; 1 for the image itself."""
        return cls(known.image, known.mask) if step == 1 else cls(Reduced(known, step))

    def holes(self, window: Window) -> NDArray[np.bool_]:
        """Return where a window inside the copy has holes, (h, w)."""
        if self._mask is not None:
            return np.greater(self._mask.read(window), 0)
        known = self.image.read_mask(window)
        assert known is not None
        return np.equal(known, 0)


class Started:
    """The input of a step: the colors of a copy, with the start of its wide holes.

    Attributes:
        copy: the copy.
    """

    def __init__(
        self, copy: Copy, coarser: Copy | None = None, filled: Readable | None = None, factor: int = 1
    ) -> None:
        """Take a copy, and unless it is the first a coarser one, this one filled, and by which factor it is coarser."""
        self.copy, self._coarser, self._filled, self._factor = copy, coarser, filled, factor
        self.height, self.width = copy.height, copy.width

    def read(self, window: Window) -> Pixels:
        """Return the colors of a window inside the copy, (h, w, 3)."""
        pixels = self.copy.image.read(window)[..., :3]
        started = self._started(window, self.copy.holes(window))
        if started is None or not started.any():
            return pixels
        assert self._filled is not None
        pixels, most = pixels.copy(), np.iinfo(pixels.dtype).max
        for first in range(0, window.height, _ROWS):
            rows = slice(first, min(first + _ROWS, window.height))
            if not started[rows].any():
                continue
            strip = Window(window.top + rows.start, window.left, rows.stop - rows.start, window.width)
            cells = between_centers(strip, self._factor)
            coarse = read_block(self._filled, cells)[..., :3].astype(np.float32)
            start = np.floor(carried_up(coarse, cells, strip, self._factor) + np.float32(0.5)).clip(0, most)
            pixels[rows][started[rows]] = start[started[rows]]
        return pixels

    def read_mask(self, window: Window) -> Pixels | None:
        """Return the opacity of the copy."""
        return self.copy.image.read_mask(window)

    def mask(self, window: Window, levels: np.dtype[Any]) -> Pixels:
        """Return what the network sees as mask: the highest level in holes, half of it where they have a start.

        Args:
            window: inside the copy.
            levels: dtype.

        Returns:
            (h, w).
        """
        holes, most = self.copy.holes(window), int(np.iinfo(levels).max)
        mask: Pixels = holes * levels.type(most)
        started = self._started(window, holes)
        if started is not None:
            mask[started] = most // 2 + 1
        return mask

    def _started(self, window: Window, holes: NDArray[np.bool_]) -> NDArray[np.bool_] | None:
        """Return where holes have a start; None in the coarsest copy."""
        if self._coarser is None:
            return None
        factor = self._factor
        top, left = window.top // factor, window.left // factor
        cells = Window(top, left, -(-window.bottom // factor) - top, -(-window.right // factor) - left)
        lost = self._coarser.holes(cells).repeat(factor, 0).repeat(factor, 1)
        return holes & window.moved(-factor * top, -factor * left).of(lost)


class StartedGuide:
    """The holes of a step for the painter: what is in them is filled, and all else stays as it is."""

    def __init__(self, started: Started, guide: Guide | None = None) -> None:
        """Take the input of a step, and for the image itself what its maps decide."""
        self._started, self._guide = started, guide

    def at(self, window: Window) -> Guided:
        """See ``Guide``."""
        if self._guide is not None:
            return self._guide.at(window)
        return Even(1).at(window)._replace(amount=self._started.copy.holes(window).astype(np.float32))

    def planes(self, window: Window, levels: np.dtype[Any]) -> Pixels | None:
        """See ``Guide``: the mask."""
        return read_block(_Plane(self._started, levels), window)[..., None]


class _Plane:
    """The mask of a step as an image."""

    def __init__(self, started: Started, levels: np.dtype[Any]) -> None:
        self._started, self._levels = started, levels
        self.height, self.width = started.height, started.width

    def read(self, window: Window) -> Pixels:
        return self._started.mask(window, self._levels)


def at_once(translator: Translator) -> int:
    """Return the width of the widest holes that a model fills at once, in pixels; by its halo if nothing is known."""
    return filled_at_once(learned_width(translator.facts)) or max(1, translator.halo)


def first_copy(mask: Readable, translator: Translator) -> int:
    """Return the factor of the first copy of filling from coarse to fine (see ``stroke.find_copy``).

    Args:
        mask: (h, w), above 0 in holes; it is read strip by strip.
        translator: the model.
    """
    tops = range(0, mask.height, _STRIP)
    strips = (mask.read(Window(top, 0, min(_STRIP, mask.height - top), mask.width)) for top in tops)
    return find_copy(widest_hole(strips), at_once(translator))


def started_of(image: Masked, mask: Readable, folder: WorkFolder, plan: Plan, kept: Kept) -> Started:
    """Return the input of a step of a run.

    Args:
        image: the source.
        mask: its mask, of the same size.
        folder: work folder of the run.
        plan: of the run.
        kept: opens the filled copy in a work folder, as a whole copy of a height and a width.

    Raises:
        ImageError: the copy before is missing.
    """
    known, factor = Known(image, mask), factor_to(plan)
    copy, before = Copy.of(known, plan.step), factor * plan.step
    if factor == 1:
        return Started(copy)
    sides = reduced(image.height, before), reduced(image.width, before)
    return Started(copy, Copy.of(known, before), kept(folder.stage(str(before)), *sides), factor)
