"""Generators whose conditions or statistics are settled: made for one image, style or look, they are like any other."""

from collections.abc import Mapping
from typing import Any, cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from tilegan.networks.build import build_generator
from tilegan.networks.capabilities import HasStyles, SeesWhole
from tilegan.networks.context import thumbnail_of
from tilegan.networks.looks import NUMBERS, Looks
from tilegan.norms.layers import FROZEN


def for_image(
    architecture: dict[str, Any], weights: Mapping[str, torch.Tensor], pixels: NDArray[np.unsignedinteger[Any]]
) -> tuple[nn.Module, dict[str, Any]]:
    """The generator for one image: what it sees of the whole image is settled, so that it is one without context.

    Args:
        architecture: of a generator with ``context``.
        weights: its own.
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
    """The generator for one style, or a mixture: one without ``styles``. Otherwise as ``for_image``."""
    full = cast(HasStyles, _with(architecture, weights))
    return full.in_style(torch.tensor(shares)), architecture | {"styles": []}


def with_seed(
    architecture: dict[str, Any], weights: Mapping[str, torch.Tensor], seed: int
) -> tuple[nn.Module, dict[str, Any]]:
    """The generator with other noise. Otherwise as ``for_image``, of a generator with ``noise``."""
    architecture = architecture | {"seed": seed}
    return _with(architecture, weights), architecture


def with_frozen_norms(
    architecture: dict[str, Any], weights: Mapping[str, torch.Tensor], norm: str = FROZEN
) -> tuple[nn.Module, dict[str, Any]]:
    """The generator with frozen norms in place of instance norms, whose statistics are yet to be settled.

    Args:
        architecture: of a generator that takes ``norm``.
        weights: its own.
        norm: what they are: frozen, or of a grid (see ``norms.interpolated``).

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
    """The generator with one look of each label, and perhaps of each object: one that has no choice left.

    Where objects have looks of their own, there is a table of them by number: a label has first its own look, then all
    of them, for objects that were chosen, then for drawn ones all of them once more, or its own look if it was chosen.
    Otherwise as ``for_image``.
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
