"""Instance maps: read as they are stored, whatever shows them as colors, and joined with label maps."""

from pathlib import Path

import numpy as np
import pytest
import rasterio
from numpy.typing import NDArray
from PIL import Image

from tilegan.errors import ImageError
from tilegan.geometry import Window
from tilegan.images.instances import InstanceMap, JoinedSource, open_joined
from tilegan.images.opening import open_source

NUMBERS = np.random.default_rng(0).integers(0, 2**16, (40, 50)).astype(np.uint16)
WINDOW = Window(7, 9, 20, 30)


def numbers_of(path: Path) -> NDArray[np.int_]:
    planes = InstanceMap(path).read(WINDOW).astype(np.int_)
    return planes[..., 0] * 256 + planes[..., 1]


@pytest.mark.parametrize("name", ["a.png", "a.tif"])
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_numbers_are_those_of_the_file(tmp_path: Path, name: str, dtype: type) -> None:
    numbers = NUMBERS.astype(dtype)
    Image.fromarray(numbers).save(tmp_path / name)
    assert np.array_equal(numbers_of(tmp_path / name), WINDOW.of(numbers))


def test_fewer_bits_a_palette_or_nodata_change_no_number(tmp_path: Path) -> None:
    Image.fromarray(NUMBERS.astype(np.uint8)).convert("1").save(tmp_path / "few.png")
    assert np.array_equal(numbers_of(tmp_path / "few.png"), WINDOW.of(np.asarray(Image.open(tmp_path / "few.png"))))
    numbers = NUMBERS.astype(np.uint8)
    image = Image.fromarray(numbers).convert("P")
    image.putpalette([255 - level // 3 for level in range(768)])
    image.save(tmp_path / "a.png")
    assert np.array_equal(numbers_of(tmp_path / "a.png"), WINDOW.of(numbers))
    with rasterio.open(tmp_path / "b.tif", "w", "GTiff", 50, 40, 1, dtype="uint16", nodata=0) as file:
        file.write(NUMBERS, 1)
    assert np.array_equal(numbers_of(tmp_path / "b.tif"), WINDOW.of(NUMBERS))


def test_what_holds_no_such_numbers_is_refused(tmp_path: Path) -> None:
    Image.new("RGB", (9, 9)).save(tmp_path / "colors.png")
    with pytest.raises(ImageError, match=r"colors.png has 3 bands of uint8: save numbers in one band of 8 or 16"):
        InstanceMap(tmp_path / "colors.png")
    Image.fromarray(NUMBERS.astype(np.float32)).save(tmp_path / "floats.tif")
    with pytest.raises(ImageError, match="1 bands of float32"):
        InstanceMap(tmp_path / "floats.tif")
    with pytest.raises(ImageError, match="no such image"):
        InstanceMap(tmp_path / "nothing.tif")


def test_two_files_are_one_image_of_five_channels(tmp_path: Path) -> None:
    colors = np.random.default_rng(1).integers(0, 256, (40, 50, 3), dtype=np.uint8)
    Image.fromarray(colors).save(tmp_path / "map.png")
    Image.fromarray(NUMBERS).save(tmp_path / "objects.png")
    source = open_joined(tmp_path / "map.png", None, tmp_path / "objects.png")
    assert isinstance(source, JoinedSource)
    read = source.read(WINDOW)
    assert (read.dtype, read.shape) == (np.uint8, (20, 30, 5))
    assert np.array_equal(read[..., :3], WINDOW.of(colors))
    assert np.array_equal(read[..., 3] * 256.0 + read[..., 4], WINDOW.of(NUMBERS))
    assert source.read_mask(WINDOW) is None
    assert source.thumbnail(10).shape == (8, 10, 3)
    alone = open_source(tmp_path / "map.png").identity()
    assert alone.items() < source.identity().items()
    assert source.identity()["instances name"] == "objects.png"
    source.close()


def test_other_sizes_are_refused(tmp_path: Path) -> None:
    Image.new("RGB", (51, 40)).save(tmp_path / "map.png")
    Image.fromarray(NUMBERS).save(tmp_path / "objects.png")
    with pytest.raises(ImageError, match=r"objects.png is 50 x 40 pixels, .*map.png 51 x 40: .* need the same size"):
        open_joined(tmp_path / "map.png", None, tmp_path / "objects.png")
