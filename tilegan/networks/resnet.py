"""The generator of CycleGAN: residual blocks at a quarter of the resolution, between strided convolutions."""

import torch
from torch import nn

from tilegan.errors import ModelError
from tilegan.names import CHANNEL, RESNET
from tilegan.networks.initial import draw_weights
from tilegan.norms.layers import norm_layer
from tilegan.tiling.unpadded import trim_to

WIDE = 7  # kernel of the first and the last convolution


class ResNetGenerator(nn.Module):
    """c7s1-64, d128, d256, ``blocks`` times R256, u128, u64, c7s1-3, in the notation of the paper.

    (Zhu et al. 2017, 'Unpaired Image-to-Image Translation using Cycle-Consistent Adversarial Networks', appendix 7.2,
    after Johnson et al. 2016, 'Perceptual Losses for Real-Time Style Transfer and Super-Resolution': 64 ``channels``,
    and 9 blocks for images of 256 pixels.) All convolutions except the last are followed by a norm, which in the paper
    is ``instance``. Upsampling is by 3 x 3 transposed convolutions, as in the paper; their output at a position does
    not depend on where a window begins, if it begins at a multiple of the stride.

    Float (N, inputs, h, w) in [-1, 1] -> (N, 3, h, w), the same range; h and w are multiples of 4.
    """

    def __init__(self, channels: int, blocks: int, norm: str = CHANNEL, inputs: int = 3) -> None:
        super().__init__()
        self.inputs = inputs
        if channels < 1 or blocks < 0:
            raise ModelError(f"a generator of {channels} channels and {blocks} blocks cannot be")
        layers: list[nn.Module] = _convolved(inputs, channels, norm, WIDE)
        for count in (channels, 2 * channels):
            layers += _convolved(count, 2 * count, norm, 3, stride=2)
        layers += [_Block(4 * channels, norm) for _ in range(blocks)]
        for count in (4 * channels, 2 * channels):
            up = nn.ConvTranspose2d(count, count // 2, 3, stride=2, padding=1, output_padding=1)
            layers += [up, norm_layer(norm, count // 2), nn.ReLU(inplace=True)]
        layers += [nn.Conv2d(channels, 3, WIDE, padding=WIDE // 2, padding_mode="reflect"), nn.Tanh()]
        self.layers = nn.Sequential(*layers)
        draw_weights(self)

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        """(N, inputs, h, w) -> (N, 3, h, w), both in [-1, 1]."""
        output: torch.Tensor = self.layers(image)
        return output


class _Block(nn.Module):
    """features + norm(conv(relu(norm(conv(features))))), 3 x 3 kernels."""

    def __init__(self, channels: int, norm: str) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            *_convolved(channels, channels, norm, 3), *_convolved(channels, channels, norm, 3)[:-1]
        )

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        """(N, C, h, w) -> (N, C, h, w)."""
        change: torch.Tensor = self.layers(features)
        return change + trim_to(features, change)


def _convolved(before: int, after: int, norm: str, kernel: int, stride: int = 1) -> list[nn.Module]:
    convolution = nn.Conv2d(before, after, kernel, stride=stride, padding=kernel // 2, padding_mode="reflect")
    return [convolution, norm_layer(norm, after), nn.ReLU(inplace=True)]


GENERATORS = {RESNET: ResNetGenerator}
