"""Color transforms of the discriminator's inputs, so that it does not judge by the palette alone.

The random transforms are linear in the pixels, hence differentiable. (Zhao et al. 2020, 'Differentiable Augmentation
for Data-Efficient GAN Training'; the color matrices are as in Karras et al. 2020, 'Training GANs with Limited Data'.)
"""

import math

import torch

INSIDE = 0.95  # keeps black and white at a finite atanh


def color_transforms(count: int, strength: float, seed: int, device: torch.device) -> torch.Tensor:
    """Draw random color matrices: a hue rotation about the gray axis, a saturation, a contrast and a brightness.

    With strength 1 the hue turns by 60 degrees (standard deviation), saturation and contrast change by factors of up to
    2 and 1.5 either way, and brightness by up to 0.5 (of the range [-1, 1]).

    Args:
        count: number of matrices.
        strength: 0 (identity) or more.
        seed: the same seed gives the same matrices.
        device: device of the result.

    Returns:
        float (count, 3, 4): three columns for the channels, one for the offset.
    """
    random = torch.Generator().manual_seed(seed)
    angle = torch.randn(count, generator=random) * strength * math.pi / 3
    saturation = 2.0 ** (strength * _between(-1, 1, count, random))
    contrast = 1.5 ** (strength * _between(-1, 1, count, random))
    brightness = strength * _between(-0.5, 0.5, count, random)
    gray = torch.full((3, 3), 1 / 3)
    chroma = torch.eye(3) - gray
    turn = torch.tensor([[0.0, -1.0, 1.0], [1.0, 0.0, -1.0], [-1.0, 1.0, 0.0]]) / math.sqrt(3)
    cosine, sine = angle.cos().reshape(-1, 1, 1), angle.sin().reshape(-1, 1, 1)
    matrix = gray + saturation.reshape(-1, 1, 1) * (cosine * chroma + sine * turn)
    matrix = contrast.reshape(-1, 1, 1) * matrix
    return torch.cat((matrix, brightness.reshape(-1, 1, 1).expand(-1, 3, 1)), 2).to(device)


def transform_colors(images: torch.Tensor, transforms: torch.Tensor) -> torch.Tensor:
    """Apply one color matrix to each image.

    Args:
        images: float (N, 3, H, W).
        transforms: float (N, 3, 4), from ``color_transforms``.

    Returns:
        float (N, 3, H, W), channels last in memory; values may leave [-1, 1].
    """
    pixels = images.permute(0, 2, 3, 1).flatten(1, 2)
    mixed = torch.baddbmm(transforms[:, None, :, 3], pixels, transforms[:, :, :3].transpose(1, 2))
    return mixed.reshape(len(images), *images.shape[2:], 3).permute(0, 3, 1, 2)


def move_mean_colors(images: torch.Tensor, models: torch.Tensor) -> torch.Tensor:
    """Shift the mean color of each image to that of its model; differences within the image are kept.

    The shift is applied to ``atanh`` of the values, in which differences shrink toward black and white as they do in a
    picture. (The means of Reinhard et al. 2001, 'Color Transfer between Images', without its standard deviations: those
    of a clear sky would flatten all brush strokes.) The means are those of ``atanh`` as well; those of the pixel values
    agree to within a few 8-bit values.

    Args:
        images: float (N, 3, H, W) in [-1, 1].
        models: float (N, 3, h, w) in [-1, 1].

    Returns:
        float (N, 3, H, W) in [-1, 1].
    """
    opened, wanted = torch.atanh(INSIDE * images), torch.atanh(INSIDE * models)
    shift = wanted.mean((2, 3), keepdim=True) - opened.mean((2, 3), keepdim=True)
    return (torch.tanh(opened + shift) / INSIDE).clamp(-1, 1)


def _between(low: float, high: float, count: int, random: torch.Generator) -> torch.Tensor:
    return low + (high - low) * torch.rand(count, generator=random)
