"""What the tests of batches share."""

import json

import numpy as np
import pytest
from PIL import Image

from tilegan.pipelines import batch

DRAW = np.random.default_rng(0)
BEGIN = DRAW.bit_generator.state


@pytest.fixture(autouse=True)
def drawn_alike():
    """Let a test draw the same images whatever tests ran before."""
    DRAW.bit_generator.state = BEGIN


def draw(path, height, width, bands=3, **options):
    path.parent.mkdir(parents=True, exist_ok=True)
    pixels = DRAW.integers(0, 256, (height, width, bands), dtype=np.uint8)
    Image.fromarray(pixels if bands > 1 else pixels[..., 0]).save(path, **options)
    return path


@pytest.fixture
def folder(tmp_path):
    """Six images: two of one shard, two of several, one with transparency, one of one pixel."""
    folder = tmp_path / "in"
    draw(folder / "a.png", 40, 50)
    draw(folder / "b" / "a.jpg", 33, 61)
    draw(folder / "b" / "large.tif", 100, 150)
    draw(folder / "b" / "c" / "large.webp", 130, 70)
    draw(folder / "clear.png", 30, 30, 4)
    draw(folder / "one.bmp", 1, 1)
    return folder


@pytest.fixture
def out(tmp_path):
    return tmp_path / "out"


@pytest.fixture
def run(folder, model, out):
    """Run the batch with windows of 32 and shards of 64 pixels; the names and statuses of images, and the result."""

    def made(source=None, **options):
        told = []
        options = {"window": 32, "shard": 64, "device": "cpu", "precision": "float32"} | options
        result = batch(source or folder, options.pop("output", out), options.pop("model", model),
                       progress=told.append, **options)  # fmt: skip
        return {image.output: image.status for image in told}, result

    return made


def lines(out):
    return [json.loads(line) for line in (out / "results.jsonl").read_text().splitlines()]


def leftovers(out):
    return [path.name for path in out.rglob("*") if path.suffix == ".partial" or path.name.startswith(".tilegan")]
