"""The lines of the photograph in the colors of the painting: what is drawn, such as rails and reeds, stays drawn."""

from typing import Final

import torch
from torch import nn

from tilegan.errors import SettingError
from tilegan.networks.boxes import enlarged, gradients, summed, twice_boxed
from tilegan.networks.palette import COLORS
from tilegan.tiling.unpadded import trim_to

AREA: Final = 2  # cells: side of the box, applied twice, over which edges should agree
PAINT: Final = 3  # cells: side of the box, applied twice, above which details are those of the painting
EVEN: Final = 20 / 127.5**2  # squared gradient per pixel, of 4.5 levels of 8 bits, at which agreeing edges count half
SOFT: Final = 0.5 / 127.5**2  # squared gradient of cells, of 0.7 levels, below which edges count as sharp
AGREE: Final = 0.15, 0.5  # coherence of edges where lines begin, and where they are complete
SHARP: Final = 1.1, 1.7  # squared gradient of pixels by that of cells: likewise; 1 in ramps, 2 at a step


class Lines(nn.Module):
    """A painting with a share of its finer details replaced by those of the image, where sharp edges are parallel.

    Coherence is that of the structure tensor (Bigun and Granlund 1987, see ``networks.streaks``): textures, whose edges
    have all directions, remain painted, and so do even areas and what is out of focus. Colors and coarser forms are
    those of the painting.

    Args:
        share: of the details that are replaced; from 0 to 1.
        cell: side of a cell in pixels, in which lines and coarse forms are computed; even.

    Raises:
        SettingError: the cell is odd.
    """

    def __init__(self, share: float, cell: int) -> None:
        super().__init__()
        if cell % 2:
            raise SettingError(f"lines need a generator with an even stride, not {cell}: leave them out")
        self.share, self.cell = share, cell
        self.steps = cell // 2  # squares of 2 x 2 pixels per side of a cell
        self.beside, self.area, self.paint = (nn.ReplicationPad2d(side) for side in (1, AREA - 1, PAINT - 1))
        self.squares = nn.ReplicationPad2d(self.steps)

    def forward(self, painting: torch.Tensor, image: torch.Tensor) -> torch.Tensor:
        """(N, 3, h, w) and the image (N, C, H, W), both in [-1, 1] -> (N, 3, h', w'), a smaller center if unpadded."""
        image = trim_to(image, painting).contiguous()  # planes: computed in half of the time
        painting = painting.contiguous()
        details = image - painting
        coarse = twice_boxed(self.paint(nn.functional.avg_pool2d(details, self.cell).float()), PAINT)
        planes = torch.cat((coarse, trim_to(self._lines(image), coarse)), 1)
        planes = enlarged(self.beside(planes), self.cell).to(painting.dtype)
        details = trim_to(details, planes) - planes[:, :COLORS]
        return torch.addcmul(trim_to(painting, planes), details, planes[:, COLORS:], value=self.share)

    @torch.no_grad()
    def _lines(self, image: torch.Tensor) -> torch.Tensor:
        """(N, C, h, w) -> float32 (N, 1, h / cell, w / cell) from 0, where there are no lines, to 1."""
        lightness = summed([color.float() for color in image.unbind(1)])[:, None] / image.shape[1]
        means = nn.functional.avg_pool2d(lightness, 2)
        right, down = gradients(self.squares(means), 2, self.steps)  # whole cells are lost without padding
        products = torch.cat((right**2 - down**2, 2 * right * down, right**2 + down**2), 1)
        tensor = self._around(nn.functional.avg_pool2d(products, self.steps))
        right, down = gradients(self.beside(nn.functional.avg_pool2d(means, self.steps)), self.cell)
        ramps = self._around(right**2 + down**2)
        coherence = (tensor[:, :1] ** 2 + tensor[:, 1:2] ** 2).sqrt() / (tensor[:, 2:] + EVEN)
        return _ramp(coherence, *AGREE) * _ramp(tensor[:, 2:] / (ramps + SOFT), *SHARP)

    def _around(self, cells: torch.Tensor) -> torch.Tensor:
        return twice_boxed(self.area(cells), AREA)


def _ramp(values: torch.Tensor, low: float, high: float) -> torch.Tensor:
    return ((values - low) / (high - low)).clamp(0, 1)
