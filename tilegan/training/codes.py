"""Recovery of codes from the pictures of a model in training."""

from collections.abc import Sequence
from typing import cast

import numpy as np
import torch

from tilegan.geometry import Pixels
from tilegan.methods.base import RecoversCodes
from tilegan.networks.codes import CATEGORY, Codes
from tilegan.settling import Choices
from tilegan.tiling.places import Place
from tilegan.training.trainer import Trainer
from tilegan.translator import Translator

DRAWS = 8  # different codes for each crop


def code_figures(trainer: Trainer, translator: Translator, pictures: Sequence[Pixels]) -> dict[str, float]:
    """Return how well the codes of a training are recovered from 8-bit results; empty if it has none.

    Args:
        trainer: the training.
        translator: its translator.
        pictures: uint8 (h, w, 3), of the same size, preferably of held-out images; the middle of each is taken, as
            large as in training.

    Returns:
        ``recovered_c0``, ...: correlations of given and recovered values, from -1 to 1; ``recovered_k``: share of
        recovered categories. See ``methods.codes.recovery``.
    """
    if not translator.codes.values:
        return {}
    side = 2 * translator.tile_size
    top, left = ((length - side) // 2 for length in pictures[0].shape[:2])
    crops = np.stack([picture[top : top + side, left : left + side] for picture in pictures])
    places = [Place(0, 0)] * len(crops)
    style = dict.fromkeys(translator.styles[:1], 1.0)
    plain = translator.settled(Choices(style)).run(crops, 0, places)
    made, values = [], []
    for given in spread(translator.codes, DRAWS):
        made.append(translator.settled(Choices(style, code=given)).run(crops, 0, places))
        values.append(translator.codes.chosen(given, translator.name).expand(len(crops), -1))
    before, after = (np.concatenate(parts) for parts in ([plain] * DRAWS, made))
    device, method = trainer.device, cast(RecoversCodes, trainer.method)
    return method.recovered(_tensor(before, device), _tensor(after, device), torch.cat(values).to(device))


def spread(codes: Codes, count: int) -> list[dict[str, float]]:
    """Return values by name for each of ``count`` codes: continuous ones evenly from -1 to 1, in different orders.

    Categories follow each other.
    """
    random = np.random.default_rng(0)
    columns = {name: random.permutation(np.linspace(-1, 1, count)) for name in codes.names if name != CATEGORY}
    if codes.categorical:
        columns[CATEGORY] = np.arange(count) % codes.categorical
    return [{name: float(values[row]) for name, values in columns.items()} for row in range(count)]


def _tensor(pixels: Pixels, device: torch.device) -> torch.Tensor:
    return torch.from_numpy(pixels).to(device).movedim(-1, 1).float() / 127.5 - 1
