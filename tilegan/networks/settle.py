"""Generators with fixed conditions or statistics: made for one image, style or look, they are used like any other."""

from collections.abc import Mapping
from typing import Any, cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from tilegan.networks.build import build_generator
from tilegan.networks.capabilities import HasCodes, HasStyles, HasWords, SeesWhole
from tilegan.networks.context import thumbnail_of
from tilegan.networks.looks import NUMBERS, Looks
from tilegan.norms.layers import FROZEN


def for_image(
    architecture: dict[str, Any], weights: Mapping[str, torch.Tensor], pixels: NDArray[np.unsignedinteger[Any]]
) -> tuple[nn.Module, dict[str, Any]]:
    """Return the generator for one image: its context is fixed and folded into the weights.

    Args:
        architecture: architecture of a generator with ``context``.
        weights: its weights.
        pixels: uint8 or uint16 (h, w, 3), the image or a reduced copy of it.

    Returns:
        The generator, on the CPU in float32, and its architecture.
    """
    thumbnail = torch.from_numpy(thumbnail_of(pixels)).permute(2, 0, 1)[None] / 127.5 - 1
    full = cast(SeesWhole, _with(architecture, weights))
    return full.for_image(thumbnail), architecture | {"context": 0}


def in_style(
    architecture: dict[str, Any], weights: Mapping[str, torch.Tensor], shares: list[float]
) -> tuple[nn.Module, dict[str, Any]]:
    """Return the generator for one style or a mixture, without ``styles``. Otherwise as ``for_image``."""
    full = cast(HasStyles, _with(architecture, weights))
    return full.in_style(torch.tensor(shares)), architecture | {"styles": []}


def with_code(
    architecture: dict[str, Any], weights: Mapping[str, torch.Tensor], values: torch.Tensor
) -> tuple[nn.Module, dict[str, Any]]:
    """Return the generator for values of its codes, float (codes,), without ``codes``. Otherwise as ``for_image``."""
    full = cast(HasCodes, _with(architecture, weights))
    return full.with_code(values), architecture | {"codes": {}}


def with_text(
    architecture: dict[str, Any], weights: Mapping[str, torch.Tensor], bag: torch.Tensor
) -> tuple[nn.Module, dict[str, Any]]:
    """Return the generator for a text, float (words,), without ``words``. Otherwise as ``for_image``."""
    full = cast(HasWords, _with(architecture, weights))
    return full.with_text(bag), architecture | {"words": []}


def with_seed(
    architecture: dict[str, Any], weights: Mapping[str, torch.Tensor], seed: int
) -> tuple[nn.Module, dict[str, Any]]:
    """Return the generator with other noise. Otherwise as ``for_image``, for a generator with ``noise``."""
    architecture = architecture | {"seed": seed}
    return _with(architecture, weights), architecture


def with_frozen_norms(
    architecture: dict[str, Any], weights: Mapping[str, torch.Tensor], norm: str = FROZEN
) -> tuple[nn.Module, dict[str, Any]]:
    """Return the generator with frozen norms in place of instance norms; their statistics are not set yet.

    Args:
        architecture: architecture of a generator that takes ``norm``.
        weights: its weights.
        norm: kind of the norms: frozen, or the name of a grid (see ``norms.interpolated``).

    Returns:
        The generator, on the CPU in float32, and its architecture.
    """
    frozen = architecture | {"norm": norm}
    generator = build_generator(frozen)
    generator.load_state_dict(generator.state_dict() | dict(weights))
    return generator, frozen


def in_look(
    architecture: dict[str, Any], weights: Mapping[str, torch.Tensor], chosen: Looks
) -> tuple[nn.Module, dict[str, Any]]:
    """Return the generator with one fixed look for each label, and possibly for each object.

    If objects have their own looks, there is a table of them by number. The columns of a label are its own look; then
    all looks, for objects whose look was chosen; then, for objects whose look was drawn, all looks again, or its own
    look if that was chosen. Otherwise as ``for_image``.
    """
    looks = weights["looks"]
    own = looks[range(len(chosen.labels)), chosen.labels][:, None]
    settled = {**weights, "looks": own}
    architecture = architecture | {"looks": 1}
    if chosen.chosen or chosen.drawn is not None:
        drawn = torch.where(torch.tensor(chosen.fixed)[:, None, None], own, looks)
        settled["looks"] = torch.cat((own, looks, drawn), 1)
        count = looks.shape[1]
        columns = torch.zeros(NUMBERS) if chosen.drawn is None else 1 + count + chosen.drawn
        columns[0] = 0
        for number, look in chosen.chosen.items():
            columns[number] = 1 + look
        settled["columns"] = columns
        architecture |= {"looks": 1 + 2 * count, "by_number": True}
    return _with(architecture, settled), architecture


def _with(architecture: dict[str, Any], weights: Mapping[str, torch.Tensor]) -> nn.Module:
    made = build_generator(architecture)
    made.load_state_dict(weights)
    return made
