"""Reduced copies of an image."""

import numpy as np
from numpy.typing import NDArray

from tilegan.geometry import Pixels, Window, means
from tilegan.inference.blocks import Masked, Part, mirrored_span, read_block
from tilegan.inference.stroke import reduced

AT_ONCE = 2**20  # pixels read and reduced at once, or one row of a copy


class Reduced:
    """An image reduced by averaging ``step`` x ``step`` pixels, padded by reflection at its last edges."""

    def __init__(self, image: Masked, step: int) -> None:
        self.image, self.step = image, step
        self.height, self.width = reduced(image.height, step), reduced(image.width, step)

    def read(self, window: Window) -> Pixels:
        """Return the pixels of a window inside the copy, read in bounded memory."""
        return np.concatenate([self._means(part) for part in self._parts(window)])

    def read_mask(self, window: Window) -> Pixels | None:
        """Return the opacity of a window: the maximum of each square."""
        masks = [self._mask(part) for part in self._parts(window)]
        found = [self._squares(mask).max(axis=(1, 3)) for mask in masks if mask is not None]
        return np.concatenate(found) if found else None

    def _parts(self, window: Window) -> list[Window]:
        rows = max(1, AT_ONCE // (window.width * self.step**2))
        tops = range(window.top, window.bottom, rows)
        return [Window(top, window.left, min(rows, window.bottom - top), window.width) for top in tops]

    def _means(self, part: Window) -> Pixels:
        pixels, mask = read_block(self.image, part.scaled(self.step))[..., :3], self._mask(part)
        if mask is None or mask.all():
            return means(pixels, self.step)
        shown = mask[..., None] > 0
        sums = self._squares(pixels * shown).sum(axis=(1, 3), dtype=np.uint32)
        counts = self._squares(shown).sum(axis=(1, 3), dtype=np.uint32)
        averages: Pixels = ((sums + counts // 2) // np.maximum(counts, 1)).astype(pixels.dtype)
        return averages

    def _mask(self, part: Window) -> Pixels | None:
        whole, fine = self.image, part.scaled(self.step)
        span = mirrored_span(fine, whole.height, whole.width)
        mask = whole.read_mask(span)
        return None if mask is None else read_block(Part(mask, span, whole.height, whole.width), fine)

    def _squares(self, values: NDArray[np.generic]) -> NDArray[np.generic]:
        height, width = values.shape[:2]
        return values.reshape(height // self.step, self.step, width // self.step, self.step, *values.shape[2:])
