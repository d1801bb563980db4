"""Verify: whatever is damaged in a store is found and named, and nothing else is."""

import os
import shutil

import numpy as np
import pytest
import zarr
from hypothesis import given, settings
from hypothesis import strategies as st
from zarr.codecs import Crc32cCodec

from tilegan.errors import ImageError
from tilegan.files import remove_file
from tilegan.geometry import grid_cell
from tilegan.images.stores.pyramid import reduced_shard
from tilegan.images.stores.store import Store
from tilegan.pipelines import stylize, verify

CHECKSUM = "a checksum does not match"


def filled(path, height, width, shard, chunk):
    """A store of noise."""
    store = Store.create(path, height, width, shard=shard, chunk=chunk)
    pixels = np.random.default_rng(0).integers(0, 256, (height, width, 3), dtype=np.uint8)
    for level in range(store.levels):
        for index in np.ndindex(store.grid(level)):
            cell = grid_cell(index, shard, *store.shape(level))
            part = pixels[cell.top : cell.bottom, cell.left : cell.right]
            store.write_shard(level, index, reduced_shard(store, level, index) if level else part)
    store.finish()
    return store


@pytest.fixture(scope="module")
def pristine(tmp_path_factory):
    """Two levels: 3 x 5 shards of 64 pixels with 2 x 2 chunks each, and 2 x 3."""
    return filled(tmp_path_factory.mktemp("verify") / "a.zarr", 150, 300, shard=64, chunk=32)


@pytest.fixture
def store(pristine, tmp_path):
    """A copy to damage."""
    shutil.copytree(pristine.path, tmp_path / "a.zarr")
    return Store.open(tmp_path / "a.zarr")


def flip(file, position):
    content = bytearray(file.read_bytes())
    content[position] ^= 1
    file.write_bytes(content)


def test_a_whole_store_is_whole(store):
    result = verify(store.path)
    assert result.damaged == result.notes == ()
    assert (result.store, result.levels, result.shards) == (store.path, 2, 3 * 5 + 2 * 3)
    assert result.pixels == 150 * 300 + 75 * 150
    assert result.seconds > 0


