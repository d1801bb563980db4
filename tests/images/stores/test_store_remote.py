"""The store on object storage: the same bytes as on disk, whole or not there, and no image before it is finished."""

import multiprocessing
import subprocess
import sys
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
import zarr

from tilegan.errors import ImageError, OutputError, OutputExistsError
from tilegan.files import is_there, locate, remove_file, replace_file
from tilegan.geometry import Window, grid_cell
from tilegan.images.output import check_output
from tilegan.images.publish import put_in_place
from tilegan.images.stores.pyramid import reduced_shard
from tilegan.images.stores.store import Store

HEIGHT, WIDTH = 150, 330
PIXELS = np.random.default_rng(3).integers(0, 256, (HEIGHT, WIDTH, 3), dtype=np.uint8)
PIXELS[:64, :64] = 0  # a shard that zarr would leave out


def create(path: str | Path) -> Store:
    return Store.create(path, HEIGHT, WIDTH, shard=64, chunk=32, name="test")


def write(path: str | Path, level: int, *indices: tuple[int, int]) -> None:
    """As a worker does: from a name alone."""
    store = Store.open(path)
    for index in indices:
        cell = grid_cell(index, 64, *store.shape(level))
        part = PIXELS[cell.top : cell.bottom, cell.left : cell.right]
        store.write_shard(level, index, reduced_shard(store, level, index) if level else part)


def objects(url: str) -> dict[str, bytes]:
    folder = locate(url)
    found = folder.fs.find(folder.path)
    return {name.removeprefix(f"{folder.path}/"): folder.fs.cat_file(name) for name in found}


def files(folder: Path) -> dict[str, bytes]:
    return {str(file.relative_to(folder)): file.read_bytes() for file in folder.rglob("*") if file.is_file()}


def test_it_equals_the_store_on_disk_byte_for_byte(bucket, tmp_path):
    url = f"{bucket}/folder/out.zarr"
    for path in (url, tmp_path / "out.zarr"):
        store = create(path)
        for level in range(store.levels):
            write(path, level, *np.ndindex(store.grid(level)))
    assert "zarr.json" not in objects(url)
    with pytest.raises(FileNotFoundError):
        zarr.open_group(url, mode="r", storage_options={"use_listings_cache": False})
    for path in (url, tmp_path / "out.zarr"):
        Store.open(path).finish()
        Store.open(path).finish()
    assert objects(url) == files(tmp_path / "out.zarr")
    np.testing.assert_array_equal(Store.open(url).read(0, Window(0, 0, HEIGHT, WIDTH)), PIXELS)
    alone = zarr.open_group(url, mode="r", storage_options={"use_listings_cache": False})
    np.testing.assert_array_equal(np.moveaxis(alone["0"][:], 0, -1), PIXELS)


def test_many_threads_write_one_store(bucket):
    url = f"{bucket}/out.zarr"
    store = create(url)
    indices = list(np.ndindex(store.grid(0)))

    def task(index: tuple[int, int]) -> None:
        cell = grid_cell(index, 64, HEIGHT, WIDTH)
        store.write_shard(0, index, PIXELS[cell.top : cell.bottom, cell.left : cell.right])

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(task, indices))
    np.testing.assert_array_equal(Store.open(url).read(0, Window(0, 0, HEIGHT, WIDTH)), PIXELS)


WORKER = """
import sys, numpy as np
from tilegan.images.stores.store import Store
store = Store.open(sys.argv[1])
rows, columns = store.grid(0)
for row in range(int(sys.argv[2]), rows, 2):
    for column in range(columns):
        store.write_shard(0, (row, column), np.full((64, 64, 3), 10 * row + column, np.uint8))
"""


