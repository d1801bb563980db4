"""The losses of StackGAN on images and captions, on palettes, and on light and hues."""

import torch
from torch import nn

from tilegan.networks.palette import opponents, palettes_of

CELL = 8  # side of areas whose lightness and hue are kept, in pixels of a stage; strokes are free
FAINT = 0.005  # contrast, of 2, of areas that are nearly even


def matching_loss(real: list[torch.Tensor], right: torch.Tensor, wrong: torch.Tensor) -> tuple[torch.Tensor, ...]:
    """Return D's losses on real images: ``-log D(b, c)`` and ``-log(1 - D(b, c'))``, half of the latter.

    The score of an image with a caption is that of its cells plus that of the match.

    Args:
        real: scores of cells, (N, 1, h, w) for each scale.
        right: matches of the images and their captions c, (N,).
        wrong: matches of the images and K captions c' of others, (N, K).

    Returns:
        Two scalars: means over cells, scales and captions.
    """
    of_right = over_cells(real, right[:, None], 1)
    return of_right, over_cells(real, wrong, 0) / 2


def over_cells(cells: list[torch.Tensor], matches: torch.Tensor, wanted: float) -> torch.Tensor:
    """Return the mean cross-entropy of cells (N, 1, h, w) plus matches (N, K), over cells, matches and scales."""
    sign = 1 - 2 * wanted
    sums = [each.flatten(1)[:, None] + matches[..., None] for each in cells]
    return torch.stack([nn.functional.softplus(sign * each).mean() for each in sums]).mean()


def own_caption_loss(matches: torch.Tensor) -> torch.Tensor:
    """Return the mean of ``-log(exp m_0 / sum exp m_k)``: the first of K captions is found by its match m.

    (T. Xu et al. 2018, 'AttnGAN', section 3.2. That an image matches its text better than others tells a generator what
    is particular about the text; that it matches at all is learned first of what paintings have in common.)

    (N, K) -> scalar, in nats: log K if nothing is found.
    """
    return -nn.functional.log_softmax(matches, 1)[:, 0].mean()


def palette_distance(targets: torch.Tensor, translations: torch.Tensor) -> torch.Tensor:
    """Return the mean squared difference of means and standard deviations of luma and two color differences.

    Of all palettes of paintings with the same words the generator learns the mean, which the discriminator refines.

    (N, 3, H, W) twice, in [-1, 1] -> scalar.
    """
    first, second = (palettes_of(each.float()) for each in (targets, translations))
    return (first - second).square().mean()


def structure_distance(sources: torch.Tensor, translations: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Return 1 minus the correlation of lightness, and that of hues, in cells of 8 pixels.

    (N, 3, H, W) twice -> two scalars: 0 for any other brightness and contrast, 1 for unrelated images, and for gray
    ones in hues, which are free then.
    """
    first, second = (opponents(nn.functional.avg_pool2d(each.float(), CELL)) for each in (sources, translations))
    distances = 1 - _correlation(first, second)
    return distances[:, 0].mean(), distances[:, 1:].mean()


def _correlation(first: torch.Tensor, second: torch.Tensor) -> torch.Tensor:
    """Return the correlations of planes, (N, C, h, w) twice -> (N, C); weak contrasts count as less."""
    first, second = (each - each.mean((2, 3), keepdim=True) for each in (first, second))
    lengths = [each.square().mean((2, 3)).sqrt() + FAINT for each in (first + 1e-6, second + 1e-6)]
    return (first * second).mean((2, 3)) / (lengths[0] * lengths[1])
