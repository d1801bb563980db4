"""Context of a generator: a vector computed from a thumbnail of the whole image, the same for all of its tiles.

The vector modulates a generator's layers (Perez et al. 2018, 'FiLM: Visual Reasoning with a General Conditioning
Layer'). It is computed once per image, so that tiling stays exact.
"""

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

SIDE = 64  # side of a thumbnail, in pixels; images of any aspect ratio are resized to a square
CHANNELS = (16, 32, 64)


class ContextEncoder(nn.Module):
    """Strided convolutions and a global mean: encodes which colors and structures there are, hardly where.

    It is small and has no dense layer over positions: with a few hundred images it would overfit.
    """

    def __init__(self, values: int) -> None:
        super().__init__()
        self.values = values
        layers: list[nn.Module] = []
        for before, after in zip((3, *CHANNELS), CHANNELS, strict=False):
            layers += [nn.Conv2d(before, after, 3, stride=2, padding=1, padding_mode="reflect"), nn.LeakyReLU(0.2)]
        self.stages = nn.Sequential(*layers)
        self.head = nn.Linear(CHANNELS[-1], values)
        for layer in self.modules():  # torch's default initialization gives vectors that hardly differ between images
            if isinstance(layer, nn.Conv2d | nn.Linear):
                nn.init.kaiming_normal_(layer.weight, 0.2, nonlinearity="leaky_relu")
                assert layer.bias is not None
                nn.init.zeros_(layer.bias)

    def forward(self, thumbnails: torch.Tensor) -> torch.Tensor:
        """Float (N, 3, h, w) in [-1, 1], of any size -> (N, values) in [-1, 1]."""
        features: torch.Tensor = self.stages(thumbnails)
        return torch.tanh(self.head(features.mean((2, 3))))


def conditions(
    generator: nn.Module,
    thumbnails: torch.Tensor | None,
    styles: torch.Tensor | None = None,
    codes: torch.Tensor | None = None,
) -> tuple[torch.Tensor, ...]:
    """Return the condition vectors that a generator takes in addition to images; empty if it takes none.

    Args:
        generator: a generator with or without ``conditioned_by``.
        thumbnails: float (N, 3, h, w) in [-1, 1]; None if unknown.
        styles: float (N, styles), the share of each style; None if there is only one style.
        codes: float (N, codes), values of codes; None if it has none, or for the default ones.

    Returns:
        (float (N, values),) or ().
    """
    condition = getattr(generator, "conditioned_by", None)
    if condition is None or (thumbnails is None and styles is None and codes is None):
        return ()
    further = () if codes is None else (codes,)  # generators of other packages may take none
    vectors: torch.Tensor | None = condition(thumbnails, styles, *further)
    return () if vectors is None else (vectors,)


def thumbnail_of(pixels: NDArray[np.unsignedinteger[Any]]) -> NDArray[np.uint8]:
    """Resize an image, or a reduced copy of it, to a thumbnail by box averaging.

    Args:
        pixels: uint8 or uint16 (h, w, 3), at least 1 x 1.

    Returns:
        uint8 (64, 64, 3).
    """
    # not by torch: training makes thumbnails in parallel with the steps, and further torch threads would exceed the
    # number of cores: the threads of the steps would sleep between calls and wake up late
    means = _means_of_boxes(_means_of_boxes(pixels).swapaxes(0, 1)).swapaxes(0, 1)
    thumbnail: NDArray[np.uint8] = (means * (255 / np.iinfo(pixels.dtype).max) + 0.5).astype(np.uint8)
    return thumbnail


def _means_of_boxes(values: NDArray[Any]) -> NDArray[np.float64]:
    """Return means of 64 ranges of rows, which may overlap: (h, w, 3) -> (64, w, 3)."""
    rows = len(values)
    return np.stack([values[part * rows // SIDE : -(-(part + 1) * rows // SIDE)].mean(0) for part in range(SIDE)])
