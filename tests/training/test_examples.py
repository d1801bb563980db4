"""Crops of two folders, step by step."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tilegan.errors import SkippedImageWarning
from tilegan.methods.base import EXAMPLES
from tilegan.methods.holes import Holes
from tilegan.training.crops import Crops
from tilegan.training.examples import Holed, Paired, Reduced, Unpaired, batches, examples_of
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


def test_holes_are_drawn_in_the_same_crops(folder: Path) -> None:
    examples = Holed(Crops(find_images(folder, 32, 10**6), 32, 10**6, 5), Holes(6))
    masks = []
    for source, target in map(examples.crops, range(5)):
        mask = source.pixels[..., 3]
        assert (source.pixels[mask == 0][:, :3] == target.pixels[mask == 0]).all()
        assert (source.pixels[mask == 255][:, :3] == 128).all()
        masks.append(mask)
    assert (examples.crops(4)[0].pixels[..., 3] == masks[4]).all()
    assert (masks[0] != masks[1]).any()


def test_reductions_are_means_of_the_same_crops(folder: Path) -> None:
    images = find_images(folder, 32, 10**6)
    examples = Reduced(Crops(images, 32, 10**6, 5), 4)
    for number in range(20):
        source, target = examples.crops(number)
        whole = Crops(images, 32, 10**6, 5).crop(number)
        assert np.array_equal(target.pixels, whole.pixels)
        assert np.array_equal(target.thumbnail, whole.thumbnail)
        assert np.array_equal(source.thumbnail, whole.thumbnail)
        means = target.pixels.reshape(8, 4, 8, 4, 3).mean((1, 3))
        assert source.pixels.dtype == np.uint8
        assert np.array_equal(source.pixels, np.floor(means + 0.5))


def test_crops_of_small_images_are_cut_to_whole_squares(folder: Path) -> None:
    examples = Reduced(Crops(find_images(folder, 64, 66), 130, 10**6, 5), 4)  # reduced to 82 x 66 and the like
    sides = {(source.pixels.shape[:2], target.pixels.shape[:2]) for source, target in map(examples.crops, range(20))}
    assert sides == {((16, 20), (64, 80)), ((25, 16), (100, 64)), ((24, 16), (96, 64))}


@pytest.mark.parametrize("kind", EXAMPLES)
def test_crops_are_of_the_sides_that_are_wanted(folder: Path, kind: str) -> None:
    images = find_images(folder, 64, 64)
    scale = 4 if kind == "reduced" else 1
    channels, holes = (4, Holes(6)) if kind == "holed" else (3, None)
    made = examples_of(kind, (images, images), 16, scale, 10**6, seed=3, holes=holes)
    source, target = made.crops(0)
    assert (source.pixels.shape, target.pixels.shape) == ((16, 16, channels), (16 * scale, 16 * scale, 3))
    assert {"unpaired": Unpaired, "paired": Paired, "reduced": Reduced, "holed": Holed}[kind] is type(made)
    again = examples_of(kind, (images, images), 16, scale, 10**6, seed=3, holes=holes)
    assert np.array_equal(again.crops(7)[0].pixels, made.crops(7)[0].pixels)
    other = examples_of(kind, (images, images), 16, scale, 10**6, seed=4, holes=holes)
    assert not np.array_equal(other.crops(7)[0].pixels, made.crops(7)[0].pixels)


def test_crops_of_label_maps_have_no_new_colors(tmp_path: Path) -> None:
    levels = np.random.default_rng(0).integers(0, 2, (150, 150), np.uint8) * 255
    Image.fromarray(levels).save(tmp_path / "a.png")
    images = find_images(tmp_path, 64, 64)
    source, target = examples_of("paired", (images, images), 32, 1, 10**6, seed=3, labels=True).crops(0)
    assert set(np.unique(source.pixels)) == {0, 255}
    assert len(np.unique(target.pixels)) > 2
