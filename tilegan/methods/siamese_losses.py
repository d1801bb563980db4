"""The losses of the Siamese GAN: on vectors, on tones and on frozen features."""

import torch
from torch import nn


def real_length(vectors: torch.Tensor) -> torch.Tensor:
    """Return ``mean ||D(B)||^2``, D's loss on real targets. Vectors float (N, V) -> scalar."""
    return vectors.square().sum(1).mean()


def translated_margin(vectors: torch.Tensor, margin: float) -> torch.Tensor:
    """Return ``mean max(0, margin - ||D(AB)||)``, D's loss on generated images. Vectors float (N, V) -> scalar."""
    return torch.relu(margin - lengths(vectors)).mean()


def translated_length(vectors: torch.Tensor) -> torch.Tensor:
    """Return ``mean ||D(AB)||``, G's loss. Vectors float (N, V) -> scalar."""
    return lengths(vectors).mean()


def content_cosine(sources: torch.Tensor, translations: torch.Tensor) -> torch.Tensor:
    """Return the mean cosine of the angle between ``D(A_i) - D(A_j)`` and ``D(AB_i) - D(AB_j)`` over all pairs i < j.

    Its negative is the fourth loss, of D, and the fifth, of G. It is the TraVeL loss (Amodio and Krishnaswamy 2019,
    'TraVeLGAN') without the length term.

    Args:
        sources: float (N, V), vectors of the sources, N >= 2.
        translations: float (N, V), vectors of the generated images.

    Returns:
        scalar in [-1, 1].
    """
    first, second = torch.triu_indices(len(sources), len(sources), 1, device=sources.device)
    return nn.functional.cosine_similarity(
        sources[first] - sources[second], translations[first] - translations[second], dim=1, eps=1e-6
    ).mean()


def tones(images: torch.Tensor, cell: int) -> torch.Tensor:
    """Return mean colors of cells, (N, 3, H, W) -> (N, 3, H / cell, W / cell); a smaller image is one cell."""
    return nn.functional.avg_pool2d(images.float(), min(cell, images.shape[2]))


def tone_distance(wanted: torch.Tensor, translations: torch.Tensor, cell: int) -> torch.Tensor:
    """Return the mean squared difference of tones, in which strokes average out and larger spots do not.

    Args:
        wanted: float (N, 3, H / cell, W / cell) in [-1, 1], wanted tones.
        translations: float (N, 3, H, W) in [-1, 1].
        cell: side of the cells, in pixels.

    Returns:
        scalar.
    """
    return (tones(translations, cell) - wanted).square().mean()


def feature_distance(sources: torch.Tensor, translations: torch.Tensor) -> torch.Tensor:
    """Return the mean squared difference of features, each channel normalized to mean 0 and deviation 1 over the image.

    (The content loss of Gatys et al. 2016, 'Image Style Transfer Using Convolutional Neural Networks'; normalized, so
    that it is independent of contrast and palette.)

    Args:
        sources: float (N, C, h, w), frozen features of the sources.
        translations: the same of the generated images.

    Returns:
        scalar, 2 for unrelated images.
    """
    first, second = (
        (each - each.mean((2, 3), keepdim=True)) / (each.std((2, 3), keepdim=True) + 1e-3)
        for each in (sources.float(), translations.float())
    )
    return (first - second).square().mean()


def lengths(vectors: torch.Tensor) -> torch.Tensor:
    """Return Euclidean lengths, float (N, V) -> (N,); a small constant keeps the gradient finite at the origin."""
    return (vectors.square().sum(1) + 1e-12).sqrt()
