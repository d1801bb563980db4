"""Keeping the look of a finished model in further training: a copy of its generator stays as it was at the start."""

from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy

import torch
from torch import nn

from tilegan.methods.base import Batch, MethodSettings
from tilegan.methods.passes import translate
from tilegan.methods.siamese_losses import tone_distance, tones

TONE_CELL = 8  # side of the areas whose mean colors are compared, in pixels


class Kept(nn.Module):
    """A copy of a generator, made at the first step of a training and part of its state."""

    taken: torch.Tensor

    def __init__(self, generator: nn.Module) -> None:
        super().__init__()
        self.network = deepcopy(generator).requires_grad_(False)
        self.register_buffer("taken", torch.tensor(False))

    @torch.no_grad()
    def results(self, generator: nn.Module, crops: Batch, settings: MethodSettings) -> torch.Tensor:
        """Return results of the generator as it was at its first step, (N, 3, H, W), of a batch from ``judged``."""
        if not self.taken:
            self.network.load_state_dict(generator.state_dict())
            self.taken.fill_(True)
        with same_noise(crops):
            return translate(self.network, crops, settings)


@contextmanager
def same_noise(crops: Batch) -> Iterator[None]:
    """Within the context random numbers, and so the noise of generators, are those of the batch."""
    device = crops.source.device
    with torch.random.fork_rng(devices=[device] if device.type == "cuda" else []):
        torch.manual_seed(crops.seed + crops.first)
        yield


def kept_distance(
    wanted: torch.Tensor,
    results: torch.Tensor,
    wanted_features: list[torch.Tensor],
    features: list[torch.Tensor],
    tone_weight: float,
) -> torch.Tensor:
    """Return the distance of results from those of the generator at the start, with the same noise.

    Args:
        wanted: float (N, 3, H, W) in [-1, 1], results of the generator at the start.
        results: the same of the generator as it is.
        wanted_features: frozen features of ``wanted``, float (N, C, h, w) each, finest first.
        features: the same of ``results``.
        tone_weight: weight of mean colors, relative to features.

    Returns:
        scalar: the mean over channels and all scales but the coarsest, where content is compared with the source, of
        the mean squared difference of features in units of their variance, plus that of mean colors.
    """
    found = tone_weight * tone_distance(tones(wanted, TONE_CELL), results, TONE_CELL)
    scales = list(zip(wanted_features[:-1], features[:-1], strict=True))
    for one, other in scales:
        apart = (one.float() - other.float()).square().mean((0, 2, 3))
        found = found + (apart / (one.float().var((0, 2, 3)) + 1e-3)).mean() / len(scales)
    return found
