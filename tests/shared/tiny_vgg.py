"""Files of tiny VGG networks: one convolution a block."""

from pathlib import Path

import torch
from safetensors.torch import save_file


def random_vgg(file: Path, blocks: int = 4) -> Path:
    """Write a file of random weights, with 4, 5, 6 ... channels, and return it."""
    draw = torch.Generator().manual_seed(0)
    tensors, channels = {}, 3
    for block in range(blocks):
        tensors[f"features.{3 * block}.weight"] = torch.randn(4 + block, channels, 3, 3, generator=draw) / 3
        channels = 4 + block
        tensors[f"features.{3 * block}.bias"] = torch.zeros(channels)
    save_file(tensors, file)
    return file


def copying_vgg(file: Path, blocks: int = 4) -> Path:
    """Write a file of a network that copies red, so that its features are maxima of squares, and return it."""
    tensors = {}
    for block in range(blocks):
        weight = torch.zeros(1, 1 if block else 3, 3, 3)
        weight[0, 0, 1, 1] = 1
        tensors |= {f"features.{3 * block}.weight": weight, f"features.{3 * block}.bias": torch.zeros(1)}
    save_file(tensors, file)
    return file
