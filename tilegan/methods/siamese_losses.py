"""The losses of the Siamese GAN, one function each: of vectors, of tones and of frozen features."""

import torch
from torch import nn


def real_length(vectors: torch.Tensor) -> torch.Tensor:
    """D, on real targets: ``mean ||D(B)||^2``. Vectors float (N, V) -> scalar."""
    return vectors.square().sum(1).mean()


def translated_margin(vectors: torch.Tensor, margin: float) -> torch.Tensor:
    """D, on translations: ``mean max(0, margin - ||D(AB)||)``. Vectors float (N, V) -> scalar."""
    return torch.relu(margin - lengths(vectors)).mean()


def translated_length(vectors: torch.Tensor) -> torch.Tensor:
    """G, on translations: ``mean ||D(AB)||``. Vectors float (N, V) -> scalar."""
    return lengths(vectors).mean()


def content_cosine(sources: torch.Tensor, translations: torch.Tensor) -> torch.Tensor:
    """Mean cosine of the angle between ``D(A_i) - D(A_j)`` and ``D(AB_i) - D(AB_j)`` over all pairs i < j.

    The fourth and fifth loss are its negative, for D and for G. The TraVeL loss (Amodio and Krishnaswamy 2019,
    'TraVeLGAN') without its length term.

    Args:
        sources: float (N, V), vectors of the sources, N >= 2.
        translations: float (N, V), vectors of their translations.

    Returns:
        scalar in [-1, 1].
    """
    first, second = torch.triu_indices(len(sources), len(sources), 1, device=sources.device)
    return nn.functional.cosine_similarity(
        sources[first] - sources[second], translations[first] - translations[second], dim=1, eps=1e-6
    ).mean()


def tones(images: torch.Tensor, cell: int) -> torch.Tensor:
    """Mean colors of cells, float (N, 3, H, W) -> (N, 3, H / cell, W / cell); of all of a smaller image."""
    return nn.functional.avg_pool2d(images.float(), min(cell, images.shape[2]))


def tone_distance(wanted: torch.Tensor, translations: torch.Tensor, cell: int) -> torch.Tensor:
    """Mean squared difference of tones: strokes cancel out in it, blots do not.

    Args:
        wanted: float (N, 3, H / cell, W / cell) in [-1, 1], the tones that translations should have.
        translations: float (N, 3, H, W) in [-1, 1].
        cell: side of the cells, in pixels.

    Returns:
        scalar.
    """
    return (tones(translations, cell) - wanted).square().mean()


def feature_distance(sources: torch.Tensor, translations: torch.Tensor) -> torch.Tensor:
    """Mean squared difference of features, each channel with mean 0 and deviation 1 over the image.

    (The content loss of Gatys et al. 2016, 'Image Style Transfer Using Convolutional Neural Networks'; normalized, so
    that it does not care for contrast and palette.)

    Args:
        sources: float (N, C, h, w), frozen features of the sources.
        translations: the same of their translations.

    Returns:
        scalar, 2 for unrelated images.
    """
    first, second = (
        (each - each.mean((2, 3), keepdim=True)) / (each.std((2, 3), keepdim=True) + 1e-3)
        for each in (sources.float(), translations.float())
    )
    return (first - second).square().mean()


def lengths(vectors: torch.Tensor) -> torch.Tensor:
    """Euclidean lengths, float (N, V) -> (N,); the small constant keeps the gradient finite at the origin."""
    return (vectors.square().sum(1) + 1e-12).sqrt()
