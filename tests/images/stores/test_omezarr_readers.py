"""Our stores as others see them: OME's own model of the metadata, and the reader that viewers are built on."""

import shutil

import numpy as np
import pytest
import zarr
from ome_zarr.io import parse_url
from ome_zarr.reader import Multiscales, Reader
from ome_zarr.utils import download
from ome_zarr_models import v04, v05

from exported import export
from tilegan.geometry import Window, grid_cell
from tilegan.images.encoding import ExportOptions
from tilegan.images.finished import is_whole
from tilegan.images.metadata.origin import Origin
from tilegan.images.opening import open_source
from tilegan.images.stores.copied import CopiedStore, open_result
from tilegan.images.stores.pyramid import reduced_shard
from tilegan.images.stores.store import Store

SHAPES = [(257, 520), (129, 260), (65, 130)]


@pytest.fixture(scope="module", params=[(3, np.uint8), (4, np.uint16)], ids=str)
def store(tmp_path_factory, request):
    """A finished store of three levels, whose shards are cut at the bottom and right."""
    channels, levels = request.param
    pixels = np.random.default_rng(0).integers(0, np.iinfo(levels).max, (*SHAPES[0], channels), dtype=levels)
    store = Store.create(
        tmp_path_factory.mktemp("readers") / "a.zarr",
        *SHAPES[0],
        shard=256,
        chunk=128,
        name="sunset",
        levels=levels,
        channels=channels,
        origin=Origin(opacity="alpha" if channels == 4 else None),
    )
    for level in range(store.levels):
        for index in np.ndindex(store.grid(level)):
            cell = grid_cell(index, 256, *store.shape(level))
            part = pixels[cell.top : cell.bottom, cell.left : cell.right]
            store.write_shard(level, index, reduced_shard(store, level, index) if level else part)
    store.finish()
    return store


def transforms(level):
    """Where a level's pixels lie: the center of each is that of the level-0 pixels it is the mean of."""
    factor = 2.0**level
    scale = {"type": "scale", "scale": [1, factor, factor]}
    shift = np.arange(factor).mean()
    return [scale, {"type": "translation", "translation": [0, shift, shift]}]


@pytest.fixture(scope="module")
def old(store, tmp_path_factory):
    """The same in Zarr v2, to be read only."""
    path = tmp_path_factory.mktemp("readers") / "old.zarr"
    export(store, path, ExportOptions(zarr_format="ome-0.4"))
    return path


@pytest.fixture(params=["ome-0.5", "ome-0.4"])
def path(store, old, request):
    """The store in both formats."""
    return store.path if request.param == "ome-0.5" else old


def test_the_metadata_are_valid(path):
    group = zarr.open_group(path, mode="r")
    image = v05.Image.from_zarr(group) if path.name == "a.zarr" else v04.Image.from_zarr(group)
    (multiscale,) = (image.ome_attributes if path.name == "a.zarr" else image.attributes).multiscales
    assert multiscale.name == "sunset"
    assert [(axis.name, axis.type) for axis in multiscale.axes] == [("c", "channel"), ("y", "space"), ("x", "space")]
    assert [dataset.path for dataset in multiscale.datasets] == ["0", "1", "2"]
    for level, dataset in enumerate(multiscale.datasets):
        found = [transform.model_dump(exclude_none=True) for transform in dataset.coordinateTransformations]
        assert found == transforms(level)


def test_ome_zarr_reads_the_same_image(store, path):
    (node,) = Reader(parse_url(path, mode="r"))()
    assert node.load(Multiscales).datasets == ["0", "1", "2"]
    assert [axis["name"] for axis in node.metadata["axes"]] == ["c", "y", "x"]
    assert node.metadata["coordinateTransformations"] == [transforms(level) for level in range(3)]
    assert node.metadata["name"] == "sunset"
    count, highest = store.channels, np.iinfo(store.dtype).max
    assert node.metadata["channel_names"] == ["red", "green", "blue", "alpha"][:count]
    assert node.metadata["contrast_limits"] == [[0, highest]] * count
    assert node.metadata["colormap"] == [[[0, 0, 0], list(color)] for color in [*np.eye(3), (1, 1, 1)][:count]]
    assert node.metadata["visible"] == [True, True, True, False][:count]
    assert [level.shape for level in node.data] == [(count, *shape) for shape in SHAPES]
    for level, array in enumerate(node.data):
        ours = store.read(level, Window(0, 0, *SHAPES[level]))
        np.testing.assert_array_equal(np.moveaxis(array.compute(), 0, -1), ours)


def test_a_copy_is_still_an_image_of_ours(store, path, tmp_path):
    """What ome_zarr downloads keeps no more than OME's metadata."""
    download(str(path), str(tmp_path / "copies"))
    (copy,) = (tmp_path / "copies").iterdir()
    if path == store.path:
        assert "tilegan" not in zarr.open_group(copy, mode="r").attrs
    for place in (copy, path):
        found = open_result(place)
        assert isinstance(found, CopiedStore) is (place != store.path)
        assert (found.channels, found.dtype, found.name) == (store.channels, store.dtype, "sunset")
        assert found.origin.opacity == ("alpha" if store.channels == 4 else None)
        whole = Window(0, 0, *SHAPES[0])
        np.testing.assert_array_equal(found.read(0, whole), store.read(0, whole))
        source = open_source(place)
        assert source.remarks == ()
        assert (source.read_mask(whole) is not None) == (store.channels == 4)


def test_a_chunk_that_zarr_v2_lost_is_told(old, tmp_path):
    path = shutil.copytree(old, tmp_path / "old.zarr")
    assert is_whole(path, "zarr")
    (path / "0" / "2" / "1" / "1").unlink()
    assert not is_whole(path, "zarr")
