"""Analysis of a torch network before it is run in windows."""

from dataclasses import dataclass

from torch import nn

from tilegan.tiling.proof import proven_reach
from tilegan.tiling.reach import Reach


@dataclass(frozen=True)
class Analysis:
    """The way in which a network can be run in windows.

    Attributes:
        reach: receptive field, stride and scale, computed from the network and tested with numbers.
    """

    reach: Reach

    @property
    def exact(self) -> bool:
        """Return whether windows with a halo give what the whole image gives."""
        return not self.reach.unbounded

    @property
    def verdict(self) -> str:
        """Return in words how it can be run, with the layer that is in the way."""
        if not self.exact:
            return f"only blended: {self.reach.unbounded} sees more than a neighborhood"
        return f"exact with halo {self.reach.halo}"


def analyze(network: nn.Module) -> Analysis:
    """Find out how a network can be run in windows: receptive field, stride, scale, and what sees the whole image.

    A pass is followed on torch's ``meta`` device, and its result is tested with numbers in float64. It takes seconds,
    and no more memory than a pass over a small image. The halo is context on every side of a window, in input pixels;
    windows begin at multiples of the stride.

    Args:
        network: maps float (N, C, h, w) to (N, 3, h * scale, w * scale); C is 3, or its attribute ``inputs``.

    Raises:
        ModelError: its output is no such image, or it calls a function of unknown reach.
    """
    return Analysis(proven_reach(network))
