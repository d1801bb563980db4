"""Instances of a label map, the areas of single objects: detection, averages over them, and clusters of their looks."""

from dataclasses import dataclass

import torch

ROUNDS = 20  # iterations of k-means: with few points it converges sooner


@dataclass(frozen=True)
class Instances:
    """The instances of a batch of label maps.

    Attributes:
        of_pixel: int64 (N, h, w), the index of the instance of each pixel; indices of different maps differ.
        labels: int64 (instances,), the label of each instance.
        areas: float (instances,), areas in pixels.
    """

    of_pixel: torch.Tensor
    labels: torch.Tensor
    areas: torch.Tensor

    def means(self, features: torch.Tensor) -> torch.Tensor:
        """Average features over each instance: (N, F, h, w) -> float32 (instances, F)."""
        rows = features.float().movedim(1, -1).flatten(0, 2)
        sums = rows.new_zeros(len(self.labels), rows.shape[1]).index_add(0, self.of_pixel.flatten(), rows)
        return sums / self.areas[:, None]

    def spread(self, means: torch.Tensor) -> torch.Tensor:
        """Return at each pixel the mean of its instance: (instances, F) -> (N, F, h, w)."""
        rows = means.index_select(0, self.of_pixel.flatten())
        return rows.reshape(*self.of_pixel.shape, -1).movedim(-1, 1)


def find_instances(labels: torch.Tensor, numbers: torch.Tensor | None = None) -> Instances:
    """Find instances: pixels of one label and one number; without a number, 4-connected areas of one label.

    Args:
        labels: int64 (N, h, w), the label of each pixel.
        numbers: int64 (N, h, w), the object number of each pixel; 0 for none. None if there are no object numbers.
    """
    kinds = labels if numbers is None else labels * (int(numbers.max()) + 1) + numbers
    areas = _connected(kinds)
    if numbers is not None:
        maps = torch.arange(len(labels), device=labels.device)[:, None, None]
        objects = maps * (int(kinds.max()) + 1) + kinds
        areas = torch.where(numbers > 0, labels.numel() + objects, areas)  # no object has the index of an area
    found, of_pixel, counts = torch.unique(areas, return_inverse=True, return_counts=True)
    label_of = torch.zeros_like(found).scatter(0, of_pixel.flatten(), labels.flatten())
    return Instances(of_pixel, label_of, counts.float())


def _connected(labels: torch.Tensor) -> torch.Tensor:
    """Label 4-connected components: return for each pixel the index of one pixel of its component.

    Trees of pixels are joined at neighbors of the same label and flattened in turn until nothing changes (Shiloach and
    Vishkin 1982, 'An O(log n) Parallel Connectivity Algorithm').
    """
    numbers = torch.arange(labels.numel(), device=labels.device).reshape(labels.shape)
    pairs = []
    for axis in (1, 2):
        before, after = (slice(None, -1), slice(1, None))
        places = [(slice(None),) * axis + (part,) for part in (before, after)]
        same = labels[places[0]] == labels[places[1]]
        pairs.append(torch.stack([numbers[place][same] for place in places]))
    first, second = torch.cat(pairs, 1)
    roots = numbers.flatten()
    while not torch.equal(roots[first], roots[second]):
        here, there = roots[first], roots[second]
        highest = torch.maximum(here, there)
        roots = roots.scatter_reduce(0, torch.cat((here, there)), highest.repeat(2), "amax")
        while not torch.equal(roots, roots[roots]):
            roots = roots[roots]
    return roots.reshape(labels.shape)


def cluster(points: torch.Tensor, count: int, seed: int) -> torch.Tensor:
    """Return the centers of ``count`` clusters, found by k-means, largest cluster first.

    (Lloyd 1982, 'Least Squares Quantization in PCM'; initialized as in Arthur and Vassilvitskii 2007, 'k-means++'.)

    Args:
        points: float (n, F), at least one.
        count: number of clusters; if there are fewer distinct points, the centers repeat in turn.
        seed: seed of the initial points.

    Returns:
        (count, F).
    """
    points, random = points.double().cpu(), torch.Generator().manual_seed(seed)
    centers = points[torch.randint(len(points), (1,), generator=random)]
    while len(centers) < count and bool((away := torch.cdist(points, centers).amin(1)).any()):
        centers = torch.cat((centers, points[torch.multinomial(away.square(), 1, generator=random)]))
    for _ in range(ROUNDS):
        nearest = torch.cdist(points, centers).argmin(1)
        members = torch.nn.functional.one_hot(nearest, len(centers)).double()
        sizes = members.sum(0)
        centers = torch.where(sizes[:, None] > 0, members.T @ points / sizes.clamp(min=1)[:, None], centers)
    centers = centers[sizes.argsort(descending=True, stable=True)]
    return centers[torch.arange(count) % len(centers)].float()
