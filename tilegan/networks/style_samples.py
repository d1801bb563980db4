"""A sample of the features of targets: vectors at random positions, from which their distribution is known."""

import torch
from torch import nn

KEPT = 8192  # vectors per tap: 256 of each of 32 crops
PER_CROP = 256


class StyleSamples(nn.Module):
    """Feature vectors of the first crops of targets; part of the state. When it is full, it stays as it is.

    Args:
        channels: channels of each tap.
    """

    count: torch.Tensor

    def __init__(self, channels: tuple[int, ...]) -> None:
        super().__init__()
        self.taps = len(channels)
        for tap, each in enumerate(channels):
            self.register_buffer(f"tap_{tap}", torch.zeros(KEPT, each))
        self.register_buffer("count", torch.zeros(self.taps, dtype=torch.int64))

    @property
    def full(self) -> bool:
        """Return whether all vectors are stored."""
        return bool((self.count == KEPT).all())

    @torch.no_grad()
    def remember(self, features: list[torch.Tensor], seed: int) -> None:
        """Store vectors (N, C, h, w) of each tap at random positions, up to 256 of each crop."""
        for tap, each in enumerate(features):
            rows = vectors(each, PER_CROP, seed).flatten(0, 1)
            first = int(self.count[tap])
            rows = rows[: KEPT - first]
            self.get_buffer(f"tap_{tap}")[first : first + len(rows)] = rows
            self.count[tap] = first + len(rows)

    def of(self, tap: int) -> torch.Tensor:
        """Return the stored vectors of a tap, (n, C)."""
        return self.get_buffer(f"tap_{tap}")[: int(self.count[tap])]

    def some(self, tap: int, most: int, seed: int) -> torch.Tensor:
        """Return up to ``most`` random ones of the stored vectors of a tap, (n, C)."""
        rows = self.of(tap)
        draw = torch.Generator().manual_seed(seed)
        return rows[torch.randperm(len(rows), generator=draw)[:most].to(rows.device)]


def vectors(features: torch.Tensor, most: int, seed: int) -> torch.Tensor:
    """Return vectors at random positions, the same in all images: (N, C, h, w) -> (N, min(most, h w), C)."""
    rows = features.float().flatten(2).transpose(1, 2)
    draw = torch.Generator().manual_seed(seed)
    chosen = torch.randperm(rows.shape[1], generator=draw)[:most]
    return rows[:, chosen.to(rows.device)]
