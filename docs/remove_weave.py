"""Remove the weave of a residual model, the pattern that repeats with the generator's cell, and keep its results.

The last layers are trained: results with the same noise should not change, but for patterns that images of a batch, or
the quarters of one image, have in common. The latter finds patterns that depend on the color of an area.

python docs/remove_weave.py vangogh photo/ -o vangogh.safetensors
"""

import argparse
from copy import deepcopy
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from torch import nn

import tilegan
from tilegan.combo import split_quadrants
from tilegan.methods.seams import common_energy, weave_patterns
from tilegan.methods.siamese_settings import SIDES
from tilegan.networks.build import build_generator
from tilegan.networks.noise import PLACES
from tilegan.tiling.places import Place, placed
from tilegan.training.images import find_images, read_masked

SIDE = 2 * SIDES[0]  # of the crops that are cut from photographs, in pixels
BATCH, RATE = 16, 5e-4
KEPT, COMMON, OWN = 100.0, 1e6, 3e5  # weights: of results, and of patterns of a batch and of an image
TRAINED = ("up", "refine", "tail")


def crops_of(photographs: list[np.ndarray], random: np.random.Generator) -> torch.Tensor:
    """Random crops, float (BATCH, 3, SIDE, SIDE) in [-1, 1]: also flat ones, where a weave shows.

    (Those of ``training.crops`` leave them out.)
    """
    crops = []
    for image in (photographs[each] for each in random.integers(len(photographs), size=BATCH)):
        top, left = (random.integers(side - SIDE + 1) for side in image.shape[:2])
        crops.append(image[top : top + SIDE, left : left + SIDE])
    return torch.from_numpy(np.stack(crops)).permute(0, 3, 1, 2).float() / 127.5 - 1


def without_weave(model: tilegan.Translator, photographs: list[np.ndarray], steps: int) -> tilegan.Translator:
    """The model with its last layers trained for some steps; its weights are averaged over the last ones."""
    random, cell = np.random.default_rng(0), model.architecture["stride"]
    before = build_generator(model.architecture).eval().requires_grad_(False)
    before.load_state_dict(model.weights())
    after = deepcopy(before)
    red, green, blue = after.tail.weight
    one_ink = torch.equal(red, green) and torch.equal(green, blue)  # then the last layer stays, for no color to appear
    layers = nn.ModuleList(getattr(after, name) for name in (TRAINED[:-1] if one_ink else TRAINED)).requires_grad_()
    average = torch.optim.swa_utils.AveragedModel(layers, multi_avg_fn=torch.optim.swa_utils.get_ema_multi_avg_fn(0.98))
    optimizer = torch.optim.Adam(layers.parameters(), RATE, (0.9, 0.99))
    images = torch.arange(BATCH).repeat_interleave(4)[:, None]
    for step in range(steps):
        optimizer.param_groups[0]["lr"] = RATE * min(1, (step + 1) / 20, 2 * (1 - step / steps))
        crops = crops_of(photographs, random)
        places = [Place(*(cell * random.integers(PLACES, size=2)).tolist()) for _ in range(BATCH)]
        with torch.autocast("cpu", torch.bfloat16), placed(places, (SIDE, SIDE)):
            wanted, results = before(crops).float(), after(crops).float()
        changes = results - crops
        quarters = weave_patterns(split_quadrants(changes), cell)
        loss = KEPT * (results - wanted).square().mean() + OWN * common_energy(quarters, images)
        loss = loss + COMMON * common_energy(weave_patterns(changes, cell))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        average.update_parameters(layers)
    layers.load_state_dict(average.module.state_dict())
    return replace(model, generator=after.requires_grad_(False), proof=None)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("model")
    parser.add_argument("photographs", type=Path)
    parser.add_argument("-o", "--output", required=True)
    parser.add_argument("--steps", type=int, default=200)
    given = parser.parse_args()
    found = [read_masked(image)[0] for image in find_images(given.photographs, SIDE, SIDES[1])]
    model = tilegan.load(given.model, device="cpu", precision="float32")
    without_weave(model, found, given.steps).save(given.output)
