"""Fixed blurs as convolutions, and the padding of all layers."""

from typing import Final

import torch
from torch import nn

# Reflection padding, so that a tile looks like a part of something larger: zeros reveal to the generator where its tile
# ends, and in `combo` mode bands appear in skies. With a halo, padding makes no difference.
PADDING: Final = "reflect"


def box_blur(channels: int, side: int) -> nn.Sequential:
    """Return a fixed blur of each channel: a ``side`` x ``side`` box, applied twice; no layers if the side is 0."""
    return separable_blur(channels, torch.tensor([min(n, 2 * side - n) / side**2 for n in range(1, 2 * side)]))


def separable_blur(channels: int, taps: torch.Tensor) -> nn.Sequential:
    """Return a fixed blur of each channel by the same odd number of taps along either axis; no layers without taps.

    It is one convolution per axis, which takes a thirtieth of the time of torch's average pooling.
    """
    layers = []
    for shape in ((len(taps), 1), (1, len(taps))) if len(taps) else ():
        blur = nn.Conv2d(channels, channels, shape, padding="same", groups=channels, bias=False, padding_mode=PADDING)
        blur.weight = nn.Parameter(taps.reshape(shape).expand_as(blur.weight).clone(), requires_grad=False)
        layers.append(blur)
    return nn.Sequential(*layers)


def cell_blur(channels: int, stride: int) -> nn.Conv2d:
    """Return a fixed blur of each channel that removes all patterns with the period of a cell.

    Its taps, ``stride`` or one more with the outer ones halved, have the same sum for each position in the cell.
    """
    taps = torch.full((stride // 2 * 2 + 1,), 1 / stride)
    if stride % 2 == 0:
        taps[[0, -1]] /= 2
    blur = nn.Conv2d(
        channels, channels, len(taps), padding=stride // 2, groups=channels, bias=False, padding_mode=PADDING
    )
    blur.weight = nn.Parameter((taps[:, None] * taps).expand_as(blur.weight).clone(), requires_grad=False)
    return blur