@pytest.mark.slow
def test_many_processes_write_one_store(bucket):
    url = f"{bucket}/out.zarr"
    store = Store.create(url, 256, 128, shard=64, chunk=32)
    workers = [subprocess.Popen([sys.executable, "-c", WORKER, url, str(number)]) for number in range(2)]
    assert [worker.wait() for worker in workers] == [0, 0]
    corners = store.read(0, Window(0, 0, 256, 128))[::64, ::64, 0]
    np.testing.assert_array_equal(corners, [[0, 1], [10, 11], [20, 21], [30, 31]])


def test_a_forked_process_goes_on_with_it(bucket):
    url = f"{bucket}/out.zarr"
    create(url)
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("fork")) as pool:
        pool.submit(write, url, 0, (2, 1)).result(timeout=60)
    np.testing.assert_array_equal(Store.open(url).read(0, Window(128, 64, 22, 64)), PIXELS[128:, 64:128])


def test_a_missing_a_torn_and_a_changed_shard_are_told(bucket):
    url = f"{bucket}/out.zarr"
    store = create(url)
    write(url, 0, (1, 0), (1, 1))
    whole = Window(64, 0, 64, 128)
    file = store.shard_file(0, (1, 1))
    content = file.read_bytes()
    changed = bytearray(content)
    changed[len(content) // 2] ^= 1
    for damaged in (content[:-10], bytes(changed)):
        replace_file(file, damaged)
        with pytest.raises(ImageError, match=r"damaged store: s3://.*/out\.zarr: level 0") as caught:
            store.read(0, whole)
        assert "\n" not in str(caught.value)
    remove_file(file)
    with pytest.raises(ImageError, match=r"no shard \(1, 1\)"):
        store.read(0, whole)
    write(url, 0, (1, 1))
    assert file.read_bytes() == content


def test_what_cannot_be_reached_is_one_line(bucket, monkeypatch):
    with pytest.raises(OutputError, match=r"The specified bucket does not exist"):
        create(f"{bucket}-not/out.zarr")
    with pytest.raises(ImageError, match=r"not a store of tilegan: s3://.*/none\.zarr") as caught:
        Store.open(f"{bucket}/none.zarr")
    assert "\n" not in str(caught.value)
    store = create(f"{bucket}/out.zarr")
    store.write_shard(0, (0, 0), PIXELS[:64, :64])

    def refused(*_: object, **__: object) -> None:
        raise PermissionError("Access Denied.")

    monkeypatch.setattr(zarr.Array, "__getitem__", refused)
    with pytest.raises(ImageError, match=r"cannot read s3://.*/out\.zarr: Access Denied\.$"):
        store.read(0, Window(0, 0, 64, 64))
    monkeypatch.setattr(zarr.Array, "__setitem__", refused)
    with pytest.raises(OutputError, match=r"cannot write to s3://.*/out\.zarr: Access Denied\.$"):
        store.write_shard(0, (0, 0), PIXELS[:64, :64])


def test_an_output_on_object_storage_is_a_store_or_nothing(bucket):
    output = locate(f"{bucket}/out.zarr")
    assert check_output(output, overwrite=False) == "zarr"
    with pytest.raises(OutputError, match=r"write a \.zarr there, or a local file"):
        check_output(locate(f"{bucket}/out.tif"), overwrite=False)
    with pytest.raises(OutputError, match="cannot write to the web"):
        check_output(locate("https://127.0.0.1/out.zarr"), overwrite=False)
    with pytest.raises(OutputError, match="is the source itself"):
        check_output(output, overwrite=True, source=locate(str(output)))
    store = create(output)
    assert check_output(output, overwrite=False) == "zarr"  # unfinished work is no output yet
    put_in_place(store.path, output, spare=output, overwrite=False)
    assert is_there(output / "zarr.json")
    with pytest.raises(OutputExistsError, match="exists"):
        check_output(output, overwrite=False)
    assert check_output(output, overwrite=True) == "zarr"
    replace_file(locate(f"{bucket}/other.zarr/a.txt"), b"mine")
    with pytest.raises(OutputError, match="no zarr to replace"):
        check_output(locate(f"{bucket}/other.zarr"), overwrite=True)
