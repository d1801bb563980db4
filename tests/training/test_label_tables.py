"""Tables of labels: from files, and found in label maps of all kinds."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio
from numpy.typing import NDArray
from PIL import Image

from tilegan.errors import DatasetError, SettingError
from tilegan.training.images import TrainingImage, find_images
from tilegan.training.label_tables import find_table, read_names, read_table

COLORS = [[0, 0, 0], [200, 40, 40], [250, 250, 0], [255, 255, 255]]


def drawing(seed: int, labels: int, side: int = 64) -> NDArray[np.uint8]:
    """Overlapping rectangles, (side, side), a label each."""
    random = np.random.default_rng(seed)
    drawn = np.zeros((side, side), np.uint8)
    for label in (*range(labels), *random.integers(0, labels, 6)):
        top, left = random.integers(0, side - 16, 2)
        drawn[top : top + 16, left : left + 16] = label
    return drawn


def images_of(folder: Path) -> list[TrainingImage]:
    return find_images(folder, 32, 1000)


@pytest.fixture
def save(tmp_path: Path) -> Callable[..., list[TrainingImage]]:
    """Saves four drawings as files of one kind: their ending, and what Pillow is told."""

    def write(ending: str, colors: list[list[int]], **options: Any) -> list[TrainingImage]:
        for number in range(4):
            drawn = np.array(colors, np.uint8)[drawing(number, len(colors))]
            Image.fromarray(drawn).save(tmp_path / f"{number}.{ending}", **options)
        return images_of(tmp_path)

    return write


def test_colors_of_clean_maps_are_labels_however_near_they_are(save: Callable[..., list[TrainingImage]]) -> None:
    colors = [[0, 0, 0], [0, 0, 1], [9, 9, 9], [255, 0, 255]]
    assert find_table(save("png", colors)) == colors


@pytest.mark.parametrize("options", [{"quality": 75}, {"quality": 95}, {"quality": 90, "subsampling": 0}])
def test_noise_of_jpeg_makes_no_labels(save: Callable[..., list[TrainingImage]], options: dict[str, int]) -> None:
    found = find_table(save("jpg", COLORS, **options))
    assert len(found) == len(COLORS)
    assert np.abs(np.array(found) - COLORS).max() <= 6


def test_blends_at_soft_edges_make_no_labels(tmp_path: Path) -> None:
    for number in range(4):
        drawn = np.array(COLORS, np.uint8)[drawing(number, 4, 256)]
        Image.fromarray(drawn).rotate(7, Image.Resampling.BICUBIC).resize((230, 230)).save(tmp_path / f"{number}.png")
    assert find_table(images_of(tmp_path)) == COLORS


def test_numbers_of_integer_rasters_are_labels(tmp_path: Path) -> None:
    numbers = np.array([0, 1, 2, 7, 255], np.uint8)
    for number in range(2):
        drawn = numbers[drawing(number, 5)]
        profile = {"driver": "GTiff", "width": 64, "height": 64, "count": 1, "dtype": "uint8", "crs": "EPSG:25832"}
        transform = rasterio.Affine(10, 0, 500_000, 0, -10, 5_600_000)
        with rasterio.open(tmp_path / f"{number}.tif", "w", **profile, transform=transform) as file:
            file.write(drawn, 1)
    assert find_table(images_of(tmp_path)) == [[value] * 3 for value in numbers.tolist()]


def smooth(random: np.random.Generator, channels: int) -> Image.Image:
    """Something like a photograph."""
    coarse = random.integers(0, 256, (6, 6, channels), np.uint8).squeeze()
    pixels = np.asarray(Image.fromarray(coarse).resize((200, 200), Image.Resampling.BICUBIC)).astype(float)
    return Image.fromarray((pixels + random.normal(0, 3, pixels.shape)).clip(0, 255).astype(np.uint8))


@pytest.mark.parametrize("ending", ["png", "jpg"])
@pytest.mark.parametrize("channels", [1, 3])
def test_photographs_are_refused(tmp_path: Path, ending: str, channels: int) -> None:
    random = np.random.default_rng(0)
    for number in range(3):
        smooth(random, channels).save(tmp_path / f"{number}.{ending}")
    with pytest.raises(DatasetError, match=r"are no label maps.*--labels with a table") as caught:
        find_table(images_of(tmp_path))
    assert "\n" not in str(caught.value)


def test_one_label_is_none(tmp_path: Path) -> None:
    for ending in ("png", "jpg"):
        Image.new("RGB", (64, 64), "red").save(tmp_path / f"a.{ending}")
        with pytest.raises(DatasetError, match="are no label maps"):
            find_table(images_of(tmp_path))
        (tmp_path / f"a.{ending}").unlink()


def test_numbers_of_16_bits_are_refused(tmp_path: Path) -> None:
    Image.fromarray(drawing(0, 4).astype(np.uint16)).save(tmp_path / "a.tif")
    with pytest.raises(DatasetError, match=r"no image in .* can be decoded"):
        find_table(images_of(tmp_path))


def test_a_table_has_colors_or_numbers(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    path.write_text("# land cover\n0,0,255,water\n\n 12, 200 ,3\n7,forest\n9\n255,255,255,\n")
    assert read_table(path) == [[0, 0, 255], [12, 200, 3], [7, 7, 7], [9, 9, 9], [255, 255, 255]]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("0,0,0\nwater\n", "line 2: 'water' is no label"),
        ("0,0,0\n1,2,256\n", "line 2: '1,2,256' is no label"),
        ("0\n-1\n", "line 2: '-1' is no label"),
        ("0,0,0\n1\n\n1,1,1,again\n", "line 4: '1,1,1,again' occurs twice"),
        ("0,0,0\n", "has 1 labels: a table needs 2 to 256"),
        (None, "no table of labels"),
    ],
)
def test_what_is_no_table_is_told(tmp_path: Path, content: str | None, message: str) -> None:
    path = tmp_path / "table.csv"
    if content is not None:
        path.write_text(content)
    with pytest.raises(SettingError, match=message):
        read_table(path)


def test_names_stand_behind_colors_and_numbers(tmp_path: Path) -> None:
    table = tmp_path / "table.csv"
    table.write_text("# a table\n1,2,3, deep water\n\n 7 \n9,wood, old\n")
    assert read_names(table) == ["deep water", "", "wood,old"]
    assert read_table(table) == [[1, 2, 3], [7, 7, 7], [9, 9, 9]]
    table.write_text("1,2,3\n7\n")
    assert read_names(table) == []
