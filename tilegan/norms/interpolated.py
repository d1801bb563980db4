"""Statistics of a grid of cells of an image, mixed for each of its pixels: those of the four cells nearest to it.

The idea is that of Ho et al. 2024, 'Every Pixel Has its Moments: Ultra-High-Resolution Unpaired Image-to-Image
Translation via Dense Normalization'. There means and deviations are interpolated, each for itself. Here they are those
of a mixture: of all values of the cells, each weighted by how near its cell is. So a mean that changes from one cell to
the next counts as deviation between them, and between a faint cell and a strong one gains are nearer to the latter's.

Weights have no corners, so that where cells meet, or have their middle, nothing is seen.

A pass has to be told where in the image its windows lie (see ``tiling.places``). All is computed from whole numbers, by
a place in the image and by nothing else, so that it is the same whatever the window.
"""

import re
from typing import NamedTuple

import torch

from tilegan.errors import ModelError
from tilegan.tiling.places import Pass

CELL = 512  # pixels: as many as the paper's tiles have
MOST = 64  # rows and columns of a grid: of 64 channels, 2 MiB a norm
_PREFIX = "interpolated"


class Grid(NamedTuple):
    """The cells of an image, counted from its top left.

    The last row and column take what is left over: up to half a cell more, or less. Slivers would have hardly any
    contrast of their own.

    Attributes:
        cell: side of a cell, in pixels of the image.
        rows, columns: of cells.
    """

    cell: int
    rows: int
    columns: int

    @classmethod
    def of(cls, height: int, width: int, stride: int) -> "Grid":
        """The grid of an image; cells begin at multiples of the stride, and are doubled until there are few enough."""
        cell = -(-CELL // stride) * stride
        while (max(height, width) + cell // 2) // cell > MOST:
            cell *= 2
        rows, columns = (max(1, (side + cell // 2) // cell) for side in (height, width))
        return cls(cell, rows, columns)

    @classmethod
    def named(cls, norm: str) -> "Grid | None":
        """The grid that the name of a norm holds, None if it is another norm.

        Raises:
            ModelError: there are too many cells, or none.
        """
        found = re.fullmatch(rf"{_PREFIX} (\d{{1,9}}) of (\d{{1,3}}) x (\d{{1,3}})", norm)
        if found is None:
            return None
        cell, rows, columns = (int(number) for number in found.groups())
        if not cell or not 0 < rows <= MOST or not 0 < columns <= MOST:
            raise ModelError(f"no norm '{norm}': at most {MOST} x {MOST} cells can be")
        return cls(cell, rows, columns)

    @property
    def cells(self) -> int:
        """How many there are."""
        return self.rows * self.columns

    @property
    def name(self) -> str:
        """Of the norm that has statistics of this grid: an architecture has no other place for its numbers."""
        return f"{_PREFIX} {self.cell} of {self.rows} x {self.columns}"


class Between(NamedTuple):
    """Between the centers of which cells places lie, along one axis.

    Attributes:
        before, after: numbers of cells, int64 (N, places); the same beyond the outermost centers.
        share: of the latter, float32 (N, places): 3 d^2 - 2 d^3 of the way d from one center to the other. Were it d,
            statistics would have a corner in the middle of each cell, which is seen where a cell is nearly black.
    """

    before: torch.Tensor
    after: torch.Tensor
    share: torch.Tensor

    @classmethod
    def of(cls, running: Pass, axis: int, places: int, lost: int, grid: Grid) -> "Between":
        """Where the places of a layer lie.

        Args:
            running: the pass.
            axis: 0 for rows, 1 for columns.
            places: of the layer, along the axis.
            lost: places that it has less at either end than if nothing were lost without padding.
            grid: the cells.
        """
        whole, length, cells = places + 2 * lost, running.sides[axis], grid[1 + axis]
        first, step = running.places[:, axis, None], running.places[:, 2, None]
        # distances of centers from that of the first cell, and between cells, each times 2 ``whole``
        centres = (2 * first * whole + (2 * (torch.arange(places) + lost) + 1) * length) * step
        distance, period = centres - grid.cell * whole, 2 * grid.cell * whole
        before = distance.div(period, rounding_mode="floor")
        way = (distance - before * period).double() / period
        share = way.square() * (3 - 2 * way)
        return cls(before.clamp(0, cells - 1), (before + 1).clamp(0, cells - 1), share.float())


def mixture(
    means: tuple[torch.Tensor, torch.Tensor], variances: tuple[torch.Tensor, torch.Tensor], share: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor]:
    """Mean and variance of a mixture of two sets of values.

    Sums of what is not negative, and no function that a CPU rounds in another way at the end of a tensor.

    Args:
        means: of the two, of any shape.
        variances: likewise.
        share: of the second, in [0, 1].
    """
    apart = means[1] - means[0]
    mean = (share * apart).add_(means[0])
    variance = (share * (variances[1] - variances[0])).add_(variances[0]).add_((share * (1 - share)) * apart.square())
    return mean, variance
