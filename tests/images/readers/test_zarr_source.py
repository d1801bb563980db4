"""Zarr images of several layouts."""

import numpy as np
import pytest
import zarr
from affine import Affine
from rasterio.crs import CRS

from tilegan.errors import ImageError, SettingError
from tilegan.geometry import Window
from tilegan.images.metadata.origin import Geo, Origin, Reading
from tilegan.images.opening import open_source
from tilegan.images.stores.store import Store

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
@pytest.mark.parametrize("case", ["group", "images", "axes", "twice", "outside", "text", "one axis", "no pixels"])
def test_what_is_no_image_is_refused(tmp_path, case):
    path = tmp_path / "bad.zarr"
    if case == "group":
        zarr.create_group(path).create_array("inner", data=PIXELS)
    elif case == "images":
        zarr.create_group(path)
        ome(path / "0", PLANES, "cyx", "0.5")
    elif case == "twice":
        ome(path, PLANES, "yyx", "0.5")
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
    said = {
        "group": "holds arrays inner: give one",
        "images": "holds images 0: give one",
        "outside": "lies outside of it",
    }
    with pytest.raises(ImageError, match=rf"bad\.zarr.*{said.get(case, '')}") as caught:
        open_source(path)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("folder", ["../other", "{tmp}/other", "link", "s0/../../other", "file:///other", "..\\other"])
def test_levels_outside_of_the_folder_are_never_read(tmp_path, folder):
    path = tmp_path / "bad.zarr"
    ome(path, PLANES, "cyx", "0.5")
    zarr.create_array(tmp_path / "other", data=PIXELS)
    (path / "link").symlink_to(tmp_path / "other")
    multiscales = [{"axes": list("cyx"), "datasets": [{"path": folder.format(tmp=tmp_path)}]}]
    zarr.open_group(path).attrs.update({"ome": {"multiscales": multiscales}})
    with pytest.raises(ImageError, match=r"bad\.zarr: its level .* lies outside of it"):
        open_source(path)


@pytest.mark.parametrize(
    ("chunks", "shape", "said"), [((2**16, 2**15), (2**16, 2**16), "GiB"), ((1, 1), (10**9, 10**9), "absurd")]
)
def test_absurd_arrays_are_refused_before_anything_is_decoded(tmp_path, chunks, shape, said):
    zarr.create_array(tmp_path / "bad.zarr", shape=shape, chunks=chunks, dtype="uint8", compressors=None)
    if said == "GiB":
        zarr.create_array(tmp_path / "bad.zarr", shape=shape, chunks=chunks, dtype="uint16", overwrite=True)
    with pytest.raises(ImageError, match=rf"bad\.zarr.*{said}"):
        open_source(tmp_path / "bad.zarr")


def test_metadata_of_another_kind_is_refused(tmp_path):
    for number, content in enumerate(
        [{"multiscales": 5}, {"multiscales": [7]}, {"multiscales": [{"datasets": []}]}, 3]
    ):
        zarr.create_group(tmp_path / f"bad{number}.zarr", attributes={"ome": content})
        with pytest.raises(ImageError, match=rf"bad{number}\.zarr") as caught:
            open_source(tmp_path / f"bad{number}.zarr")
        assert "\n" not in str(caught.value)


@pytest.mark.parametrize("version", ["0.1", "0.3"])
def test_old_ome_zarr(tmp_path, version):
    group = zarr.create_group(tmp_path / "a.zarr", zarr_format=2)
    group.create_array("0", data=PLANES[None, :, None])
    group.create_array("1", data=PLANES[None, :, None, ::2, ::2])
    axes = {} if version == "0.1" else {"axes": list("tczyx")}
    datasets = [{"path": "1"}, {"path": "0"}]  # in any order
    group.attrs.update({"multiscales": [{"version": version, "datasets": datasets, **axes}]})
    np.testing.assert_array_equal(open_source(tmp_path / "a.zarr").read(PART), EXPECTED)


def test_a_plane_is_chosen(tmp_path):
    stack = np.random.default_rng(1).integers(0, 256, (2, 3, 4, 40, 50), dtype=np.uint8)
    ome(tmp_path / "a.zarr", stack, "tczyx", "0.5")
    source = open_source(tmp_path / "a.zarr", Reading(plane={"t": 1, "z": 3}))
    np.testing.assert_array_equal(source.read(PART), np.moveaxis(stack[1, :, 3, 11:31, 5:38], 0, -1))
    assert source.remarks == ("one of several planes is read: t 1 of 0 to 1, z 3 of 0 to 3",)
    np.testing.assert_array_equal(
        open_source(tmp_path / "a.zarr").read(PART), np.moveaxis(stack[0, :, 0, 11:31, 5:38], 0, -1)
    )
    for plane, said in [({"z": 4}, r"no plane z=4 in .*a\.zarr: z goes from 0 to 3"), ({"q": 1}, r"t \(0 to 1\), z")]:
        with pytest.raises(SettingError, match=said):
            open_source(tmp_path / "a.zarr", Reading(plane=plane))


