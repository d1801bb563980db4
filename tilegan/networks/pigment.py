"""Pigment on paper: denser where it settles in the grain and where water has carried it, thinner between."""

from typing import Final

import torch
from torch import nn

from tilegan.errors import SettingError
from tilegan.networks.boxes import enlarged, twice_boxed
from tilegan.networks.noise import cell_noise, drifting_noise, known_places
from tilegan.tiling.places import Placed

SPREADS: Final = (3, 6, 12, 24)  # cells: sizes of the shapes that water leaves
ROUGHNESS: Final = 0.7  # exponent of the size to which a shape's contrast is proportional
DRIFT: Final = 0.743  # deviation of slow noise: the mean sum of squared weights is 26/35 along each of two axes
FLOW: Final = DRIFT * sum(spread ** (2 * ROUGHNESS) for spread in SPREADS) ** 0.5


class Pigment(nn.Module, Placed):
    """A painting whose density of pigment varies: ``C - (C - C^2) d`` for each color C from 0 to 1.

    (A. Bousseau, M. Kaplan, J. Thollot and F. Sillion 2006, 'Interactive Watercolor Rendering with Temporal Coherence
    and Abstraction'; d is the deviation of the density from 1.) White paper and black remain as they are.
    The density is noise that is the same for every tiling. Without the positions of windows (see ``tiling.places``)
    there is none, except in training, where positions are random.

    Args:
        grain: standard deviation of the density by the grain of the paper.
        tooth: coarseness of the grain: side in pixels of the box by which independent values are blurred, twice.
        flow: standard deviation of its slow variations, by the flow of water.
        cell: side of a cell in pixels, in which the flow is computed.
        seed: of the noise; 0 or more.

    Raises:
        SettingError: the tooth is below 1.
    """

    def __init__(self, grain: float, tooth: int, flow: float, cell: int, seed: int) -> None:
        super().__init__()
        if tooth < 1:
            raise SettingError(f"a grain with a tooth of {tooth} pixels cannot be: give 1 or more")
        self.tooth, self.flow, self.cell, self.seed = tooth, flow, cell, seed
        triangle = [min(number, 2 * tooth - number) for number in range(1, 2 * tooth)]  # weights of the blur on an axis
        self.grain = grain * tooth**4 / sum(weight**2 for weight in triangle)  # of independent values

    def forward(self, painting: torch.Tensor) -> torch.Tensor:
        """(N, 3, h, w) in [-1, 1], in the center of the images of the pass -> the same shape and range."""
        cells = painting[..., :: self.cell, :: self.cell]
        places = known_places(cells, self.cell, self.training)
        if places is None:
            return painting
        density = torch.zeros_like(painting[:, :1], dtype=torch.float32)
        if self.grain:
            density = density + self._grain(places, *painting.shape[2:])
        if self.flow:
            density = density + self._flow(places, *cells.shape[2:])
        density = density.clamp_(-1, 1).to(painting.dtype)
        return torch.addcmul(painting, 1 - painting.square(), density, value=-0.5)  # C = (painting + 1) / 2

    def _grain(self, places: torch.Tensor, height: int, width: int) -> torch.Tensor:
        """Return float32 (N, 1, h, w): noise of pixels, blurred."""
        lost = self.tooth - 1
        first = places * places.new_tensor([self.cell, self.cell, 1]) - places.new_tensor([lost, lost, 0])
        noise = cell_noise(self.seed, first, 1, height + 2 * lost, width + 2 * lost)
        return twice_boxed(noise, self.tooth) * self.grain

    def _flow(self, places: torch.Tensor, rows: int, columns: int) -> torch.Tensor:
        """Return float32 (N, 1, rows * cell, columns * cell): slow noise of several sizes."""
        first = places - places.new_tensor([1, 1, 0])
        flow = places.new_zeros(1, dtype=torch.float32)
        for number, spread in enumerate(SPREADS, 1):
            noise = drifting_noise(self.seed + number, first, 1, rows + 2, columns + 2, spread)
            flow = flow + noise * (self.flow / FLOW * spread**ROUGHNESS)
        return enlarged(flow, self.cell)
