"""The distance of distributions of features: as one set, or apart for each region of the painting's palette."""

import torch

from tilegan.metrics.lab import LUMA

LEAST = 8  # vectors of a region: fewer tell nothing about a distribution
_TURNS = 10  # of Lloyd's algorithm


def palette_regions(tones: torch.Tensor, count: int) -> torch.Tensor:
    """Return the mean colors of ``count`` regions of a palette, by k-means (Lloyd 1982), starting at quantiles of luma.

    Args:
        tones: float (n, 3) in [-1, 1], n >= 1, mean colors of places.
        count: number of regions.

    Returns:
        float (count, 3); regions to which no place belongs stay where they started.
    """
    order = (tones @ tones.new_tensor(LUMA)).argsort(stable=True)
    places = (torch.arange(count, device=tones.device) + 0.5) * (len(tones) / count)
    centers = tones[order[places.long()]]
    for _ in range(_TURNS):
        members = torch.nn.functional.one_hot(region_of(tones, centers), count).to(tones.dtype)
        counts = members.sum(0)[:, None]
        centers = torch.where(counts > 0, members.T @ tones / counts.clamp(min=1), centers)
    return centers


def region_of(tones: torch.Tensor, centers: torch.Tensor) -> torch.Tensor:
    """Return the number of the nearest center for each tone: (n, 3), (k, 3) -> int64 (n,)."""
    return (tones[:, None] - centers).square().sum(2).argmin(1)


def regional_distance(
    made: torch.Tensor,
    wanted: torch.Tensor,
    regions: tuple[torch.Tensor, torch.Tensor],
    directions: torch.Tensor,
) -> torch.Tensor:
    """Return the mean of ``sliced_distance`` over regions, weighted by their shares of ``made``.

    So each area is compared with areas of the painting that have its color, and dark or even ones are not filled with
    the average texture (Gatys et al. 2017, 'Controlling Perceptual Factors in Neural Style Transfer', section 4).
    Regions with fewer than 8 vectors in either set are left out.

    Args:
        made: float (n, C).
        wanted: float (m, C).
        regions: int64 (n,) and (m,), the region of each.
        directions: float (C, k), unit vectors.

    Returns:
        scalar.
    """
    total = made.new_zeros(())
    for region in sorted(set(regions[0].tolist())):
        own, others = (rows[place == region] for rows, place in zip((made, wanted), regions, strict=True))
        if min(len(own), len(others)) >= LEAST:
            total = total + len(own) / len(made) * sliced_distance(own, others, directions)
    return total


def sliced_distance(made: torch.Tensor, wanted: torch.Tensor, directions: torch.Tensor) -> torch.Tensor:
    """Return the mean over directions of the squared Wasserstein distance of projections of two sets of vectors.

    Sorted projections are compared at the same quantiles; those of ``wanted`` are interpolated linearly (Heitz et al.
    2021, equations 2 and 3; Rabin et al. 2011).

    Args:
        made: float (n, C).
        wanted: float (m, C).
        directions: float (C, k), unit vectors.

    Returns:
        scalar.
    """
    with torch.autocast(made.device.type, enabled=False):  # ranks need more than the 8 bits of bfloat16
        projected = [(rows.float() @ directions).T.contiguous() for rows in (made, wanted)]
    own, others = (each.sort(1).values for each in projected)  # rows: sorting columns takes several times as long
    places = (torch.arange(len(made), device=own.device) + 0.5) * (len(wanted) / len(made)) - 0.5
    places = places.clamp(0, len(wanted) - 1)
    below = places.long()
    above = (below + 1).clamp(max=len(wanted) - 1)
    quantiles = torch.lerp(others[:, below], others[:, above], (places - below).to(others.dtype))
    return (own - quantiles).square().mean()