@pytest.mark.parametrize("chosen", [(3, 2, 1), (2, 2, 4), (3,)])
def test_bands_are_chosen(tmp_path, chosen):
    values = np.random.default_rng(1).integers(0, 256, (5, 40, 50), dtype=np.uint8)
    zarr.create_array(tmp_path / "a.zarr", data=values)
    pixels = open_source(tmp_path / "a.zarr", Reading(bands=chosen)).read(PART)
    expected = values[[band - 1 for band in (chosen if len(chosen) == 3 else chosen * 3)], 11:31, 5:38]
    np.testing.assert_array_equal(pixels, np.moveaxis(expected, 0, -1))
    with pytest.raises(SettingError, match=r"no bands \(6,\) in .*a\.zarr: it has bands 1 to 5"):
        open_source(tmp_path / "a.zarr", Reading(bands=(6,)))


def result(path, dtype="uint16", **origin):
    """The store of a result, as a plain OME-Zarr image: four channels, the last of them opacity."""
    values = np.random.default_rng(2).integers(0, np.iinfo(dtype).max, (4, 40, 50)).astype(dtype)
    ome(path, values, "cyx", "0.5")
    geo = Geo(40, 50, CRS.from_epsg(3857), Affine(2, 0, 100, 0, -2, 300), nodata=float("nan"), tags={"a": "b"})
    told = Origin(geo=geo, opacity="nodata", dtype="float32", low=-1.5, high=9.0, color_managed=True, **origin)
    zarr.open_group(path).attrs.update({"tilegan": {"shard": 64, "origin": told.to_json()}})
    return values, told


def test_a_result_is_read_with_all_that_it_keeps(tmp_path):
    values, told = result(tmp_path / "a.zarr")
    source = open_source(tmp_path / "a.zarr", Reading(depth="keep"))
    np.testing.assert_array_equal(source.read(PART), np.moveaxis(values[:3, 11:31, 5:38], 0, -1))
    np.testing.assert_array_equal(source.read_mask(PART), values[3, 11:31, 5:38])
    assert source.origin.to_json() == told.to_json()
    eight = open_source(tmp_path / "a.zarr")
    assert eight.read(PART).dtype == eight.read_mask(PART).dtype == np.uint8
    np.testing.assert_array_equal(eight.read(PART), np.floor(source.read(PART) / 257 + 0.5))


def test_the_place_of_an_enlarged_result_is_scaled(tmp_path):
    result(tmp_path / "a.zarr")
    attributes = zarr.open_group(tmp_path / "a.zarr").attrs
    content = attributes["tilegan"]
    content["origin"]["geo"] |= {"height": 10, "width": 10}
    attributes.update({"tilegan": content})
    geo = open_source(tmp_path / "a.zarr").origin.geo
    assert (geo.height, geo.width) == (40, 50)
    assert geo.transform == Affine(0.4, 0, 100, 0, -0.5, 300)


def test_a_shard_that_a_result_lost_is_told(tmp_path):
    store = Store.create(tmp_path / "a.zarr", 100, 150, shard=64, chunk=32)
    for row in range(2):
        for column in range(3):
            shape = (min(64, 100 - 64 * row), min(64, 150 - 64 * column), 3)
            store.write_shard(0, (row, column), np.full(shape, 9, np.uint8))
    store.finish()
    store.shard_file(0, (1, 2)).unlink()
    source = open_source(tmp_path / "a.zarr")
    assert (source.read(Window(0, 0, 64, 150)) == 9).all()
    with pytest.raises(ImageError, match=r"a\.zarr: no shard \(1, 2\)"):
        source.read(Window(60, 120, 10, 20))
    pixels = open_source(tmp_path / "a.zarr", Reading(allow_truncated=True)).read(Window(60, 120, 10, 20))
    assert (pixels[4:, 8:] == 128).all()
    assert (pixels[:4] == 9).all()


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


@pytest.mark.parametrize(
    "change",
    [
        {"low": "a"},
        {"low": 5, "high": 5},
        {"dpi": [1]},
        {"opacity": "x"},
        {"dtype": "U3"},
        {"geo": {}},
        {"color_managed": 1},
    ],
)
def test_what_a_result_says_must_make_sense(tmp_path, change):
    result(tmp_path / "a.zarr")
    attributes = zarr.open_group(tmp_path / "a.zarr").attrs
    content = attributes["tilegan"]
    content["origin"] |= change
    if "geo" in change:
        content["origin"]["geo"] = {"height": "x"}
    attributes.update({"tilegan": content})
    with pytest.raises(ImageError, match=r"not a Zarr image: .*a\.zarr: (its|the) source metadata ") as caught:
        open_source(tmp_path / "a.zarr")
    assert "\n" not in str(caught.value)


def test_a_folder_that_is_no_image_says_what_it_is(tmp_path):
    (tmp_path / "holiday").mkdir()
    with pytest.raises(ImageError, match=r"holiday is a folder without Zarr metadata: give a file"):
        open_source(tmp_path / "holiday")
    Store.create(tmp_path / "begun.zarr", 8, 8, shard=8, chunk=8)
    with pytest.raises(ImageError, match=r"unfinished: .*begun\.zarr: finish it first: .* --resume"):
        open_source(tmp_path / "begun.zarr")
