"""Crops of two folders, step by step."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tilegan.errors import SkippedImageWarning
from tilegan.training.crops import Crops
from tilegan.training.examples import Paired, Unpaired, batches
from tilegan.training.images import find_images


def test_batches_are_the_crops_of_each_step_or_a_part_of_them(folder: Path) -> None:
    examples = Unpaired(*(Crops(find_images(folder, 32, 64), 32, 10**6, seed) for seed in (0, 1)))
    whole = list(batches(examples, range(2, 5), range(4), 4))
    assert len(whole) == 3
    for step, made in zip(range(2, 5), whole, strict=True):
        for place in range(4):
            for crop, together in zip(examples.crops(4 * step + place), made, strict=True):
                assert np.array_equal(crop.pixels, together.pixels[place])
                assert np.array_equal(crop.thumbnail, together.thumbnail[place])
    for made, part in zip(whole, batches(examples, range(2, 5), range(2, 4), 4), strict=True):
        assert np.array_equal(part[1].pixels, made[1].pixels[2:])
    assert list(batches(examples, range(3, 3), range(4), 4)) == []


@pytest.fixture
def pair(folder: Path, tmp_path: Path) -> Paired:
    """The folder's images, and the same inverted."""
    other = tmp_path / "inverted"
    other.mkdir()
    for file in folder.iterdir():
        Image.fromarray(255 - np.asarray(Image.open(file))).save(other / file.name)
    return Paired(*(Crops(find_images(each, 32, 10**6), 32, 10**6, seed) for each, seed in ((folder, 0), (other, 1))))


def test_pairs_are_taken_at_the_same_places(pair: Paired) -> None:
    for source, target in map(pair.crops, range(30)):
        assert np.array_equal(source.pixels, 255 - target.pixels)


def test_a_pair_of_which_one_does_not_decode_is_left_out(pair: Paired) -> None:
    broken = pair.sources.images[1].path
    broken.write_bytes(broken.read_bytes()[:-500])
    with pytest.warns(SkippedImageWarning, match="1.png"):
        for source, target in map(pair.crops, range(30)):
            assert np.array_equal(source.pixels, 255 - target.pixels)
