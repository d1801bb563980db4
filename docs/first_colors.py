"""Give a residual model a first layer that moves colors: to gray, or so that its results have the palette of targets.

What is painted from gray gets one ink and one paper: all channels of the last layer have the same weights.

python docs/first_colors.py etching -o etching.safetensors
python docs/first_colors.py ukiyoe --photographs photo/ --targets ukiyoe/ -o ukiyoe.safetensors
"""

import argparse
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

import tilegan
from tilegan.geometry import means
from tilegan.methods.color_map import CELL, POWERS, coefficients, fit_color_map
from tilegan.methods.siamese_settings import SIDES
from tilegan.metrics.lab import LUMA
from tilegan.networks.build import build_generator, with_recolor
from tilegan.training.colors import tones_of
from tilegan.training.images import find_images, read_masked

LEAST, SHORT_SIDE = 2 * SIDES[0], SIDES[1]  # of training: images have at least so many pixels, and are reduced to it
EVERY = 5  # of the photographs is translated
# Twice the mean differences of red and green, and of green and blue, of the prepared etchings and drawings (of 2): tanh
# halves them in light areas.
TINT = (0.034, 0.076)


def to_gray() -> torch.Tensor:
    """The coefficients of a map that replaces all channels by luma."""
    found = torch.zeros(len(POWERS), 3)
    for channel, share in enumerate(LUMA):
        row = POWERS.index(tuple(int(channel == each) for each in range(3)))
        found[row] = share - torch.eye(3)[channel]
    return found


def with_one_ink(weights: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """Weights of a last layer that adds the same to all channels, and the tint of paper."""
    luma = torch.tensor(LUMA)
    tint = torch.tensor([TINT[0], 0, -TINT[1]])
    weight = torch.tensordot(luma, weights["tail.weight"], 1).expand(3, -1, -1, -1).contiguous()
    bias = luma @ weights["tail.bias"] + tint - luma @ tint
    return weights | {"tail.weight": weight, "tail.bias": bias}


def to_palette(model: tilegan.Translator, photographs: Path, targets: Path) -> torch.Tensor:
    """The coefficients of a map from the hues and chromas of results of a model to those of targets."""
    results = [model.translate(read_masked(image)[0]) for image in find_images(photographs, LEAST, SHORT_SIDE)[::EVERY]]
    whole = [each[: each.shape[0] // CELL * CELL, : each.shape[1] // CELL * CELL] for each in results]
    tones = np.concatenate([means(each, CELL).reshape(-1, 3) for each in whole])
    return coefficients(fit_color_map(tones, tones_of(find_images(targets, LEAST, SHORT_SIDE))), 0, 1)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("model")
    parser.add_argument("-o", "--output", required=True)
    parser.add_argument("--photographs", type=Path)
    parser.add_argument("--targets", type=Path)
    given = parser.parse_args()
    model = tilegan.load(given.model, device="cpu", precision="float32")
    first = to_palette(model, given.photographs, given.targets) if given.targets else to_gray()
    weights = model.weights() if given.targets else with_one_ink(model.weights())
    architecture = with_recolor(model.architecture)
    generator = build_generator(architecture)
    generator.load_state_dict(weights | {"recolor.weight": first})
    replace(model, generator=generator.eval(), architecture=architecture, proof=None).save(given.output)
