"""A generator on 8-bit or 16-bit pixels of windows with a halo, whose output is trimmed."""

from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext

import torch
from torch import nn

from tilegan.tiling.places import Place, Placed, placed
from tilegan.tiling.reach import Reach
from tilegan.tiling.unpadded import unpadded


class Levels(nn.Module):
    """Convert pixel values to [-1, 1], run a network, trim its output and convert it back to pixel values.

    Attributes:
        network: float (N, C, h, w) in [-1, 1] -> float (N, 3, h', w').
        dtype: the dtype of the computation.
        cut: input pixels that are removed before the pass, per side.
        trim: output pixels that are removed after the pass, per side.
        placed: whether the network needs the positions of windows in the image.
    """

    def __init__(self, network: nn.Module, dtype: torch.dtype, cut: int = 0, trim: int = 0) -> None:
        super().__init__()
        self.network, self.dtype, self.cut, self.trim = network, dtype, cut, trim
        self.placed = any(isinstance(module, Placed) for module in network.modules())

    def forward(self, pixels: torch.Tensor, places: Sequence[Place] = ()) -> torch.Tensor:
        """uint8 or uint16 (N, h, w, C) -> the same dtype (N, h', w', 3), rounded to the nearest integer.

        Windows without ``places`` lie at the top left.
        """
        half = torch.iinfo(pixels.dtype).max / 2
        inputs = _inner(pixels.permute(0, 3, 1, 2), self.cut).float().div_(half).sub_(1)
        with self._at(places or [Place(0, 0)] * len(pixels), inputs) if self.placed else nullcontext():
            outputs = self.network(inputs.to(self.dtype, memory_format=torch.channels_last))
        del inputs  # frees memory for the next line
        levels = (_inner(outputs, self.trim).float() + 1).mul_(half).round_().clamp_(0, 2 * half).to(pixels.dtype)
        return levels.permute(0, 2, 3, 1).contiguous()

    def _at(self, places: Sequence[Place], inputs: torch.Tensor) -> AbstractContextManager[None]:
        return placed([place.moved(self.cut, self.cut) for place in places], inputs.shape[-2:])


def under_halo(
    generator: nn.Module, reach: Reach, halo: int, precision: torch.dtype, lost: int | None = None
) -> Levels:
    """Return the module that runs on windows with a halo, in evaluation mode: without padding if possible.

    Args:
        generator: the generator with padding, in ``precision``.
        reach: its reach; bounded, with a context of at most the halo.
        halo: halo of the windows, in input pixels; a multiple of the stride.
        precision: dtype of the computation.
        lost: as in ``unpadded``.
    """
    plain = unpadded(generator, reach, lost)
    if plain is not None:
        network, lost = plain
        context = max(reach.context, -(-lost // (reach.scale * reach.stride)) * reach.stride)  # rounded up
        if context <= halo:
            return Levels(network, precision, halo - context, context * reach.scale - lost).eval()
    return Levels(generator, precision, halo - reach.context, reach.context * reach.scale).eval()


def _inner(images: torch.Tensor, edge: int) -> torch.Tensor:
    return images[..., edge : images.shape[-2] - edge, edge : images.shape[-1] - edge]
