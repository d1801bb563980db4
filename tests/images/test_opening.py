"""Choosing a reader, and what every reader promises, on small files of many kinds."""

import warnings
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
import tifffile
import zarr
from numpy.typing import NDArray
from PIL import Image

from tilegan.errors import ImageError
from tilegan.geometry import Window
from tilegan.images.opening import open_source
from tilegan.images.readers.pillow import PillowSource
from tilegan.images.readers.raster import RasterSource
from tilegan.images.readers.zarr_source import ZarrSource
from tilegan.images.source import Source, reduced_shape
from tilegan.images.stores.store import Store

HEIGHT, WIDTH = 45, 61
COLOR = np.random.default_rng(1).integers(0, 256, (HEIGHT, WIDTH, 3), dtype=np.uint8)


def whole(source: Source) -> NDArray[np.uint8]:
    return source.read(Window(0, 0, source.height, source.width))


def pillow(path: Path, **options: object) -> None:
    Image.fromarray(COLOR).save(path, **options)


def store(path: Path) -> None:
    made = Store.create(path, HEIGHT, WIDTH, shard=64, chunk=32)
    made.write_shard(0, (0, 0), COLOR)
    made.finish()


LOSSLESS: dict[str, tuple[Callable[[Path], None], type]] = {
    "a.png": (pillow, RasterSource),
    "a.tif": (pillow, RasterSource),
    "a.bmp": (pillow, RasterSource),
    "tiled.tif": (
        lambda path: tifffile.imwrite(path, COLOR, metadata=None, software="", tile=(16, 16), compression="deflate"),
        RasterSource,
    ),
    "planar.tif": (
        lambda path: tifffile.imwrite(
            path, np.moveaxis(COLOR, -1, 0), photometric="rgb", planarconfig="separate", metadata=None, software=""
        ),
        RasterSource,
    ),
    "a.webp": (lambda path: pillow(path, lossless=True), PillowSource),
    "a.tga": (pillow, PillowSource),
    "a.sgi": (pillow, RasterSource),
    "a.dds": (pillow, PillowSource),
    "plain.zarr": (lambda path: zarr.save_array(path, COLOR), ZarrSource),
    "store.zarr": (store, ZarrSource),
}


@pytest.mark.parametrize("name", LOSSLESS)
def test_every_format_gives_the_same_pixels(tmp_path, name):
    write, reader = LOSSLESS[name]
    write(tmp_path / name)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        source = open_source(str(tmp_path / name))
    assert type(source) is reader
    assert (source.height, source.width, source.bands, source.dtype) == (HEIGHT, WIDTH, 3, np.uint8)
    assert source.origin.geo is None
    np.testing.assert_array_equal(whole(source), COLOR)
    part = source.read(Window(7, 9, 20, 13))
    np.testing.assert_array_equal(part, COLOR[7:27, 9:22])
    assert part.flags.c_contiguous
    assert source.read_mask(Window(7, 9, 20, 13)) is None
    source.close()


@pytest.mark.parametrize("name", LOSSLESS)
def test_any_thread_reads_the_same(tmp_path, name):
    LOSSLESS[name][0](tmp_path / name)
    source = open_source(tmp_path / name)
    windows = [Window(top, left, 11, 17) for top in range(0, 34, 3) for left in range(0, 44, 5)]
    with ThreadPoolExecutor(8) as pool:
        for window, pixels in zip(windows, pool.map(source.read, windows), strict=True):
            np.testing.assert_array_equal(pixels, COLOR[window.top : window.bottom, window.left : window.right])


@pytest.mark.parametrize("name", LOSSLESS)
def test_a_thumbnail_is_the_reduced_whole(tmp_path, name):
    LOSSLESS[name][0](tmp_path / name)
    source = open_source(tmp_path / name)
    assert source.thumbnail(20).shape == (15, 20, 3)
    assert abs(source.thumbnail(20).mean() - COLOR.mean()) < 3
    np.testing.assert_array_equal(source.thumbnail(1000), COLOR)


