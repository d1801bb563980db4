"""Discriminators of the same image at several scales: fine ones see texture, coarse ones see structure."""

import torch
from torch import nn

from tilegan.networks.patch import PatchDiscriminator


class MultiscaleDiscriminator(nn.Module):
    """PatchGANs of the same architecture, the first at full size, each other at half the size of the previous one.

    (Wang et al. 2018, 'High-Resolution Image Synthesis and Semantic Manipulation with Conditional GANs', section 3.2,
    with three scales.) Images are halved by 2 x 2 averaging. Convolutions are padded by 2, as in the code of the paper,
    so that the coarsest one has an output for images of 32 x 32 pixels.
    """

    def __init__(self, channels: int, layers: int, scales: int, inputs: int = 3) -> None:
        super().__init__()
        self.scales = nn.ModuleList(PatchDiscriminator(channels, layers, inputs, padding=2) for _ in range(scales))

    def forward(self, images: torch.Tensor) -> list[list[torch.Tensor]]:
        """Return the output of each layer at each scale.

        Args:
            images: float (N, inputs, H, W) in [-1, 1], sides multiples of 2^(scales - 1), from 32 up for three scales.

        Returns:
            For each scale, finest first, the features of each layer (N, channels, h, w), first layer first; the last
            ones are the scores, float32 (N, 1, h, w), unbounded. With three layers and H = 64, 128 or 256 the scores of
            the first scale have 11, 19 or 35 rows.
        """
        made = []
        for number, discriminator in enumerate(self.scales):
            if number:
                images = nn.functional.avg_pool2d(images, 2)
            assert isinstance(discriminator, PatchDiscriminator)
            made.append(discriminator.features(images))
        return made


DISCRIMINATORS = {"multiscale": MultiscaleDiscriminator}
