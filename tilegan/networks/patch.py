"""The PatchGAN discriminator: each output scores a patch of the image."""

from itertools import pairwise

import torch
from torch import nn

from tilegan.networks.initial import draw_weights
from tilegan.networks.styles import StyleGains, shares_in


class PatchDiscriminator(nn.Module):
    """4 x 4 convolutions, ``layers`` of them with stride 2, then two with stride 1, the last to one channel.

    (Isola et al. 2017, 'Image-to-Image Translation with Conditional Adversarial Networks', section 6.1.2: with three
    strided layers each output sees 70 x 70 pixels, and an image of 256 x 256 has 30 x 30 outputs. The norm is an
    instance norm, as in Zhu et al. 2017, 'Unpaired Image-to-Image Translation using Cycle-Consistent Adversarial
    Networks'; the first layer has none.) With a ``padding`` of 2 instead of 1, small images have outputs as well.
    """

    def __init__(self, channels: int, layers: int, inputs: int = 3, padding: int = 1, styles: int = 0) -> None:
        super().__init__()
        self.styles = styles
        stages: list[nn.Module] = [nn.Conv2d(inputs, channels, 4, stride=2, padding=padding), nn.LeakyReLU(0.2)]
        counts = [channels * min(2**power, 8) for power in range(layers + 1)]
        for number, (before, after) in enumerate(pairwise(counts), 1):
            stride = 2 if number < layers else 1
            stages += [
                nn.Conv2d(before, after, 4, stride=stride, padding=padding, bias=False),  # the norm has a bias
                nn.InstanceNorm2d(after, affine=True),
                nn.LeakyReLU(0.2),
            ]
        self.gains = nn.ModuleList(StyleGains(styles, count) for count in counts if styles)
        self.stages = nn.Sequential(*stages, nn.Conv2d(counts[-1], 1, 4, padding=padding))
        draw_weights(self)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """(N, inputs, H, W) in [-1, 1] -> float32 (N, 1, H', W'), unbounded; with three layers H' = H / 8 - 2."""
        return self.features(images)[-1]

    def features(self, images: torch.Tensor) -> list[torch.Tensor]:
        """Return the output of each layer, first layer first; the last one is the score, as from ``forward``.

        (N, inputs, H, W) in [-1, 1] -> float tensors (N, channels, h, w), one for each convolution, after its norm and
        leaky ReLU. The last ``styles`` input channels are planes with the shares of styles (see ``networks.styles``).
        """
        *hidden, last = self.stages
        made: list[torch.Tensor] = []
        values = images
        for stage in hidden:
            values = stage(values)
            if isinstance(stage, nn.LeakyReLU):
                if self.styles:
                    values = self.gains[len(made)](values, shares_in(images, self.styles))
                made.append(values)
        return [*made, last(values).float()]


DISCRIMINATORS = {"patch": PatchDiscriminator}
