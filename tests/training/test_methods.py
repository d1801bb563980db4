"""What holds for the training by every method."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from tilegan.errors import SettingError
from tilegan.methods.registry import method_settings, methods
from tilegan.training.examples import with_holes
from tilegan.training.settings import TrainSettings
from tilegan.training.trainer import Trainer

GENERATOR = {"name": "residual", "channels": 8, "blocks": 1, "stride": 4, "detail": 4}
SMALL_NETWORKS: dict[str, dict[str, Any]] = {
    "siamese": {"discriminator": {"name": "siamese", "channels": [4, 4, 8, 8], "cell_values": 4}},
    "cyclegan": {"discriminator": {"name": "patch", "channels": 4, "layers": 2}},
    "pix2pix": {
        "generator": {"name": "unet", "channels": 4, "downs": 3},
        "discriminator": {"name": "patch", "channels": 4, "layers": 2},
    },
    "spade": {
        "generator": {"name": "spade", "channels": 4, "downs": 2, "hidden": 4, "labels": [[0, 0, 0], [200, 99, 0]]},
        "discriminator": {"name": "multiscale", "channels": 4, "layers": 2, "scales": 2},
    },
    "pix2pixhd": {
        "generator": {
            "name": "pix2pixhd",
            "channels": 8,
            "downs": 1,
            "blocks": 1,
            "enhancers": 1,
            "enhancer_blocks": 1,
        },
        "discriminator": {"name": "multiscale", "channels": 4, "layers": 2, "scales": 2},
    },
    "neural-style": {"discriminator": {"name": "patch-and-features", "channels": 4, "layers": 2, "width": 4}},
    "srgan": {
        "generator": {"name": "srresnet", "channels": 4, "blocks": 1, "scale": 4},
        "discriminator": {"name": "patch", "channels": 4, "layers": 2},
    },
    "inpaint": {
        "generator": {"name": "filling", "channels": 8, "dilations": [1, 2], "detail": 4, "stride": 2},
        "discriminator": {"name": "patch-and-global", "channels": 4, "layers": 2},
    },
    "stackgan": {
        "generator": {
            "name": "stacked",
            "channels": 8,
            "blocks": 1,
            "stride": 4,
            "detail": 4,
            "factor": 2,
            "words": ["night", "sky"],
        },
        "discriminator": {"name": "matching", "width": 8, "values": 4},
    },
}
CPU = torch.device("cpu")
FIXED = ("blur.weight", "bicubic.weight", "carry.0.weight", "carry.1.weight")  # weights that are not learned
# else some rest at first; of stages that are trained one after the other, two steps each
ALL_AT_ONCE = {
    "pix2pixhd": {"global_share": 0.0, "enhancer_share": 0.0},
    "inpaint": {"adversary_from": 0.0},
    "stackgan": {"first_share": 1.5 / 6000},
}
STAGES = {"stackgan": 2}  # what the first of them sees is smaller by this factor, too


def settings_of(name: str) -> TrainSettings:
    networks = {"generator": GENERATOR} | SMALL_NETWORKS[name]
    numbers = method_settings(name, ALL_AT_ONCE.get(name, {}))
    return TrainSettings.of(numbers, tile_size=16 * STAGES.get(name, 1), short_side=128, batch=2, **networks)


def captions_of(settings: TrainSettings) -> NDArray[np.float32] | None:
    """For each of two crops a caption of its own and one of another, where there should be some."""
    words = len(settings.generator.get("words", ()))
    return np.stack([np.eye(words, dtype=np.float32)] * 2) if words else None


def crops(seed: int, side: int = 32) -> NDArray[np.uint8]:
    return np.random.default_rng(seed).integers(0, 256, (2, side, side, 3), dtype=np.uint8)


def examples(settings: TrainSettings, step: int) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Sources and targets as large as the settings want them, with holes where there should be some."""
    if (holes := settings.method.holes) is not None:
        targets = crops(9 + step, settings.target_side)
        masks = [holes.draw((step, number), *target.shape[:2]) for number, target in enumerate(targets)]
        return np.stack([with_holes(*each) for each in zip(targets, masks, strict=True)]), targets
    return crops(step, 2 * settings.tile_size), crops(9 + step, settings.target_side)


@pytest.mark.parametrize("name", methods())
@pytest.mark.parametrize("joined", [True, False])
def test_all_of_its_networks_learn(name: str, joined: bool) -> None:
    settings = settings_of(name)
    side = STAGES.get(name, 1) * (16 if joined else 32)  # single tiles have to be large enough to be judged
    settings = replace(settings, tile_size=side, short_side=8 * side, method=replace(settings.method, joined=joined))
    trainer = Trainer(settings, CPU, torch.float32)
    before = {key: value.clone() for key, value in trainer.state().items() if not key.startswith("adam")}
    for step in range(2 * STAGES.get(name, 1)):  # what starts at zero moves first, and what stands before it then
        losses = trainer.train_step(*examples(settings, step), crops(5, 64), captions=captions_of(settings))
    assert np.isfinite(list(losses.values())).all()
    after = trainer.state()
    still = {key for key in before if key.endswith("weight") and torch.equal(before[key], after[key])}
    assert {key for key in still if not key.endswith(FIXED)} == set()


@pytest.mark.parametrize("name", methods())
def test_a_restored_state_goes_on_as_if_nothing_had_happened(name: str) -> None:
    settings = settings_of(name)
    whole, parted = (Trainer(settings, CPU, torch.float32) for _ in range(2))
    for step in range(3):
        whole.train_step(*examples(settings, step), captions=captions_of(settings))
    parted.restore(3, {key: value.clone() for key, value in whole.state().items()})
    captions = captions_of(settings)
    last = [trainer.train_step(*examples(settings, 3), captions=captions) for trainer in (whole, parted)]
    assert last[0] == last[1]


@pytest.mark.parametrize("name", methods())
def test_its_translator_is_exact(name: str) -> None:
    settings = settings_of(name)
    translator = Trainer(settings, CPU, torch.float32).translator("style", {})
    assert not translator.unbounded
    assert translator.scale == settings.scale


def test_a_generator_without_a_mask_is_refused_where_there_are_holes() -> None:
    with pytest.raises(SettingError, match="inpaint learns to fill holes, and its generator takes no mask of them"):
        Trainer(replace(settings_of("inpaint"), generator=GENERATOR), CPU, torch.float32)


def test_a_tile_size_that_the_generator_cannot_halve_is_refused() -> None:
    settings = settings_of("pix2pix")
    with pytest.raises(SettingError, match="multiple of the generator's 32, not 16"):
        Trainer(replace(settings, generator=settings.generator | {"downs": 5}), CPU, torch.float32)


@pytest.mark.parametrize("name", ["siamese", "cyclegan", "neural-style", "srgan"])
def test_a_generator_of_shades_of_gray_is_refused_where_there_are_colors(name: str) -> None:
    gray = {"name": "residual", "channels": 8, "blocks": 1, "stride": 4, "detail": 4, "inputs": 1}
    with pytest.raises(SettingError, match="takes 1 channels"):
        Trainer(replace(settings_of(name), generator=gray), CPU, torch.float32)
