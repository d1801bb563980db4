"""Statistics of a grid of cells of an image, interpolated for each pixel between the four nearest cells.

The idea is that of Ho et al. 2024, 'Every Pixel Has its Moments: Ultra-High-Resolution Unpaired Image-to-Image
Translation via Dense Normalization'. There, means and deviations are interpolated separately. Here they are those of a
mixture: of all values of the cells, weighted by the proximity of the cell. So a difference of the means of two cells
counts as deviation between them, and between a cell of low and one of high contrast, gains are closer to those of the
latter.

Weights are smooth, so that neither borders nor centers of cells are visible.

A pass needs the positions of its windows in the image (see ``tiling.places``). Everything is computed from integers and
depends only on the position in the image, so that it is the same for every window.
"""

import re
from typing import NamedTuple

import torch

from tilegan.errors import ModelError
from tilegan.tiling.places import Pass

CELL = 512  # pixels: the tile size of the paper
MOST = 64  # rows and columns of a grid: with 64 channels, 2 MiB per norm
_PREFIX = "interpolated"


class Grid(NamedTuple):
    """The cells of an image, counted from its top left.

    The last row and column include the remainder: they are up to half a cell larger or smaller. Slivers would have
    hardly any contrast.

    Attributes:
        cell: side of a cell, in pixels of the image.
        rows, columns: number of rows and columns of cells.
    """

    cell: int
    rows: int
    columns: int

    @classmethod
    def of(cls, height: int, width: int, stride: int) -> "Grid":
        """Return the grid of an image; cells begin at multiples of the stride, and are doubled until few enough."""
        cell = -(-CELL // stride) * stride
        while (max(height, width) + cell // 2) // cell > MOST:
            cell *= 2
        rows, columns = (max(1, (side + cell // 2) // cell) for side in (height, width))
        return cls(cell, rows, columns)

    @classmethod
    def named(cls, norm: str) -> "Grid | None":
        """Parse the grid in the name of a norm; None for another norm.

        Raises:
            ModelError: there are too many cells, or none.
        """
        found = re.fullmatch(rf"{_PREFIX} (\d{{1,9}}) of (\d{{1,3}}) x (\d{{1,3}})", norm)
        if found is None:
            return None
        cell, rows, columns = (int(number) for number in found.groups())
        if not cell or not 0 < rows <= MOST or not 0 < columns <= MOST:
            raise ModelError(f"no norm '{norm}': a grid has at most {MOST} x {MOST} cells")
        return cls(cell, rows, columns)

    @property
    def cells(self) -> int:
        """Return the number of cells."""
        return self.rows * self.columns

    @property
    def name(self) -> str:
        """Return the name of the norm with this grid, in which architectures store the grid."""
        return f"{_PREFIX} {self.cell} of {self.rows} x {self.columns}"


class Between(NamedTuple):
    """The cells between whose centers positions lie, along one axis.

    Attributes:
        before, after: indices of cells, int64 (N, places); equal beyond the outermost centers.
        share: weight of the latter, float32 (N, places): 3 d^2 - 2 d^3 at the fraction d of the distance between the
            centers. With d itself, statistics would have a kink at the center of each cell, which is visible if a cell
            is nearly black.
    """

    before: torch.Tensor
    after: torch.Tensor
    share: torch.Tensor

    @classmethod
    def of(cls, running: Pass, axis: int, places: int, lost: int, grid: Grid) -> "Between":
        """Locate the positions of a layer in the grid.

        Args:
            running: the pass.
            axis: 0 for rows, 1 for columns.
            places: number of positions of the layer along the axis.
            lost: positions that the layer lacks at either end because padding was removed.
            grid: the grid of cells.
        """
        whole, length, cells = places + 2 * lost, running.sides[axis], grid[1 + axis]
        first, step = running.places[:, axis, None], running.places[:, 2, None]
        # distances of centers from that of the first cell, and between cells, each times 2 ``whole``
        centers = (2 * first * whole + (2 * (torch.arange(places) + lost) + 1) * length) * step
        distance, period = centers - grid.cell * whole, 2 * grid.cell * whole
        before = distance.div(period, rounding_mode="floor")
        way = (distance - before * period).double() / period
        share = way.square() * (3 - 2 * way)
        return cls(before.clamp(0, cells - 1), (before + 1).clamp(0, cells - 1), share.float())


def mixed_moments(
    means: tuple[torch.Tensor, torch.Tensor], variances: tuple[torch.Tensor, torch.Tensor], share: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor]:
    """Return mean and variance of a mixture of two sets of values.

    Variances are sums of terms that are not negative; no function is used that CPUs round differently at the end of a
    tensor.

    Args:
        means: means of the two sets, of any shape.
        variances: likewise.
        share: weight of the second set, in [0, 1].
    """
    apart = means[1] - means[0]
    mean = (share * apart).add_(means[0])
    variance = (share * (variances[1] - variances[0])).add_(variances[0]).add_((share * (1 - share)) * apart.square())
    return mean, variance
