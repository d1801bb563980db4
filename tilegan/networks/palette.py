"""The palette of a text: an affine map of colors that a text changes, and the statistics of palettes."""

import torch
from torch import nn

from tilegan.metrics.lab import LUMA
from tilegan.networks.codes import CodeFilm

COLORS = 3  # channels
CHANGES = COLORS * (COLORS + 1)  # numbers of an affine map
SHARE = 0.25  # of the changes by a condition: those of a whole image have large gradients
FIRST = 0.1  # standard deviation of the first changes, for a condition of normal values
RIDGE = 1.0  # captions of which a word's effect is halved: fits best what is held out of 135 paintings


def opponents(images: torch.Tensor) -> torch.Tensor:
    """Return luma, red minus luma and blue minus luma of colors, (N, 3, H, W) -> the same."""
    luma = (images.new_tensor(LUMA)[:, None, None] * images).sum(1)
    return torch.stack((luma, images[:, 0] - luma, images[:, 2] - luma), 1)


def palettes_of(images: torch.Tensor) -> torch.Tensor:
    """Return means and standard deviations of luma, red minus luma and blue minus luma.

    Float (N, 3, H, W) in [-1, 1] -> (N, 6).
    """
    values = opponents(images)
    return torch.cat((values.mean((2, 3)), (values.var((2, 3)) + 1e-6).sqrt()), 1)


class Palette(nn.Module):
    """``M x + t`` for each pixel x, where a text changes M and t.

    Float (N, 3, h, w) -> the same; the identity before training and without a text.

    Args:
        words: number of words; 0 for none.
        values: values of the condition that changes the map; 0 if it is the text itself, so that each word has a map of
            its own, which is known before training (see ``fit``). A condition takes thousands of steps to learn what
            night or autumn do to all colors.
    """

    def __init__(self, words: int, values: int) -> None:
        super().__init__()
        self.mix = nn.Conv2d(COLORS, COLORS, 1)
        nn.init.dirac_(self.mix.weight)
        nn.init.zeros_(self.mix.bias)  # type: ignore[arg-type]
        self.share = SHARE if values else 1.0
        self.film: nn.Module | None = None
        if words and values:
            self.film = CodeFilm(torch.zeros(values), CHANGES, FIRST / SHARE * values**-0.5)
        elif words:
            self.film = nn.Linear(words, CHANGES, bias=False)
            nn.init.zeros_(self.film.weight)

    def forward(self, image: torch.Tensor, told: torch.Tensor | None) -> torch.Tensor:
        """(N, 3, h, w) and conditions (N, values), or texts (N, words) -> (N, 3, h, w)."""
        moved: torch.Tensor = self.mix(image)
        if told is None:
            return moved
        matrices, shifts = self._changes(told)
        return moved + torch.einsum("ncd,ndhw->nchw", matrices, image) + shifts[..., None, None]

    @torch.no_grad()
    def fit(self, bags: torch.Tensor, palettes: torch.Tensor) -> None:
        """Set the map of each word to what it means for palettes, by ridge regression: a word of few captions has less.

        Maps that are known already are kept, as are those of a condition.

        Args:
            bags: float (n, words), captions (see ``networks.words``).
            palettes: float (n, 6), the palette of the painting of each, from ``palettes_of``.
        """
        if not isinstance(self.film, nn.Linear) or self.film.weight.any():
            return
        known, center = bags.double(), palettes.double().mean(0)
        gram = known.T @ known + RIDGE * torch.eye(known.shape[1], dtype=torch.float64)
        effects = torch.linalg.solve(gram, known.T @ (palettes.double() - center))
        moved, gains = effects[:, :COLORS], effects[:, COLORS:] / center[COLORS:]
        colors = opponents(torch.eye(COLORS, dtype=torch.float64)[..., None, None])[..., 0, 0].T
        matrices = colors.inverse() @ (gains[..., None] * colors)
        shifts = (moved - gains * center[:COLORS]) @ colors.inverse().T
        self.film.weight.copy_(torch.cat((matrices.flatten(1), shifts), 1).T)

    @torch.no_grad()
    def absorb(self, source: "Palette", told: torch.Tensor) -> None:
        """Fold the changes of a more precise copy for a condition (1, values) or a text (1, words) into the weights."""
        matrices, shifts = source._changes(told)
        assert self.mix.bias is not None
        self.mix.weight.add_(matrices[0, :, :, None, None].to(self.mix.weight))
        self.mix.bias.add_(shifts[0].to(self.mix.bias))
        self.film = None

    def _changes(self, told: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Return changes of matrices (N, 3, 3) and of shifts (N, 3)."""
        assert self.film is not None
        changes = self.share * self.film(told)
        return changes[:, : COLORS**2].unflatten(1, (COLORS, COLORS)), changes[:, COLORS**2 :]
