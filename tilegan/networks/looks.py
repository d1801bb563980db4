"""Looks of the instances of each label: collected in training and reduced to a few to choose from."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn

from tilegan.errors import SettingError
from tilegan.networks.instances import Instances, cluster

NUMBERS = 2**16  # of objects in instance maps
KEPT = 512  # most recent instances of each label
LEAST = 16  # pixels of the smallest instance that is used: smaller ones are mostly specks at the edges of others


class Gallery(nn.Module):
    """A buffer of the features of the most recent instances of each label.

    It is a module without parameters, so that checkpoints include it. Each process has its own buffer.
    """

    def __init__(self, labels: int, features: int) -> None:
        super().__init__()
        self.seen: torch.Tensor
        self.counts: torch.Tensor
        self.register_buffer("seen", torch.zeros(labels, KEPT, features))
        self.register_buffer("counts", torch.zeros(labels, dtype=torch.int64))

    @torch.no_grad()
    def add(self, instances: Instances, means: torch.Tensor) -> None:
        """Store the features of instances, float (instances, F)."""
        large = instances.areas >= LEAST
        for label in sorted(set(instances.labels[large].tolist())):
            rows = means[large & (instances.labels == label)][-KEPT:]
            places = (self.counts[label] + torch.arange(len(rows), device=rows.device)) % KEPT
            self.seen[label, places] = rows.to(self.seen)
            self.counts[label] += len(rows)

    def looks(self, count: int) -> torch.Tensor:
        """Return looks of each label, most frequent first, (labels, count, F); zeros for labels never seen."""
        looks = torch.zeros(len(self.seen), count, self.seen.shape[2])
        for label, total in enumerate(self.counts.tolist()):
            if total:
                looks[label] = cluster(self.seen[label, : min(total, KEPT)], count, seed=label)
        return looks


@dataclass(frozen=True)
class Looks:
    """The selected looks.

    Attributes:
        labels: the index of the look of each label.
        fixed: for each label, whether its look was chosen rather than drawn.
        chosen: looks that were chosen for objects, by object number.
        drawn: int64 (65536,), looks drawn for all objects, for labels that are not fixed; None if none are drawn.
    """

    labels: list[int]
    fixed: list[bool]
    chosen: dict[int, int]
    drawn: torch.Tensor | None


def chosen_looks(
    architecture: Mapping[str, Any], chosen: Mapping[int | str, int], seed: int | None, model: str
) -> Looks:
    """Select the looks of labels and objects.

    Args:
        architecture: architecture of a generator with several looks.
        chosen: indices of looks, from 0, by label (its index, from 0, or its name) and by object ('#17').
        seed: seed for drawing the looks of the others; None to use their first looks.
        model: name of the model, for messages.

    Raises:
        SettingError: there is no such label, object or look.
    """
    count, looks = len(architecture["labels"]), architecture["looks"]
    labels: dict[int, int] = {}
    objects: dict[int, int] = {}
    for key, look in chosen.items():
        is_object = isinstance(key, str) and key.startswith("#")
        if not 0 <= look < looks:
            of = key if is_object else f"label {key}"
            raise SettingError(f"the model '{model}' has no look {look} of {of}: choose from 0 to {looks - 1}")
        if isinstance(key, str) and is_object:
            objects[_object(key, architecture, model)] = look
        else:
            labels |= dict.fromkeys(_labels(key, architecture, model), look)
    random = torch.Generator().manual_seed(seed or 0)
    numbers, drawn = [0] * count, None
    if seed is not None:
        numbers = torch.randint(looks, (count,), generator=random).tolist()
        if architecture.get("instances"):
            drawn = torch.randint(looks, (NUMBERS,), generator=random)
    own = [labels.get(label, number) for label, number in enumerate(numbers)]
    return Looks(own, [label in labels for label in range(count)], objects, drawn)


def _labels(key: int | str, architecture: Mapping[str, Any], model: str) -> list[int]:
    """Return the indices of the labels with this index or name."""
    count, names = len(architecture["labels"]), architecture.get("label_names", ())
    found = [label for label in range(count) if key in (label, *filter(None, names[label : label + 1]))]
    if not found:
        named = f", or {', '.join(name for name in names if name)}" if any(names) else ""
        raise SettingError(f"the model '{model}' has no label {key}: choose from 0 to {count - 1}{named}")
    return found


def _object(key: str, architecture: Mapping[str, Any], model: str) -> int:
    """Return the number of an object."""
    if not architecture.get("instances"):
        raise SettingError(f"the model '{model}' knows no instances, such as {key}: choose the looks of labels")
    if not key[1:].isdecimal() or not 0 < int(key[1:]) < NUMBERS:
        raise SettingError(f"no instance {key}: choose by # and its number, 1 to {NUMBERS - 1}")
    return int(key[1:])
