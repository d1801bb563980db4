"""Several styles in one network: their shares, and how a discriminator is told of them."""

from collections.abc import Mapping, Sequence
from math import inf

import torch
from torch import nn

from tilegan.errors import SettingError


def mixture(styles: Sequence[str], shares: Mapping[str, float], model: str) -> list[float]:
    """The share of each style; together they are 1.

    Args:
        styles: names, in the order of the network.
        shares: by name, of any sum above 0; a style that is not named has none.
        model: its name, for messages.

    Raises:
        SettingError: there is no such style, or none is chosen, or a share cannot be.
    """
    known = ", ".join(styles)
    if not shares:
        raise SettingError(f"the model '{model}' has several styles: choose of {known}")
    for unknown in shares.keys() - set(styles):
        raise SettingError(f"the model '{model}' has no style '{unknown}': choose of {known}")
    total = sum(shares.values())
    if not (all(share >= 0 for share in shares.values()) and 0 < total < inf):
        raise SettingError(f"shares of styles must be 0 or more, one of them above: not {dict(shares)}")
    return [shares.get(name, 0) / total for name in styles]


def with_planes(images: torch.Tensor, styles: torch.Tensor | None) -> torch.Tensor:
    """Images and, as further channels, the shares of their styles; as they are where there is but one style.

    (Mirza and Osindero 2014, 'Conditional Generative Adversarial Nets': the discriminator is told the condition.)

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
    """Of each image a style that it has not, so many further on as the seed says: (N, styles) -> the same shape.

    None where there is but one style.
    """
    if styles is None or styles.shape[1] == 1:
        return None
    return styles.roll(1 + seed % (styles.shape[1] - 1), 1)


class StyleGains(nn.Module):
    """Gains of each channel by the shares of styles, which begin at 1.

    In a discriminator planes alone are soon forgotten: norms take away what is the same everywhere, and a last
    convolution would only add it to a judgement, whatever the image. (Miyato and Koyama 2018, 'cGANs with Projection
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
    """The shares in the last channels of images ``with_planes``: (N, C + styles, H, W) -> (N, styles)."""
    return images[:, images.shape[1] - styles :, 0, 0]
