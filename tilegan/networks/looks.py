"""Looks of the instances of each label: seen while a generator learns, kept as a few to choose from."""

from collections.abc import Mapping

import torch
from torch import nn

from tilegan.errors import SettingError
from tilegan.networks.instances import Instances, cluster

KEPT = 512  # instances of each label, the last ones
LEAST = 16  # pixels of an instance that counts: smaller ones are mostly specks at the edges of others


class Gallery(nn.Module):
    """The features of the last instances of each label.

    It is a module without parameters, so that a checkpoint holds it. Each process has one of its own.
    """

    def __init__(self, labels: int, features: int) -> None:
        super().__init__()
        self.seen: torch.Tensor
        self.counts: torch.Tensor
        self.register_buffer("seen", torch.zeros(labels, KEPT, features))
        self.register_buffer("counts", torch.zeros(labels, dtype=torch.int64))

    @torch.no_grad()
    def add(self, instances: Instances, means: torch.Tensor) -> None:
        """Remember the features of some instances, float (instances, F)."""
        large = instances.areas >= LEAST
        for label in sorted(set(instances.labels[large].tolist())):
            rows = means[large & (instances.labels == label)][-KEPT:]
            places = (self.counts[label] + torch.arange(len(rows), device=rows.device)) % KEPT
            self.seen[label, places] = rows.to(self.seen)
            self.counts[label] += len(rows)

    def looks(self, count: int) -> torch.Tensor:
        """So many looks of each label, the most frequent one first, (labels, count, F); zeros of labels never seen."""
        looks = torch.zeros(len(self.seen), count, self.seen.shape[2])
        for label, total in enumerate(self.counts.tolist()):
            if total:
                looks[label] = cluster(self.seen[label, : min(total, KEPT)], count, seed=label)
        return looks


def chosen_looks(labels: int, looks: int, chosen: Mapping[int, int], seed: int | None, model: str) -> list[int]:
    """The number of each label's look.

    Args:
        labels: how many there are.
        looks: how many each of them has to choose from.
        chosen: numbers of looks by those of labels, from 0.
        seed: draws the looks of the others; None for their first ones.
        model: its name, for messages.

    Raises:
        SettingError: there is no such label or look.
    """
    for label, look in chosen.items():
        if not 0 <= label < labels:
            raise SettingError(f"the model '{model}' has no label {label}: choose of 0 to {labels - 1}")
        if not 0 <= look < looks:
            raise SettingError(f"the model '{model}' has no look {look} of label {label}: choose of 0 to {looks - 1}")
    numbers = [0] * labels
    if seed is not None:
        numbers = torch.randint(looks, (labels,), generator=torch.Generator().manual_seed(seed)).tolist()
    return [chosen.get(label, number) for label, number in enumerate(numbers)]
