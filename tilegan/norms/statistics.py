"""Means and variances of a whole image for instance norms, so that these can be frozen and tiling is exact.

The *whole image* is the input of ``Translator.translate``: padded by reflection by the halo and up to the stride.
Statistics are over the image's own pixels: the positions of a norm's input count whose first pixel lies in the image,
or in a cell of it. Norms are frozen in the order of execution, since the input of a norm depends on all earlier ones.
"""

from functools import partial
from typing import Any, Self

import torch
from torch import nn

from tilegan.errors import ModelError
from tilegan.norms.layers import FrozenNorm, SettledNorm
from tilegan.tiling.layers import input_channels, layer_name, meta_copy
from tilegan.tiling.levels import Levels
from tilegan.tiling.places import Place
from tilegan.tiling.reach import CANVASES


class Moments:
    """Count, mean and sum of squared deviations of channels, accumulated in float64.

    (Chan, Golub and LeVeque 1979, 'Updating Formulae and a Pairwise Algorithm for Computing Sample Variances': unlike
    sums of squares, it loses no precision if the mean is large relative to the deviation.)
    """

    def __init__(self) -> None:
        self.count = 0
        self.mean = self.squares = torch.zeros(0, dtype=torch.float64)

    def add(self, features: torch.Tensor) -> Self:
        """Add features, float (N, C, h, w); empty ones change nothing."""
        count = features.numel() // features.shape[1]
        if count == 0:
            return self
        variance, mean = (each.double().cpu() for each in torch.var_mean(features.float(), (0, 2, 3), correction=0))
        if self.count == 0:
            self.count, self.mean, self.squares = count, mean, variance * count
            return self
        both = self.count + count
        apart = mean - self.mean
        self.mean = self.mean + apart * (count / both)
        self.squares = self.squares + variance * count + apart.square() * (self.count * count / both)
        self.count = both
        return self

    @property
    def variance(self) -> torch.Tensor:
        """Return the variance of each channel, float64 (C,)."""
        return self.squares / self.count

    def settle(self, norm: SettledNorm, cell: tuple[int, int] = (0, 0)) -> None:
        """Set the statistics of a norm, for one of its cells (row, column)."""
        norm.settle(self.mean, self.variance, cell)


def norms_of(generator: nn.Module, stride: int) -> list[SettledNorm]:
    """Return the norms of a generator whose statistics must be set, in the order of execution.

    Args:
        generator: a generator with frozen or interpolated norms.
        stride: its total stride.

    Raises:
        ModelError: a norm runs more than once, or never, so that it has no single mean.
    """
    copy = meta_copy(generator)
    names: list[str] = []
    for name, module in copy.named_modules():
        if isinstance(module, SettledNorm):
            module.register_forward_pre_hook(partial(_note, names, name))
    side = -(-CANVASES[0] // stride) * stride
    with torch.no_grad():
        copy(torch.empty(1, input_channels(generator), side, side, device="meta"))
    norms = {name: module for name, module in generator.named_modules() if isinstance(module, SettledNorm)}
    for name in norms:
        if names.count(name) != 1:
            layer = layer_name(name, norms[name])
            raise ModelError(f"{layer} runs {names.count(name)} times in a pass: it has no single mean")
    return [norms[name] for name in names]


def settle_at_once(generator: nn.Module, pixels: torch.Tensor, halo: int, own: tuple[int, int]) -> None:
    """Set the statistics of all norms in one pass over a whole image.

    Args:
        generator: a generator with frozen norms without statistics, in float32; changed in place.
        pixels: uint8 or uint16 (1, h, w, 3), the whole image, on the generator's device.
        halo: reflection padding at the top and left, in pixels.
        own: height and width of the image without padding.

    Raises:
        ModelError: as ``features_at``.
        MemoryError, RuntimeError: the image is too large for one pass.
    """

    def settle(norm: FrozenNorm, inputs: tuple[torch.Tensor, ...]) -> None:
        Moments().add(own_part(inputs[0], pixels, halo, own)).settle(norm)

    norms = [module for module in generator.modules() if isinstance(module, FrozenNorm)]
    hooks = [norm.register_forward_pre_hook(settle) for norm in norms]
    try:
        _run(generator, pixels)
    finally:
        for hook in hooks:
            hook.remove()


def features_at(
    generator: nn.Module,
    norm: SettledNorm,
    pixels: torch.Tensor,
    halo: int,
    own: tuple[int, int],
    place: Place,
) -> torch.Tensor:
    """Return the input of a norm for a window with its halo, without the halo; the pass stops there.

    Args:
        generator: a generator with frozen or interpolated norms; those before ``norm`` have statistics.
        norm: one of its norms.
        pixels: uint8 or uint16 (1, h, w, 3), on the generator's device.
        halo: halo of the window, in pixels.
        own: height and width of the window, without halo and parts beyond the image.
        place: position of the window with its halo.

    Returns:
        float (1, C, h', w').

    Raises:
        ModelError: the positions of the norm do not lie on a grid that fits the window.
    """
    hook = norm.register_forward_pre_hook(_stop)
    try:
        _run(generator, pixels, place)
    except _ReachedError as reached:
        return own_part(reached.features, pixels, halo, own)
    finally:
        hook.remove()
    raise AssertionError("the norm is not in the generator")


def own_part(features: torch.Tensor, pixels: torch.Tensor, halo: int, own: tuple[int, int]) -> torch.Tensor:
    """Crop a norm's input to the positions whose first pixel is one of the image's own.

    Args:
        features: float (N, C, h', w'), computed from ``pixels``.
        pixels: (1, h, w, 3).
        halo: position at which the image's own pixels begin.
        own: height and width of these.

    Raises:
        ModelError: positions do not correspond to equal numbers of pixels.
    """
    spans = []
    for places, length, side in zip(features.shape[-2:], pixels.shape[1:3], own, strict=True):
        first, rest = divmod(halo * places, length)
        if rest:
            raise ModelError(
                f"statistics cannot be computed: {places} positions of a norm correspond to {length} pixels: pad the "
                "generator so that each position covers the same number"
            )
        spans.append(slice(first, -(-(halo + side) * places // length)))
    return features[..., spans[0], spans[1]]


def _run(generator: nn.Module, pixels: torch.Tensor, *places: Place) -> None:
    with torch.no_grad():
        Levels(generator, torch.float32).eval()(pixels, places)


class _ReachedError(Exception):
    """Ends a pass at a norm; never leaves this module."""

    def __init__(self, features: torch.Tensor) -> None:
        super().__init__()
        self.features = features


def _stop(_norm: nn.Module, inputs: tuple[torch.Tensor, ...]) -> None:
    raise _ReachedError(inputs[0])


def _note(names: list[str], name: str, *_: Any) -> None:
    names.append(name)
