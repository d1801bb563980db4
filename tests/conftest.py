"""What all tests share."""

import os
from pathlib import Path

import pytest
import torch
from hypothesis import settings

from tilegan.geometry import round_up
from tilegan.networks.build import build_generator
from tilegan.translator import Translator

settings.register_profile("deterministic", derandomize=True, deadline=None, print_blob=True)
settings.load_profile("deterministic")


@pytest.fixture(scope="session")
def data_folder() -> Path:
    """The folder of real images that TILEGAN_DATA names; tests skip without it."""
    folder = os.environ.get("TILEGAN_DATA", "")
    if not folder or not Path(folder).is_dir():
        pytest.skip("no real images: set TILEGAN_DATA to their folder")
    return Path(folder)


@pytest.fixture(scope="session")
def random_translator() -> Translator:
    """A small translator with random weights: stride 4, halo 28, tiles of 16; far from the identity."""
    torch.manual_seed(7)
    architecture = {"name": "residual", "channels": 8, "blocks": 2, "stride": 4, "detail": 4}
    generator = build_generator(architecture)
    torch.nn.init.normal_(generator.tail.weight, std=0.3)
    halo = round_up(generator.radius, 4)
    return Translator(generator, architecture, tile_size=16, halo=halo, stride=4, name="random").place("cpu", "float32")
