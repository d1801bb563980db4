"""What holds for the training by every method."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from tilegan.errors import SettingError
from tilegan.methods.registry import METHODS, method_settings
from tilegan.training.settings import TrainSettings
from tilegan.training.trainer import Trainer

GENERATOR = {"name": "residual", "channels": 8, "blocks": 1, "stride": 4, "detail": 4}
SMALL_NETWORKS: dict[str, dict[str, Any]] = {
    "siamese": {"discriminator": {"name": "siamese", "channels": [4, 4, 8, 8], "cell_values": 4}},
    "cyclegan": {"discriminator": {"name": "patch", "channels": 4, "layers": 2}},
    "pix2pix": {
        "generator": {"name": "unet", "channels": 4, "downs": 3},
        "discriminator": {"name": "patch", "channels": 4, "layers": 2, "inputs": 6},
    },
}
CPU = torch.device("cpu")


def settings_of(name: str) -> TrainSettings:
    networks = {"generator": GENERATOR} | SMALL_NETWORKS[name]
    return TrainSettings.of(method_settings(name, {}), tile_size=16, short_side=32, batch=2, **networks)


def crops(seed: int, side: int = 32) -> NDArray[np.uint8]:
    return np.random.default_rng(seed).integers(0, 256, (2, side, side, 3), dtype=np.uint8)


@pytest.mark.parametrize("name", METHODS)
@pytest.mark.parametrize("joined", [True, False])
def test_all_of_its_networks_learn(name: str, joined: bool) -> None:
    settings = settings_of(name)
    side = 16 if joined else 32  # single tiles have to be large enough to be judged
    settings = replace(settings, tile_size=side, short_side=2 * side, method=replace(settings.method, joined=joined))
    trainer = Trainer(settings, CPU, torch.float32)
    before = {key: value.clone() for key, value in trainer.state().items() if not key.startswith("adam")}
    for step in range(2):  # what starts at zero moves first, and what stands before it then
        losses = trainer.train_step(crops(step, 2 * side), crops(9 + step, 2 * side), crops(5, 64))
    assert np.isfinite(list(losses.values())).all()
    after = trainer.state()
    still = {key for key in before if key.endswith("weight") and torch.equal(before[key], after[key])}
    assert still <= {key for key in before if key.endswith("blur.weight")}


@pytest.mark.parametrize("name", METHODS)
def test_a_restored_state_goes_on_as_if_nothing_had_happened(name: str) -> None:
    whole, parted = (Trainer(settings_of(name), CPU, torch.float32) for _ in range(2))
    for step in range(3):
        whole.train_step(crops(step), crops(9 + step))
    parted.restore(3, {key: value.clone() for key, value in whole.state().items()})
    assert whole.train_step(crops(3), crops(12)) == parted.train_step(crops(3), crops(12))


@pytest.mark.parametrize("name", METHODS)
def test_its_translator_is_exact(name: str) -> None:
    translator = Trainer(settings_of(name), CPU, torch.float32).translator("style", {})
    assert not translator.unbounded
    assert translator.scale == 1


def test_a_tile_size_that_the_generator_cannot_halve_is_refused() -> None:
    settings = settings_of("pix2pix")
    with pytest.raises(SettingError, match="multiple of the generator's 32, not 16"):
        Trainer(replace(settings, generator=settings.generator | {"downs": 5}), CPU, torch.float32)
