"""Generators of one channel: shades of gray in, colors out, through the whole engine."""

from functools import partial
from pathlib import Path
from typing import NamedTuple

import dask.array as da
import numpy as np
import pytest
import torch
from PIL import Image

from tilegan.geometry import Window
from tilegan.gray import gray
from tilegan.inference.array import stylize_array
from tilegan.inference.blocks import read_block
from tilegan.inference.statistics import GLOBAL, with_streamed_statistics
from tilegan.networks.build import build_generator
from tilegan.pipelines.stylize import stylize
from tilegan.translator import Translator, load


@pytest.fixture(scope="module", params=["residual", "unet"])
def coloring(request: pytest.FixtureRequest) -> Translator:
    """A small translator of one channel with random weights."""
    torch.manual_seed(3)
    numbers = {"residual": {"channels": 8, "blocks": 2, "stride": 4, "detail": 4}, "unet": {"channels": 4, "downs": 2}}
    architecture = {"name": request.param, "inputs": 1, **numbers[request.param]}
    generator = build_generator(architecture)
    for weight in generator.parameters():
        torch.nn.init.normal_(weight, std=0.2)
    return Translator.of(generator, architecture, 16, name="coloring")


def image(height: int, width: int, dtype: type = np.uint8) -> np.ndarray:
    return np.random.default_rng(5).integers(0, np.iinfo(dtype).max, (height, width, 3), dtype=dtype)


def test_what_it_takes_is_found_out(coloring: Translator) -> None:
    assert coloring.channels == 1
    assert coloring.peak_bytes(1, 64) > 0
    assert not coloring.unbounded


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_colors_of_the_source_do_not_count(coloring: Translator, dtype: type) -> None:
    pixels = image(50, 70, dtype)
    made = coloring.translate(pixels)
    assert made.shape == pixels.shape
    assert made.dtype == dtype
    assert np.ptp(made, axis=2).any()
    assert np.array_equal(made, coloring.translate(gray(pixels).repeat(3, 2)))


@pytest.mark.parametrize("stroke", [1, 2])
def test_tiled_equals_whole(coloring: Translator, stroke: int) -> None:
    lazy = da.from_array(image(150, 170), chunks=(70, 50, 3))
    tiled = np.asarray(stylize_array(lazy, coloring, window=20, stroke=stroke))
    whole = np.asarray(stylize_array(lazy.rechunk(-1), coloring, window=256, stroke=stroke))
    assert np.abs(tiled.astype(int) - whole).max() <= 1
    if stroke == 1:
        assert np.array_equal(whole, coloring.translate(lazy.compute()))


@pytest.mark.parametrize("mode", ["L", "RGB"])
def test_files_are_colored(coloring: Translator, tmp_path: Path, mode: str) -> None:
    coloring.save(tmp_path / "coloring.safetensors")
    picture = Image.fromarray(image(90, 130)).convert(mode)
    picture.save(tmp_path / "in.png")
    stylize(tmp_path / "in.png", tmp_path / "out.png", model=tmp_path / "coloring.safetensors", window=32, device="cpu")
    loaded = load(tmp_path / "coloring.safetensors", "cpu", "auto")
    wanted = loaded.translate(np.asarray(picture.convert("RGB")))
    assert np.abs(np.asarray(Image.open(tmp_path / "out.png")).astype(int) - wanted).max() <= 1


def test_statistics_of_whole_images_are_of_what_is_seen() -> None:
    torch.manual_seed(3)
    architecture = {"name": "unet", "channels": 4, "downs": 2, "inputs": 1, "norm": "instance"}
    translator = Translator.of(build_generator(architecture), architecture, 16)
    lazy = da.from_array(image(60, 72), chunks=-1)
    whole = translator.translate(lazy.compute())
    settled = with_streamed_statistics(translator, GLOBAL, partial(read_block, Whole(image(60, 72))), 60, 72, 32)
    tiled = np.asarray(stylize_array(lazy, settled, window=16))
    assert np.abs(tiled.astype(int) - whole).max() <= 1


class Whole(NamedTuple):
    """An image in memory."""

    pixels: np.ndarray

    @property
    def height(self) -> int:
        return self.pixels.shape[0]

    @property
    def width(self) -> int:
        return self.pixels.shape[1]

    def read(self, window: Window) -> np.ndarray:
        return window.of(self.pixels)
