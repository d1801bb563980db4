from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from torch.overrides import TorchFunctionMode

from tilegan.errors import DatasetError, SkippedImageWarning
from tilegan.training.colors import tones_of
from tilegan.training.crops import Crops
from tilegan.training.images import find_images, read_reduced
from tilegan.training.pairs import find_halves


class Refusing(TorchFunctionMode):
    """No function of torch can be called."""

    def __torch_function__(self, function: object, *_: object) -> None:
        raise AssertionError(f"{function} was called")


def test_a_crop_depends_on_seed_and_number_alone(folder: Path) -> None:
    images = find_images(folder, 32, 64)
    forwards, backwards = Crops(images, 32, 10**6, 5), Crops(images, 32, 1, 5)
    expected = [forwards.crop(number) for number in range(20)]
    for number in reversed(range(20)):
        assert all(map(np.array_equal, backwards.crop(number), expected[number]))
    other = Crops(images, 32, 10**6, 6)
    assert not all(np.array_equal(other.crop(number).pixels, expected[number].pixels) for number in range(20))


def test_crops_are_windows_of_the_images_mirrored_or_not(folder: Path) -> None:
    images = find_images(folder, 32, 64)[:1]
    whole = read_reduced(images[0])
    windows = {
        whole[top : top + 32, left : left + 32][:, ::step].tobytes()
        for top in range(33)
        for left in range(49)
        for step in (1, -1)
    }
    crops = Crops(images, 32, 10**6, 0)
    drawn = [crops.crop(number).pixels.tobytes() for number in range(50)]
    assert set(drawn) <= windows
    assert len(set(drawn)) > 40


def test_a_crop_comes_with_the_thumbnail_of_its_image_mirrored_as_it_is(tmp_path: Path) -> None:
    for name, level in (("dark", 0), ("bright", 200)):
        pixels = np.full((64, 128, 3), level, np.uint8)
        pixels[:, 64:] += 50
        pixels[::2, :, 2] += 3
        Image.fromarray(pixels).save(tmp_path / f"{name}.png")
    crops = Crops(find_images(tmp_path, 32, 64), 32, 10**6, 0)
    for crop in map(crops.crop, range(20)):
        assert crop.thumbnail.shape == (64, 64, 3)
        dark = crop.pixels[0, 0, 0] < 100
        halves = crop.thumbnail[0, [0, -1], 0].tolist()
        assert sorted(halves) == ([0, 50] if dark else [200, 250])
        columns = crop.pixels[0, :, 0].astype(int)
        if columns[0] != columns[-1]:  # it shows which way it is mirrored
            assert (columns[0] < columns[-1]) == (halves[0] < halves[1])


def test_crops_are_made_without_torch(folder: Path) -> None:
    # in a thread beside the training's it would start threads of its own, more than there are cores (see thumbnail_of)
    with Refusing():
        assert Crops(find_images(folder, 32, 64), 32, 10**6, 0).crop(0).pixels.shape == (32, 32, 3)


def test_flat_crops_are_drawn_again(tmp_path: Path) -> None:
    pixels = np.full((64, 640, 3), (90, 140, 220), np.uint8)
    pixels[:, 320:] = np.random.default_rng(0).integers(0, 256, (64, 320, 3))
    Image.fromarray(pixels).save(tmp_path / "half.png")
    crops = Crops(find_images(tmp_path, 32, 64), 32, 10**6, 0)
    flat = sum(crops.crop(number).pixels.std(axis=(0, 1)).max() < 1 for number in range(200))
    assert flat <= 4  # without drawing again nearly half of them would be


def test_a_wholly_flat_image_still_gives_crops(tmp_path: Path) -> None:
    Image.new("RGB", (64, 64), "gray").save(tmp_path / "flat.png")
    assert Crops(find_images(tmp_path, 32, 64), 32, 10**6, 0).crop(0).pixels.shape == (32, 32, 3)


def test_memory_stays_within_the_budget(folder: Path) -> None:
    images = find_images(folder, 32, 64)
    sizes = [3 * image.height * image.width for image in images]
    crops = Crops(images, 32, max(sizes) + 1, 0)
    for number in range(20):
        crops.crop(number)
        assert sum(image.nbytes for image in crops._kept.values()) == crops._bytes <= max(sizes) + 1


def test_an_image_that_does_not_decode_is_reported_once_and_replaced(folder: Path) -> None:
    content = (folder / "2.png").read_bytes()
    (folder / "2.png").write_bytes(content[: len(content) // 2])
    crops = Crops(find_images(folder, 32, 64), 32, 10**6, 0)
    with pytest.warns(SkippedImageWarning, match="2.png") as caught:
        drawn = [crops.crop(number) for number in range(20)]
    assert len(caught) == 1
    assert all(crop.pixels.shape == (32, 32, 3) for crop in drawn)


def test_nothing_that_decodes_is_an_error(tmp_path: Path, write_noise: Callable[..., None]) -> None:
    write_noise(tmp_path / "a.png", 64, 64)
    content = (tmp_path / "a.png").read_bytes()
    (tmp_path / "a.png").write_bytes(content[: len(content) // 2])
    crops = Crops(find_images(tmp_path, 32, 64), 32, 10**6, 0)
    with pytest.warns(SkippedImageWarning), pytest.raises(DatasetError, match="can be decoded"):
        crops.crop(0)


@pytest.fixture
def cutouts(tmp_path: Path) -> Path:
    """A folder with an image of bright noise, of which all but a quarter is black, and hidden."""
    pixels = np.zeros((128, 256, 4), np.uint8)
    pixels[:, :64] = np.random.default_rng(0).integers(150, 250, (128, 64, 4), np.uint8)
    (tmp_path / "cut").mkdir()
    Image.fromarray(pixels).save(tmp_path / "cut" / "a.png")
    return tmp_path / "cut"


def test_nothing_is_learned_of_what_is_hidden(cutouts: Path) -> None:
    images = find_images(cutouts, 32, 128)
    crops = Crops(images, 32, 10**6, 0)
    for number in range(40):
        crop = crops.crop(number)
        assert crop.pixels.min() > 100  # filled with bright colors, and gray far away
        assert crop.thumbnail.min() > 100
    places = [crops.position(number).window.left for number in range(40)]
    assert np.mean([left <= 48 for left in places]) >= 0.8  # the others were drawn again, as often as that is done
    assert tones_of(images).min() > 140


def test_an_evaluation_sees_nothing_of_it_either(cutouts: Path) -> None:
    assert read_reduced(find_images(cutouts, 32, 100)[0]).min() > 100
    halves = find_halves(cutouts, 32, 100, "a-to-b")
    assert read_reduced(halves[1][0]).min() > 100
