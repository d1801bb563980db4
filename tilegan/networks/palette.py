"""The palette of a text: an affine map of colors that a condition changes."""

import torch
from torch import nn

from tilegan.networks.codes import CodeFilm

COLORS = 3  # channels
CHANGES = COLORS * (COLORS + 1)  # numbers of an affine map
SHARE = 0.25  # of the changes: those of a whole image have large gradients
FIRST = 0.1  # standard deviation of the first changes, for a condition of normal values


class Palette(nn.Module):
    """``M x + t`` for each pixel x, where a text changes M and t.

    A network of many layers takes thousands of steps to learn from a loss what night or autumn do to all colors.

    Float (N, 3, h, w) -> the same; the identity before training and without a text.
    """

    def __init__(self, words: int, values: int) -> None:
        super().__init__()
        self.mix = nn.Conv2d(COLORS, COLORS, 1)
        nn.init.dirac_(self.mix.weight)
        nn.init.zeros_(self.mix.bias)  # type: ignore[arg-type]
        self.film = CodeFilm(torch.zeros(values), CHANGES, FIRST / SHARE * values**-0.5) if words else None

    def forward(self, image: torch.Tensor, condition: torch.Tensor | None) -> torch.Tensor:
        """(N, 3, h, w) and conditions (N, values) -> (N, 3, h, w)."""
        moved: torch.Tensor = self.mix(image)
        if condition is None:
            return moved
        matrices, shifts = self._changes(condition)
        return moved + torch.einsum("ncd,ndhw->nchw", matrices, image) + shifts[..., None, None]

    @torch.no_grad()
    def absorb(self, source: "Palette", condition: torch.Tensor) -> None:
        """Fold the changes of a more precise copy for a condition (1, values) into the weights."""
        matrices, shifts = source._changes(condition)
        assert self.mix.bias is not None
        self.mix.weight.add_(matrices[0, :, :, None, None].to(self.mix.weight))
        self.mix.bias.add_(shifts[0].to(self.mix.bias))
        self.film = None

    def _changes(self, condition: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Return changes of matrices (N, 3, 3) and of shifts (N, 3)."""
        assert self.film is not None
        changes = SHARE * self.film(condition)
        return changes[:, : COLORS**2].unflatten(1, (COLORS, COLORS)), changes[:, COLORS**2 :]
