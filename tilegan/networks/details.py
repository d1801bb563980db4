"""Features of the details that a blur removes: a generator that paints over the blurred image sees what to paint."""

import torch
from torch import nn

from tilegan.networks.blurs import PADDING
from tilegan.tiling.unpadded import trim_to


class DetailFeatures(nn.Module):
    """Features computed from the details of an image, to be added to those of the blurred image.

    Weights are initialized to zero, so that a finished generator can be trained on with them.

    Args:
        planes: channels of the image.
        channels: channels of the features.
        cell: side of the cells in which features are computed, in pixels.
    """

    def __init__(self, planes: int, channels: int, cell: int) -> None:
        super().__init__()
        self.cell = cell
        self.convolution = nn.Conv2d(planes * cell**2, channels, 3, padding=1, bias=False, padding_mode=PADDING)
        nn.init.zeros_(self.convolution.weight)

    def forward(self, image: torch.Tensor, blurred: torch.Tensor) -> torch.Tensor:
        """(N, planes, h, w), and the blurred image likewise -> (N, channels, h / cell, w / cell).

        The blurred image may be smaller by whole cells (see ``tiling.unpadded``).
        """
        details = trim_to(image, blurred) - blurred
        features: torch.Tensor = self.convolution(nn.functional.pixel_unshuffle(details, self.cell))
        return features