@pytest.mark.parametrize(
    ("name", "block"),
    {
        "tiled.tif": (16, 16),
        "a.webp": (HEIGHT, WIDTH),
        "plain.zarr": (HEIGHT, WIDTH),
        "store.zarr": (32, 32),
    }.items(),
)
def test_the_smallest_part_that_is_decoded_is_told(tmp_path, name, block):
    LOSSLESS[name][0](tmp_path / name)
    source = open_source(tmp_path / name)
    assert (source.block, source.sequential) == (block, False)


@pytest.mark.parametrize("kind", ["png", "webp", "zarr"])
def test_a_thumbnail_shows_the_image(tmp_path, kind):
    flat = np.zeros((60, 90, 3), np.uint8)
    flat[:30], flat[:, 45:, 2] = 200, 100
    path = tmp_path / f"flat.{kind}"
    if kind == "zarr":
        zarr.save_array(path, flat)
    else:
        Image.fromarray(flat).save(path, lossless=True)
    np.testing.assert_array_equal(open_source(path).thumbnail(30), flat[::3, ::3])


def test_the_shape_of_a_thumbnail():
    assert reduced_shape(100, 200, 50) == (25, 50)
    assert reduced_shape(1, 100_000, 256) == (1, 256)
    assert reduced_shape(10, 20, 50) == (10, 20)


@pytest.mark.parametrize("name", ["a.png", "a.webp", "store.zarr"])
def test_identity_tells_versions_apart(tmp_path, name):
    LOSSLESS[name][0](tmp_path / name)
    first = open_source(tmp_path / name).identity()
    assert first == open_source(tmp_path / name).identity()
    file = next(file for file in [tmp_path / name, *(tmp_path / name).rglob("*")] if file.is_file())
    file.write_bytes(file.read_bytes() + b" ")
    assert open_source(tmp_path / name).identity() != first


def test_what_is_no_image_is_refused_in_one_line(tmp_path):
    (tmp_path / "text.jpg").write_text("not an image\nat all\n")
    (tmp_path / "empty.png").write_bytes(b"")
    (tmp_path / "folder").mkdir()
    for name in ("missing.jpg", "text.jpg", "empty.png", "folder"):
        with pytest.raises(ImageError, match=name) as caught:
            open_source(tmp_path / name)
        assert "\n" not in str(caught.value)


@pytest.mark.parametrize("kind", ["jpg", "png", "tif", "webp", "gif"])
def test_a_truncated_file_is_refused_by_name(tmp_path, kind):
    path = tmp_path / f"cut.{kind}"
    Image.fromarray(np.tile(COLOR, (4, 4, 1))).save(path)
    path.write_bytes(path.read_bytes()[:-2000])
    with pytest.raises(ImageError, match=rf"cut\.{kind}") as caught:
        whole(open_source(path))
    assert "\n" not in str(caught.value)


def test_every_awkward_file_is_read_or_refused(data_folder):
    files = [file for name in ("awkward", "geo", "patho") for file in sorted((data_folder / name).iterdir())]
    refused = []
    for file in files:
        try:
            source = open_source(file)
            corner = Window(0, 0, min(source.height, 300), min(source.width, 300))
            assert source.read(corner).shape == (corner.height, corner.width, 3)
            mask = source.read_mask(corner)
            assert mask is None or (mask.shape == corner[2:] and mask.dtype == source.levels)
            assert max(source.thumbnail(64).shape[:2]) <= 64
            source.close()
        except ImageError as error:
            assert file.name in str(error)
            assert "\n" not in str(error)
            refused.append(file.name)
    assert len(refused) < len(files) / 10, refused


def test_a_real_photograph_reads_the_same_in_parts(data_folder):
    path = sorted((data_folder / "train" / "photo").glob("*.jpg"))[0]
    source = open_source(path)
    with Image.open(path) as image:
        expected = np.array(image)
    assert (source.height, source.width) == expected.shape[:2]
    parts = [source.read(Window(0, left, source.height, 100)) for left in range(0, source.width - 99, 100)]
    joined = np.concatenate(parts, axis=1)
    np.testing.assert_array_equal(joined, whole(source)[:, : joined.shape[1]])
    # The two decoders fill in the colors between the stored ones differently.
    assert np.abs(joined.astype(int) - expected[:, : joined.shape[1]]).mean() < 1
