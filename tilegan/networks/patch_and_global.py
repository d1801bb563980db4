"""A discriminator with two ends over shared layers: scores of patches, and one of the whole image."""

import torch
from torch import nn

from tilegan.networks.initial import draw_weights
from tilegan.networks.patch import PatchDiscriminator

SHARED = -3  # index of the last shared layer in the features of the PatchGAN: its last layer with stride 2


class PatchAndGlobalDiscriminator(nn.Module):
    """A PatchGAN, and a second end after its strided layers, which scores the image as a whole.

    (Demir and Unal 2018, 'Patch-Based Image Inpainting with Generative Adversarial Networks', section 3.2: the global
    GAN and the PatchGAN share their first layers. There the global end is dense, which fixes the size of its input;
    here it is one more strided convolution, whose outputs are averaged before the dense layer.)

    Args:
        channels, layers, inputs: see ``PatchDiscriminator``.
    """

    def __init__(self, channels: int, layers: int, inputs: int = 3) -> None:
        super().__init__()
        self.patches = PatchDiscriminator(channels, layers, inputs)
        shared, wide = (channels * min(2**power, 8) for power in (layers - 1, layers))
        self.whole = nn.Sequential(nn.Conv2d(shared, wide, 4, stride=2, padding=1), nn.LeakyReLU(0.2))
        self.score = nn.Linear(wide, 1)
        draw_weights(self.whole)

    def forward(self, images: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Return the scores of patches and of images.

        (N, inputs, H, W) in [-1, 1] -> float32 (N, 1, H', W') and (N, 1), unbounded.
        """
        features = self.patches.features(images)
        whole = self.whole(features[SHARED]).mean((2, 3))
        return features[-1], self.score(whole).float()


DISCRIMINATORS = {"patch-and-global": PatchAndGlobalDiscriminator}
