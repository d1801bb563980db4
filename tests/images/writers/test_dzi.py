"""Deep zoom images against the format's own arithmetic, worked out by hand, and against a slow reader."""

from xml.etree import ElementTree

import numpy as np
import pytest
from PIL import Image

from exported import export
from tilegan.images.encoding import ExportOptions
from tilegan.images.stores.pyramid import halve
from tilegan.images.writers import dzi

LOSSLESS = ExportOptions(lossless=True)


def test_tiles_of_an_image_of_1000_by_600_pixels(tmp_path, stored, picture):
    export(stored(picture(600, 1000)), tmp_path / "out.dzi", LOSSLESS)
    root = ElementTree.parse(tmp_path / "out.dzi").getroot()
    assert root.tag == "{http://schemas.microsoft.com/deepzoom/2008}Image"
    assert root.attrib == {"Format": "png", "Overlap": "1", "TileSize": "254"}
    assert root[0].tag == "{http://schemas.microsoft.com/deepzoom/2008}Size"
    assert root[0].attrib == {"Width": "1000", "Height": "600"}
    folder = tmp_path / "out_files"
    # 1000 is more than 2 ** 9, and not more than 2 ** 10
    assert sorted(int(level.name) for level in folder.iterdir()) == list(range(11))
    sizes = {tile.name: Image.open(tile).size for tile in (folder / "10").iterdir()}
    assert len(sizes) == 4 * 3
    assert sizes["0_0.png"] == (255, 255)  # one neighbor each way
    assert sizes["1_0.png"] == (256, 255)
    assert sizes["1_1.png"] == (256, 256)
    assert sizes["3_1.png"] == (239, 256)  # from 761 to 1000
    assert sizes["3_2.png"] == (239, 93)  # from 507 to 600
    levels = {int(level.name): len(list(level.iterdir())) for level in folder.iterdir()}
    assert levels == {10: 12, 9: 2 * 2, 8: 1} | dict.fromkeys(range(8), 1)
    assert Image.open(folder / "8" / "0_0.png").size == (250, 150)
    assert Image.open(folder / "2" / "0_0.png").size == (4, 3)  # 1000 / 256 and 600 / 256, rounded up
    assert Image.open(folder / "0" / "0_0.png").size == (1, 1)


@pytest.mark.parametrize(("height", "width"), [(1, 1), (1, 2), (254, 255), (300, 2100), (600, 3)])
@pytest.mark.parametrize("channels", [3, 4])
def test_each_tile_is_its_part_of_a_level(tmp_path, monkeypatch, height, width, channels, stored, picture):
    monkeypatch.setattr(dzi, "_AT_ONCE", 2 * dzi.TILE)
    pixels = picture(height, width, channels)
    export(stored(pixels), tmp_path / "out.dzi", LOSSLESS)
    level = int(np.ceil(np.log2(max(height, width))))
    tiles = set()
    while level >= 0:
        for row, column in np.ndindex(-(-pixels.shape[0] // 254), -(-pixels.shape[1] // 254)):
            tile = tmp_path / "out_files" / str(level) / f"{column}_{row}.png"
            top, left = max(0, 254 * row - 1), max(0, 254 * column - 1)
            expected = pixels[top : 254 * (row + 1) + 1, left : 254 * (column + 1) + 1]
            np.testing.assert_array_equal(np.array(Image.open(tile)), expected)
            tiles.add(tile)
        pixels = halve(pixels)
        level -= 1
    assert pixels.shape[:2] == (1, 1)
    assert tiles == {file for file in (tmp_path / "out_files").rglob("*") if file.is_file()}


def test_tiles_are_jpeg_unless_they_have_opacity(tmp_path, stored, picture):
    pixels = picture(300, 200)
    export(stored(pixels), tmp_path / "out.dzi", ExportOptions(quality=90))
    assert ElementTree.parse(tmp_path / "out.dzi").getroot().attrib["Format"] == "jpg"
    tile = np.array(Image.open(tmp_path / "out_files" / "9" / "0_1.jpg"))
    assert np.abs(tile.astype(int) - pixels[253:]).mean() < 4
    export(stored(picture(300, 200, 4)), tmp_path / "clear.dzi")
    assert ElementTree.parse(tmp_path / "clear.dzi").getroot().attrib["Format"] == "png"


def test_one_that_is_there_is_replaced_with_all_its_tiles(tmp_path, stored, picture):
    export(stored(picture(600, 1000)), tmp_path / "out.dzi")
    export(stored(picture(20, 30)), tmp_path / "out.dzi")
    assert sorted(int(level.name) for level in (tmp_path / "out_files").iterdir()) == list(range(6))
    assert sorted(file.name for file in tmp_path.iterdir()) == ["0.zarr", "3.zarr", "out.dzi", "out_files"]
