"""A fixed filter that flattens textures and keeps edges and thin lines: what a painter sees who squints."""

from typing import Final

import torch
from torch import nn

from tilegan.networks.boxes import cut, twice_boxed

DIRECTIONS: Final = ((0, 1), (1, 1), (1, 0), (1, -1), (0, -1), (-1, -1), (-1, 0), (-1, 1))  # down, right
FLOOR: Final = (1 / 127.5) ** 2  # variances below that of one 8-bit level hardly count
EVEN: Final = (5 / 127.5) ** 2  # variance around a pixel at which half of its own color stays
BAND: Final = 64  # rows that are computed at once: they fit into CPU caches, which takes two thirds of the time


class Kuwahara(nn.Module):
    """The mean of the neighborhoods on all sides of a pixel, weighted by how even they are.

    G. Papari, N. Petkov and P. Campisi 2007, 'Artistic Edge and Corner Enhancing Smoothing': areas become flat, and
    their edges crisp. Here a neighborhood is a box of ``side`` pixels applied twice that ends at the pixel, in one of
    eight directions, so that the same two blurs serve all of them; weights are deviations to the power of -8, as there.
    Unlike there, what has an even neighborhood two pixels away stays as it is, such as masts, stems and stars before a
    sky: only textures are flattened.

    It is computed in float32 by elementwise functions only: variances are small differences of large numbers, which
    convolutions in reduced precision lose, and windows equal the whole image.

    Args:
        side: of the box in pixels; at least 2.
    """

    def __init__(self, side: int) -> None:
        super().__init__()
        self.side = side
        self.pad = nn.ReflectionPad2d(2 * side)

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        """(N, C, h, w) in [-1, 1] -> the same shape, range and dtype; without padding, smaller by 4 * side."""
        padded = self.pad(image)
        # an exported network takes images of any height, to which the number of bands would not adapt
        if image.device.type != "cpu" or torch.onnx.is_in_onnx_export() or torch.compiler.is_exporting():
            return self._flattened(padded)
        margin = 4 * self.side
        bands = [padded[..., row : row + BAND + margin, :] for row in range(0, padded.shape[2] - margin, BAND)]
        return torch.cat([self._flattened(band) for band in bands], 2)

    def _flattened(self, image: torch.Tensor) -> torch.Tensor:
        """(N, C, h, w) -> the same, smaller by 4 * side."""
        colors = image.float().contiguous()
        means = twice_boxed(colors, self.side)
        squares = twice_boxed(colors.square().mean(1, keepdim=True), self.side)
        variances = squares.sub_(means.square().mean(1, keepdim=True)).clamp_(min=0)
        weights = 1 / (1 + variances / FLOOR).square_().square_()
        near, beyond = self.side - 1, self.side + 1
        flat = self._around(weights * means, near).div_(self._around(weights, near))
        uneven = self._around(weights * variances, beyond).div_(self._around(weights, beyond))
        inner = slice(2 * self.side, -2 * self.side)
        return torch.lerp(flat, colors[..., inner, inner], 1 / (1 + (uneven / EVEN) ** 2)).to(image.dtype)

    def _around(self, planes: torch.Tensor, distance: int) -> torch.Tensor:
        """Return the sum of the values at a distance in all directions."""
        margin = self.side + 1
        sides = []
        for down, right in DIRECTIONS:
            far = distance if 0 in (down, right) else round(distance / 2**0.5)
            rows = cut(planes, 2, margin + far * down, margin - far * down)
            sides.append(cut(rows, 3, margin + far * right, margin - far * right))
        total = sides[0] + sides[1]
        for each in sides[2:]:
            total.add_(each)
        return total
