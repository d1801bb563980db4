"""Zarr images of several layouts."""

import numpy as np
import pytest
import zarr

from tilegan.errors import ImageError
from tilegan.geometry import Window
from tilegan.images.source import open_source
from tilegan.images.store import Store

PIXELS = np.random.default_rng(4).integers(0, 256, (40, 50, 3), dtype=np.uint8)
PLANES = np.moveaxis(PIXELS, -1, 0)
PART = Window(11, 5, 20, 33)
EXPECTED = PIXELS[11:31, 5:38]


@pytest.mark.parametrize("zarr_format", [2, 3])
@pytest.mark.parametrize("layout", ["yxc", "cyx", "yx", "four bands"])
def test_plain_arrays(tmp_path, layout, zarr_format):
    alpha = np.zeros_like(PLANES[:1])
    values = {"yxc": PIXELS, "cyx": PLANES, "yx": PIXELS[..., 0], "four bands": np.concatenate([PLANES, alpha])}[layout]
    zarr.create_array(tmp_path / "a.zarr", data=values, chunks=(16,) * values.ndim, zarr_format=zarr_format)
    source = open_source(tmp_path / "a.zarr")
    assert (source.height, source.width) == (40, 50)
    np.testing.assert_array_equal(source.read(PART), EXPECTED[..., :1].repeat(3, 2) if layout == "yx" else EXPECTED)


def test_names_of_axes_are_heeded(tmp_path):
    zarr.create_array(tmp_path / "a.zarr", data=PLANES.transpose(2, 1, 0), dimension_names=["x", "y", "c"])
    np.testing.assert_array_equal(open_source(tmp_path / "a.zarr").read(PART), EXPECTED)


def ome(path, values, axes, version):
    multiscales = [{"axes": [{"name": axis} for axis in axes], "datasets": [{"path": "s0"}]}]
    group = zarr.create_group(path, zarr_format=2 if version == "0.4" else 3)
    group.create_array("s0", data=values)
    group.attrs.update({"multiscales": multiscales} if version == "0.4" else {"ome": {"multiscales": multiscales}})


@pytest.mark.parametrize("version", ["0.4", "0.5"])
@pytest.mark.parametrize("axes", ["cyx", "tczyx"])
def test_ome_zarr(tmp_path, version, axes):
    ome(tmp_path / "a.zarr", PLANES if axes == "cyx" else PLANES[None, :, None], axes, version)
    source = open_source(tmp_path / "a.zarr")
    assert source.bands == 3
    np.testing.assert_array_equal(source.read(PART), EXPECTED)


def test_wider_types_are_stretched_by_one_rule(tmp_path):
    ramp = np.linspace(1000, 3000, 10_000).reshape(100, 100).astype("uint16")
    zarr.create_array(tmp_path / "a.zarr", data=ramp, chunks=(30, 30))
    source = open_source(tmp_path / "a.zarr")
    expected = np.clip((ramp.astype(float) - 1010) / 1980 * 255, 0, 255)
    levels = source.read(Window(0, 0, 100, 100))[..., 0]
    assert np.abs(levels - expected).max() <= 1
    np.testing.assert_array_equal(source.read(Window(50, 20, 7, 9))[..., 0], levels[50:57, 20:29])


def test_the_thumbnail_comes_from_a_smaller_level(tmp_path):
    store = Store.create(tmp_path / "a.zarr", 600, 800, shard=1024, chunk=512)
    for level in range(store.levels):
        store.write_shard(level, (0, 0), np.full((*store.shape(level), 3), 50 + level, np.uint8))
    store.finish()
    source = open_source(tmp_path / "a.zarr")
    assert source.thumbnail(150).shape == (112, 150, 3)
    assert (source.thumbnail(150) == 52).all()
    assert (source.thumbnail(500) == 50).all()
    assert source.thumbnail(5000).shape == (600, 800, 3)


@pytest.mark.filterwarnings("ignore::zarr.errors.UnstableSpecificationWarning")
@pytest.mark.parametrize("case", ["planes", "group", "axes", "outside", "text", "one axis", "no pixels"])
def test_what_is_no_image_is_refused(tmp_path, case):
    path = tmp_path / "bad.zarr"
    if case == "planes":
        ome(path, np.zeros((5, 8, 8), np.uint8), "zyx", "0.5")
    elif case == "group":
        zarr.create_group(path).create_array("inner", data=PIXELS)
    elif case == "axes":
        ome(path, PLANES, "ab", "0.5")
    elif case == "outside":
        ome(path, PLANES, "cyx", "0.5")
        zarr.create_array(tmp_path / "other", data=PIXELS)
        multiscales = [{"axes": list("cyx"), "datasets": [{"path": "../other"}]}]
        zarr.open_group(path).attrs.update({"ome": {"multiscales": multiscales}})
    elif case == "text":
        zarr.create_array(path, data=np.array([["a", "b"]], dtype="U1"))
    elif case == "one axis":
        zarr.create_array(path, data=np.zeros(9, np.uint8))
    else:
        zarr.create_array(path, shape=(0, 5), dtype="uint8", chunks=(1, 1))
    with pytest.raises(ImageError, match=r"bad\.zarr") as caught:
        open_source(path)
    assert "\n" not in str(caught.value)


def test_a_damaged_chunk_is_told(tmp_path):
    store = Store.create(tmp_path / "a.zarr", 40, 50, shard=64, chunk=32)
    store.write_shard(0, (0, 0), PIXELS)
    store.finish()
    file = store.shard_file(0, (0, 0))
    content = bytearray(file.read_bytes())
    content[5] ^= 1
    file.write_bytes(content)
    with pytest.raises(ImageError, match=r"damaged image: .*a\.zarr"):
        open_source(tmp_path / "a.zarr").read(PART)