@pytest.mark.parametrize(
    ("damage", "what"),
    [
        (lambda file: flip(file, 100), CHECKSUM),  # in a chunk
        (lambda file: flip(file, -10), CHECKSUM),  # in the index
        (lambda file: flip(file, -1), CHECKSUM),  # in the index's own checksum
        (lambda file: os.truncate(file, file.stat().st_size // 2), CHECKSUM),
        (lambda file: os.truncate(file, 0), CHECKSUM),
        (lambda file: file.write_bytes(file.read_bytes() + b"more"), CHECKSUM),
        (lambda file: file.unlink(), "missing"),
    ],
    ids=["chunk", "index", "index checksum", "half", "empty", "longer", "missing"],
)
@pytest.mark.parametrize("shards", [[(0, 0, 0)], [(0, 1, 3), (0, 2, 4), (1, 1, 2)]])
def test_damage_is_found_and_named(store, damage, what, shards):
    for level, row, column in shards:
        damage(store.shard_file(level, (row, column)))
    result = verify(store.path)
    assert result.damaged == tuple((*shard, what) for shard in shards)
    assert result.shards == 21


@settings(max_examples=50)
@given(st.data())
def test_no_bit_of_a_shard_can_change_unseen(tmp_path_factory, data):
    path = tmp_path_factory.getbasetemp() / "bits.zarr"
    store = Store.open(path) if path.exists() else filled(path, 40, 20, shard=32, chunk=16)
    shard = data.draw(st.sampled_from([(0, 0, 0), (0, 1, 0)]))
    file = store.shard_file(shard[0], shard[1:])
    before = file.read_bytes()
    position, bit = data.draw(st.integers(0, len(before) - 1)), data.draw(st.integers(0, 7))
    try:
        file.write_bytes(before[:position] + bytes([before[position] ^ 1 << bit]) + before[position + 1 :])
        assert verify(path).damaged == ((*shard, CHECKSUM),)
    finally:
        file.write_bytes(before)


@pytest.mark.parametrize("content", [None, b"", b"{}", b'{"zarr_format": 3'])
@pytest.mark.parametrize(("name", "message"), [("zarr.json", "not an OME-Zarr"), ("1/zarr.json", "level 1")])
def test_damaged_metadata_are_one_line(store, name, message, content):
    file = store.path / name
    file.unlink() if content is None else file.write_bytes(content)
    with pytest.raises(ImageError, match=rf"{message}.*") as caught:
        verify(store.path)
    assert str(store.path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_what_is_no_store_is_refused(tmp_path):
    (tmp_path / "file.zarr").write_bytes(b"no folder")
    (tmp_path / "empty").mkdir()
    zarr.create_group(tmp_path / "group.zarr")
    with pytest.raises(ImageError, match="no such store"):
        verify(tmp_path / "none.zarr")
    for name in ("file.zarr", "empty", "group.zarr"):
        with pytest.raises(ImageError, match=f"not an OME-Zarr 0.5 image: .*{name}"):
            verify(tmp_path / name)


@pytest.mark.parametrize("name", ["out.zarr", "out.zarr.partial", "out.zarr.partial/store.zarr"])
def test_unfinished_work_is_told_by_any_of_its_names(unfinished, picture, random_translator, tmp_path, name):
    unfinished(picture, random_translator, tmp_path / "out.zarr")
    with pytest.raises(ImageError, match=rf"unfinished: .*{name}.*--resume"):
        verify(tmp_path / name)


def test_progress_counts_pixels(store):
    calls = []
    verify(store.path, lambda *call: calls.append(call))
    total = 150 * 300 + 75 * 150
    assert calls[0] == ("verify", 0, total)
    assert calls[1] == ("verify", 64 * 64, total)
    assert calls[-1] == ("verify", total, total)
    assert len(calls) == 1 + 21


def test_a_store_in_a_bucket(bucket):
    store = filled(f"{bucket}/a.zarr", 40, 20, shard=32, chunk=16)
    assert verify(f"{bucket}/a.zarr").damaged == ()
    flip(store.shard_file(0, (0, 0)), 100)
    remove_file(store.shard_file(0, (1, 0)))
    assert verify(f"{bucket}/a.zarr").damaged == ((0, 0, 0, CHECKSUM), (0, 1, 0, "missing"))


def test_unfinished_work_and_nothing_in_a_bucket(bucket):
    Store.create(f"{bucket}/a.zarr", 40, 20, shard=32, chunk=16)
    with pytest.raises(ImageError, match=r"unfinished: .*a\.zarr.*--resume"):
        verify(f"{bucket}/a.zarr")
    with pytest.raises(ImageError, match=r"no such store: .*none\.zarr"):
        verify(f"{bucket}/none.zarr")


def test_a_host_that_does_not_answer_is_no_damage(closed_s3):
    with pytest.raises(ImageError, match=r"cannot read s3://.*/a\.zarr") as caught:
        verify(f"{closed_s3}/a.zarr")
    assert "\n" not in str(caught.value)


# --- images that others made -----------------------------------------------------------------------------------------


def foreign(path, compressors, shards=None):
    """An image of 2 planes of 50 x 70 pixels, in chunks of 1 x 32 x 32."""
    axes = [{"name": "z", "type": "space"}, {"name": "y", "type": "space"}, {"name": "x", "type": "space"}]
    datasets = [{"path": "full", "coordinateTransformations": [{"type": "scale", "scale": [1.0, 1.0, 1.0]}]}]
    ome = {"version": "0.5", "multiscales": [{"axes": axes, "datasets": datasets}]}
    group = zarr.create_group(path, attributes={"ome": ome})
    array = group.create_array(
        "full", shape=(2, 50, 70), chunks=(1, 32, 32), shards=shards, dtype="uint16", compressors=compressors
    )
    array[:] = np.random.default_rng(0).integers(1, 1000, array.shape)
    return path / "full" / "c"


@pytest.mark.parametrize(("shards", "count"), [(None, 2 * 2 * 3), ((2, 64, 64), 1 * 1 * 2)])
def test_checksums_of_others_are_checked(tmp_path, shards, count):
    chunks = foreign(tmp_path / "a.zarr", [Crc32cCodec()], shards)
    result = verify(tmp_path / "a.zarr")
    assert (result.levels, result.shards, result.pixels, result.damaged, result.notes) == (1, count, 50 * 70, (), ())
    flip(chunks / "0" / "0" / "1", 50)
    assert verify(tmp_path / "a.zarr").damaged == ((0, 0, 1, CHECKSUM),)


def test_without_checksums_it_is_told_that_chunks_were_only_decoded(tmp_path):
    chunks = foreign(tmp_path / "a.zarr", "auto")
    assert "level 0: its chunks have no crc32c" in verify(tmp_path / "a.zarr").notes[0]
    os.truncate(chunks / "1" / "1" / "2", 20)
    (damage,) = verify(tmp_path / "a.zarr").damaged
    assert damage[:3] == (0, 1, 2)


def test_a_missing_chunk_of_others_may_be_an_empty_one(tmp_path):
    chunks = foreign(tmp_path / "a.zarr", [Crc32cCodec()])
    (chunks / "1" / "0" / "2").unlink()
    result = verify(tmp_path / "a.zarr")
    assert result.damaged == ()
    assert result.notes[0].startswith("1 shards are missing")


def test_a_file_that_cannot_be_read_ends_the_check(store, monkeypatch):
    def broken(*_):
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(zarr.Array, "__getitem__", broken)
    with pytest.raises(ImageError, match=r"cannot read .*a\.zarr/0: Input/output error"):
        verify(store.path)


def test_a_stylized_image_is_whole_until_it_is_damaged(picture, random_translator, tmp_path):
    stylize(picture, tmp_path / "out.zarr", random_translator, window=32, shard=64)
    assert verify(tmp_path / "out.zarr").damaged == ()
    flip(tmp_path / "out.zarr" / "0" / "c" / "0" / "2" / "3", 1000)
    assert verify(tmp_path / "out.zarr").damaged == ((0, 2, 3, CHECKSUM),)
