"""Retrieval of captions by a model in training: whether a painting's own captions are found among those of others."""

import math
from collections.abc import Sequence
from typing import cast

import torch

from tilegan.methods.base import JudgesCaptions
from tilegan.networks.words import Vocabulary
from tilegan.training.dataset import Dataset
from tilegan.training.images import TrainingImage, read_reduced
from tilegan.training.trainer import Trainer

RANKS = (1, 5)  # numbers of best captions among which one of the painting's own has to be


def caption_figures(trainer: Trainer, dataset: Dataset) -> dict[str, float]:
    """Return how often captions of targets are found, of held-out ones if there are several; empty without captions.

    Returns:
        ``caption_1``, ``caption_5``: share of the targets with one of their own captions among the best and the five
        best of all; ``chance_1``, ``chance_5``: the same for random orders.
    """
    if not dataset.words:
        return {}
    held_out, trained = dataset.held_out[1], dataset.trained[1]
    images = held_out if len(held_out) > 1 else trained
    known = Vocabulary(dataset.words)
    bags = torch.stack([known.bag(caption) for image in images for caption in image.captions])
    rows = torch.cat([_matches(trainer, image, bags) for image in images])
    return retrieval(rows, [len(image.captions) for image in images])


def retrieval(matches: torch.Tensor, counts: Sequence[int]) -> dict[str, float]:
    """Return the figures of ``caption_figures``.

    Args:
        matches: float (N, M), how well each of all captions matches each image.
        counts: number of captions of each image, whose sum is M; those of an image follow each other.
    """
    owners = torch.repeat_interleave(torch.arange(len(counts)), torch.tensor(counts))
    order = torch.argsort(matches, dim=1, descending=True, stable=True)
    found = owners[order] == torch.arange(len(counts))[:, None]
    figures, total = {}, len(owners)
    for rank in RANKS:
        figures[f"caption_{rank}"] = float(found[:, :rank].any(1).float().mean())
        taken = min(rank, total)
        missed = [math.comb(total - count, taken) / math.comb(total, taken) for count in counts]
        figures[f"chance_{rank}"] = 1 - sum(missed) / len(missed)
    return figures


def _matches(trainer: Trainer, image: TrainingImage, bags: torch.Tensor) -> torch.Tensor:
    """Return the matches of captions (M, words) with a whole image, float (1, M)."""
    pixels = torch.from_numpy(read_reduced(image)[..., :3].copy()).to(trainer.device).movedim(-1, 0)[None]
    method = cast(JudgesCaptions, trainer.method)
    progress = trainer.step / trainer.settings.steps
    return method.matches(pixels.float() / 127.5 - 1, bags.to(trainer.device), progress).cpu()
