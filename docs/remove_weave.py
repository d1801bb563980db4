"""Remove a regular pattern from the results of a residual model, and keep these results.

The weave, which repeats with the generator's cell: the last layers are trained. Results with the same noise should not
change, but for patterns that images of a batch, or the quarters of one image, have in common. The latter finds patterns
that depend on the color of an area. With --seams the pattern of tile borders in ``combo`` mode: all layers are trained,
for four joined tiles to differ less from the same image as a whole.

python docs/remove_weave.py vangogh photo/ -o vangogh.safetensors
python docs/remove_weave.py vangogh photo/ --seams -o vangogh.safetensors
"""

import argparse
from copy import deepcopy
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from torch import nn

import tilegan
from tilegan.combo import Combo, split_quadrants
from tilegan.methods.seams import common_energy, seam_energies, weave_patterns
from tilegan.methods.siamese_settings import SIDES
from tilegan.networks.build import build_generator
from tilegan.networks.noise import PLACES
from tilegan.tiling.places import Place, placed
from tilegan.training.images import find_images, read_masked

SIDE = 2 * SIDES[0]  # of the crops that are cut from photographs, in pixels
BATCH = 16
RATES = 5e-4, 2e-4  # of the last layers, and of all
KEPT, COMMON, OWN = 100.0, 1e6, 3e5  # weights: of results, and of weaves of a batch and of an image
JOINED, SEAMS = 50.0, 2e3  # weights of joined tiles, and of the pattern that repeats with the tile
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


def weave_loss(changes: torch.Tensor, cell: int) -> torch.Tensor:
    """The energy of weaves, for differences (N, 3, h, w) of results from their sources."""
    images = torch.arange(len(changes)).repeat_interleave(4)[:, None]
    own = common_energy(weave_patterns(split_quadrants(changes), cell), images)
    return OWN * own + COMMON * common_energy(weave_patterns(changes, cell))


def seam_loss(generator: nn.Module, crops: torch.Tensor, places: list[Place], wanted: torch.Tensor) -> torch.Tensor:
    """The distance of joined tiles from results of whole crops, (N, 3, h, w)."""
    side = SIDE // 2
    of_tiles = [each.moved(down, right) for each in places for down in (0, side) for right in (0, side)]
    with torch.autocast("cpu", torch.bfloat16), placed(of_tiles, (side, side)):
        apart = Combo(generator)(crops).float() - wanted
    return JOINED * apart.square().mean() + SEAMS * seam_energies(apart).mean()


def without_pattern(
    model: tilegan.Translator, photographs: list[np.ndarray], steps: int, seams: bool = False
) -> tilegan.Translator:
    """The model trained for some steps against weaves or seams; its weights are averaged over the last ones."""
    random, cell = np.random.default_rng(0), model.architecture["stride"]
    after = build_generator(model.architecture).eval()
    after.load_state_dict(model.weights())
    before = deepcopy(after).requires_grad_(False)
    if not seams:
        after.requires_grad_(False)
        for name in TRAINED:
            getattr(after, name).requires_grad_()
    red, green, blue = after.tail.weight
    if torch.equal(red, green) and torch.equal(green, blue):  # one ink: the last layer stays, for no color to appear
        after.tail.requires_grad_(False)
    average = torch.optim.swa_utils.AveragedModel(after, multi_avg_fn=torch.optim.swa_utils.get_ema_multi_avg_fn(0.98))
    trained = [weight for weight in after.parameters() if weight.requires_grad]
    optimizer = torch.optim.Adam(trained, betas=(0.9, 0.99))
    for step in range(steps):
        optimizer.param_groups[0]["lr"] = RATES[seams] * min(1, (step + 1) / 20, 2 * (1 - step / steps))
        crops = crops_of(photographs, random)
        places = [Place(*(cell * random.integers(PLACES, size=2)).tolist()) for _ in range(BATCH)]
        with torch.autocast("cpu", torch.bfloat16), placed(places, (SIDE, SIDE)):
            wanted, results = before(crops).float(), after(crops).float()
        loss = KEPT * (results - wanted).square().mean()
        loss = loss + (seam_loss(after, crops, places, wanted) if seams else weave_loss(results - crops, cell))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        average.update_parameters(after)
    return replace(model, generator=average.module.requires_grad_(False), proof=None)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("model")
    parser.add_argument("photographs", type=Path)
    parser.add_argument("-o", "--output", required=True)
    parser.add_argument("--steps", type=int, default=200)
    parser.add_argument("--seams", action="store_true")
    given = parser.parse_args()
    found = [read_masked(image)[0] for image in find_images(given.photographs, SIDE, SIDES[1])]
    model = tilegan.load(given.model, device="cpu", precision="float32")
    without_pattern(model, found, given.steps, given.seams).save(given.output)
