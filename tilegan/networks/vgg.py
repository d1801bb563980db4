"""Features of a VGG network for perceptual losses; the weights are supplied by the user."""

import re
from collections.abc import Mapping
from itertools import chain, pairwise
from typing import Self

import safetensors
import torch
from safetensors.torch import load_file
from torch import nn

from tilegan.errors import ModelError

# of the photographs that such networks were trained on, red, green and blue in [0, 1]; they belong to the weights
MEANS, DEVIATIONS = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
WEIGHT = re.compile(r"features\.(\d+)\.weight")
# Indices of a convolution and the next one in torchvision's list of layers: a ReLU is between them, or also a pooling.
NEXT, POOLED = 2, 3


class VggFeatures(nn.Module):
    """3 x 3 convolutions, each with a ReLU, and 2 x 2 max poolings (Simonyan and Zisserman 2015, 'Very Deep ...').

    Weights are non-persistent buffers: they are not trained, and checkpoints do not contain them.

    Attributes:
        channels: of the features, from fine to coarse.
    """

    means: torch.Tensor
    deviations: torch.Tensor

    def __init__(self, tensors: Mapping[str, torch.Tensor], most: int | None = None) -> None:
        """Build the network from tensors with the names of torchvision (``features.0.weight`` ...); others are ignored.

        The indices of layers determine where the poolings are, and the last convolution is the end of the network, so
        that a file with fewer layers gives earlier features.

        Args:
            tensors: weights and biases.
            most: number of blocks, which end at poolings, after which the network ends; None for all.

        Raises:
            ModelError: the tensors are not those of a VGG network without batch norms.
        """
        super().__init__()
        places = sorted(int(found[1]) for found in map(WEIGHT.fullmatch, tensors) if found)
        _check(places, tensors)
        self.blocks = _blocks(places)[:most]
        self.channels = tuple(len(tensors[f"features.{block[-1]}.weight"]) for block in self.blocks)
        for place in chain(*self.blocks):
            for part in ("weight", "bias"):
                tensor = tensors[f"features.{place}.{part}"].float()
                self.register_buffer(f"{part}_{place}", tensor, persistent=False)
        for name, values in (("means", MEANS), ("deviations", DEVIATIONS)):
            self.register_buffer(name, torch.tensor(values).view(1, 3, 1, 1), persistent=False)

    @classmethod
    def read(cls, path: str, most: int | None = None) -> Self:
        """Read the network from a safetensors file, up to ``most`` blocks.

        Raises:
            ModelError: the file cannot be read, or contains another network.
        """
        try:
            return cls(load_file(path), most)
        except (OSError, safetensors.SafetensorError) as error:
            reason = str(error).splitlines()[0]
            raise ModelError(f"no VGG weights in {path}: {reason}: give a .safetensors file") from error
        except ModelError as error:
            raise ModelError(f"no VGG weights in {path}: {error}") from error

    def forward(self, images: torch.Tensor) -> list[torch.Tensor]:
        """(N, 3, H, W) in [-1, 1] -> float32 (N, C, H / s, W / s), s = 1, 2, 4 ...: the end of each block.

        It is the output of the last convolution before each pooling, after its ReLU, and of the last one of all:
        relu1_2, relu2_2, relu3_3, relu4_3 and relu5_3 of VGG16. Sizes are rounded down.
        """
        features, found = ((images + 1) / 2 - self.means) / self.deviations, []
        for number, block in enumerate(self.blocks):
            if number:
                features = nn.functional.max_pool2d(features, 2)
            for place in block:
                weight, bias = getattr(self, f"weight_{place}"), getattr(self, f"bias_{place}")
                features = torch.relu(nn.functional.conv2d(features, weight, bias, padding=1))
            found.append(features.float())
        return found


def _blocks(places: list[int]) -> list[list[int]]:
    """Return the convolutions between poolings."""
    found = [places[:1]]
    for before, place in pairwise(places):
        if place - before == POOLED:
            found.append([])
        found[-1].append(place)
    return found


def _check(places: list[int], tensors: Mapping[str, torch.Tensor]) -> None:
    if not places:
        raise ModelError("it holds no features.0.weight")
    channels = 3
    for before, place in pairwise([places[0] - NEXT, *places]):
        weight, bias = tensors[f"features.{place}.weight"], tensors.get(f"features.{place}.bias")
        if weight.ndim != 4 or weight.shape[1:] != (channels, 3, 3) or bias is None:
            raise ModelError(
                f"features.{place} is no 3 x 3 convolution of {channels} channels; batch norms are not supported"
            )
        if place - before not in (NEXT, POOLED):
            raise ModelError(f"features.{before} is followed by features.{place}, which no VGG network has")
        channels = len(weight)
