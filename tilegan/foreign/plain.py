"""A generator as other programs expect one, with images from 0 to 1, and a comparison with what was exported."""

from collections.abc import Callable

import torch
from torch import nn

from tilegan.errors import ModelError

TRACED = (64, 64)  # pixels at least, height and width of the image that is traced
OTHERS = ((96, 72), (64, 104))  # likewise, of those that are checked


class Plain(nn.Module):
    """A generator of images from 0 to 1: float (N, 3, h, w) -> (N, 3, h * scale, w * scale)."""

    def __init__(self, generator: nn.Module) -> None:
        """Wrap a generator: float (N, 3, h, w) in [-1, 1] -> (N, 3, h * scale, w * scale)."""
        super().__init__()
        self.generator = generator

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        """(N, 3, h, w) -> (N, 3, h * scale, w * scale), both from 0 to 1."""
        output: torch.Tensor = self.generator(image * 2 - 1)
        return (output * 0.5 + 0.5).clamp(0, 1)

    def levels_from(self, exported: Callable[[torch.Tensor], torch.Tensor], stride: int) -> float:
        """Return the largest difference from an exported network, in levels of 255, for images of other sizes.

        Raises:
            ModelError: it makes images of another size.
        """
        most = 0.0
        random = torch.Generator().manual_seed(0)
        for sides in OTHERS:
            height, width = multiples(sides, stride)
            image = torch.rand(1, 3, height, width, generator=random)
            with torch.no_grad():
                ours, theirs = self(image), exported(image)
            if ours.shape != theirs.shape:
                made = list(theirs.shape)
                raise ModelError(f"the network cannot be exported: it makes {made} of {height} x {width} pixels")
            most = max(most, float((ours - theirs).abs().max()) * 255)
        return most


def multiples(sides: tuple[int, int], stride: int) -> tuple[int, int]:
    """Return height and width rounded up to multiples of the stride."""
    return -(-sides[0] // stride) * stride, -(-sides[1] // stride) * stride


def traced(stride: int) -> torch.Tensor:
    """Return the image that is traced, (1, 3, h, w) from 0 to 1."""
    return torch.rand(1, 3, *multiples(TRACED, stride), generator=torch.Generator().manual_seed(0))
