"""The U-Net: an encoder and a decoder, with skips between layers of the same size."""

from typing import Final

import torch
from torch import nn

from tilegan.errors import ModelError
from tilegan.names import CHANNEL, UNET
from tilegan.networks.initial import draw_weights
from tilegan.norms.layers import norm_layer

DROPPED: Final = 3  # innermost layers of the decoder with dropout
WIDEST = 8  # maximum multiple of the channels of the first layer


class UNetGenerator(nn.Module):
    """``downs`` 4 x 4 convolutions of stride 2, and as many transposed convolutions, with skip connections.

    (Isola et al. 2017, 'Image-to-Image Translation with Conditional Adversarial Networks', section 6.1.1: it has 8, for
    images of 256 x 256; here the default is 5, so that the halo stays below 192 pixels. The norms are over channels,
    where the paper has batch norms, so that tiling is exact; with a batch of one, as in the inference of the paper,
    these are instance norms, which ``norm`` can select. Strided convolutions have reflection padding.) Dropout of one
    half in the three innermost layers of the decoder is the noise of the paper; it is active only in training.

    Float (N, inputs, h, w) in [-1, 1] -> (N, 3, h, w), the same range; ``inputs`` is 3, or 1 for grayscale, and h and w
    are multiples of 2^downs.
    """

    def __init__(self, channels: int, downs: int, norm: str = CHANNEL, inputs: int = 3) -> None:
        super().__init__()
        self.inputs = inputs
        if downs < 2:
            raise ModelError(f"a U-Net of {downs} downsamplings is too small: give 2 or more")
        counts = [channels * min(2**power, WIDEST) for power in range(downs)]
        self.downs, self.ups = nn.ModuleList(), nn.ModuleList()
        before = inputs
        for depth, count in enumerate(counts):
            down = nn.Conv2d(before, count, 4, stride=2, padding=1, padding_mode="reflect")
            outer, inner = depth == 0, depth == downs - 1
            after_it = [] if outer or inner else [norm_layer(norm, count)]
            self.downs.append(nn.Sequential(*([] if outer else [nn.LeakyReLU(0.2)]), down, *after_it))
            before = count
        for depth in reversed(range(downs)):
            after = counts[depth - 1] if depth else 3
            up = nn.ConvTranspose2d(before, after, 4, stride=2, padding=1)
            noise = [nn.Dropout(0.5)] if depth and depth >= downs - DROPPED else []
            self.ups.append(
                nn.Sequential(nn.ReLU(), up, *([norm_layer(norm, after), *noise] if depth else [nn.Tanh()]))
            )
            before = 2 * after
        draw_weights(self)

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        """(N, inputs, h, w) -> (N, 3, h, w), both in [-1, 1]."""
        skips = [image]
        for down in self.downs:
            skips.append(down(skips[-1]))
        features = skips.pop()
        for number, up in enumerate(self.ups):
            features = up(features if number == 0 else torch.cat((features, skips.pop()), 1))
        return features


GENERATORS = {UNET: UNetGenerator}
