"""Several styles in one network: their shares, and how a discriminator is conditioned on them."""

from collections.abc import Mapping, Sequence
from math import inf

import torch
from torch import nn

from tilegan.errors import SettingError


def style_weights(styles: Sequence[str], shares: Mapping[str, float], model: str) -> list[float]:
    """Return the share of each style; the sum is 1.

    Args:
        styles: names, in the order of the network.
        shares: by name, with any sum above 0; the share of a style that is not named is 0.
        model: name of the model, for messages.

    Raises:
        SettingError: there is no such style, none is chosen, or a share is invalid.
    """
    known = ", ".join(styles)
    if not shares:
        raise SettingError(f"the model '{model}' has several styles: choose from {known}")
    for unknown in shares.keys() - set(styles):
        raise SettingError(f"the model '{model}' has no style '{unknown}': choose from {known}")
    total = sum(shares.values())
    if not (all(share >= 0 for share in shares.values()) and 0 < total < inf):
        raise SettingError(f"shares of styles must be 0 or more, and one of them above 0: not {dict(shares)}")
    return [shares.get(name, 0) / total for name in styles]


def with_planes(images: torch.Tensor, styles: torch.Tensor | None) -> torch.Tensor:
    """Append the shares of styles to images as further channels; with only one style return the images unchanged.

    (Mirza and Osindero 2014, 'Conditional Generative Adversarial Nets': the discriminator sees the condition.)

    Args:
        images: float (N, C, H, W).
        styles: float (N, styles).

    Returns:
        (N, C + styles, H, W).
    """
    if styles is None:
        return images
    planes = styles[:, :, None, None].expand(-1, -1, *images.shape[2:])
    return torch.cat((images, planes.to(images)), 1)


def other_styles(styles: torch.Tensor | None, seed: int) -> torch.Tensor | None:
    """Return for each image another style, shifted by an amount drawn from the seed: (N, styles) -> the same shape.

    None if there is only one style.
    """
    if styles is None or styles.shape[1] == 1:
        return None
    return styles.roll(1 + seed % (styles.shape[1] - 1), 1)


class StyleGains(nn.Module):
    """Gains of each channel that depend on the shares of styles, initialized to 1.

    In a discriminator, planes alone have little effect: norms remove constants, and a last convolution would only add
    them to a score, whatever the image. (Miyato and Koyama 2018, 'cGANs with Projection
    Discriminator': condition and features have to be multiplied.)
    """

    def __init__(self, styles: int, channels: int) -> None:
        super().__init__()
        self.gains = nn.Linear(styles, channels, bias=False)
        nn.init.zeros_(self.gains.weight)

    def forward(self, features: torch.Tensor, shares: torch.Tensor) -> torch.Tensor:
        """(N, C, h, w) and (N, styles) -> (N, C, h, w)."""
        gains: torch.Tensor = 1 + self.gains(shares)
        return features * gains[:, :, None, None].to(features.dtype)


def shares_in(images: torch.Tensor, styles: int) -> torch.Tensor:
    """Return the shares in the last channels of images ``with_planes``: (N, C + styles, H, W) -> (N, styles)."""
    return images[:, images.shape[1] - styles :, 0, 0]
