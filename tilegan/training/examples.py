"""What a training learns from, step by step: crops of two folders, which correspond or do not."""

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple, Protocol

import numpy as np

from tilegan.training.crops import Crop, Crops


class Examples(Protocol):
    """What a training learns from."""

    def crops(self, number: int) -> tuple[Crop, Crop]:
        """Crops ``number`` of sources and of targets."""
        ...


class Unpaired(NamedTuple):
    """Crops of two folders that have nothing to do with each other."""

    sources: Crops
    targets: Crops

    def crops(self, number: int) -> tuple[Crop, Crop]:
        """See ``Examples``."""
        return self.sources.crop(number), self.targets.crop(number)


class Styled(NamedTuple):
    """Crops of sources, and of targets of several styles in turn."""

    sources: Crops
    targets: list[Crops]

    def crops(self, number: int) -> tuple[Crop, Crop]:
        """See ``Examples``."""
        return self.sources.crop(number), self.targets[number % len(self.targets)].crop(number // len(self.targets))


class Paired(NamedTuple):
    """Crops at the same places of images that correspond one by one, chosen where the targets are not flat."""

    sources: Crops
    targets: Crops

    def crops(self, number: int) -> tuple[Crop, Crop]:
        """See ``Examples``."""
        place = self.targets.place(number, self.sources)
        return self.sources.take(place), self.targets.take(place)


def batches(examples: Examples, steps: range, part: range, size: int) -> Iterator[tuple[Crop, Crop]]:
    """The crops of each step, each made while the step before it is computed.

    Args:
        examples: what they are taken from.
        steps: numbers of the steps.
        part: which crops of each step are wanted.
        size: crops in each step.

    Yields:
        those of sources and of targets, N together.
    """

    def make(step: int) -> tuple[Crop, Crop]:
        numbers = range(step * size + part.start, step * size + part.stop)
        sources, targets = zip(*map(examples.crops, numbers), strict=True)
        return _stacked(sources), _stacked(targets)

    with ThreadPoolExecutor(1, thread_name_prefix="crops") as executor:
        following = executor.submit(make, steps.start) if steps else None
        for step in steps:
            assert following is not None
            made = following.result()
            following = executor.submit(make, step + 1) if step + 1 < steps.stop else None
            yield made


def _stacked(crops: Iterable[Crop]) -> Crop:
    return Crop(*map(np.stack, zip(*crops, strict=True)))
