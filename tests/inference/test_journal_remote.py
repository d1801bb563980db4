"""The journal on object storage: markers are objects, and a host that does not answer is not taken for no journal."""

import numpy as np
import pytest

from tilegan.files import locate, replace_file
from tilegan.images.stores.store import Store
from tilegan.inference.journal import Journal, has_marker, read_record, write_record
from tilegan.inference.lock import locked

INDEX = (1, 0)
PIXELS = np.random.default_rng(0).integers(0, 256, (36, 64, 3), dtype=np.uint8)


@pytest.fixture
def journal(bucket):
    store = Store.create(f"{bucket}/out.zarr", 100, 150, shard=64, chunk=32)
    return Journal(locate(f"{bucket}/out.zarr.partial/journal"), store)


def test_a_written_shard_is_held_and_no_other(journal):
    assert not has_marker(journal.folder)
    journal.write(0, INDEX, PIXELS)
    journal.write(0, INDEX, PIXELS)
    assert has_marker(journal.folder)
    again = Journal(locate(str(journal.folder)), Store.open(str(journal.store.path)))
    assert again.holds(0, INDEX)
    assert not again.holds(0, (0, 0))


@pytest.mark.parametrize("damage", ["truncate", "remove", "flip", "swap", "marker"])
def test_a_damaged_shard_is_not_held(journal, damage):
    journal.write(0, INDEX, PIXELS)
    path = journal.store.shard_file(0, INDEX)
    content = bytearray(path.read_bytes())
    if damage == "truncate":
        replace_file(path, bytes(content[:-10]))
    elif damage == "remove":
        path.unlink()
    elif damage == "flip":
        content[len(content) // 2] ^= 1
        replace_file(path, bytes(content))
    elif damage == "swap":
        journal.store.write_shard(0, INDEX, 255 - PIXELS)
    else:
        replace_file(journal.folder / "0" / "1.0", b"{")
    assert not journal.holds(0, INDEX)


def test_the_record_comes_back(journal):
    record = {"source": {"name": "a.tif"}}
    assert read_record(journal.folder) is None
    with locked(journal.folder):  # there is no lock, but no harm in it either
        write_record(journal.folder, record)
    assert read_record(journal.folder) == record
    assert not has_marker(journal.folder)


def test_an_unreachable_journal_is_not_an_empty_one(journal, request):
    journal.write(0, INDEX, PIXELS)
    write_record(journal.folder, {"source": {}})
    request.getfixturevalue("closed_s3")
    folder = locate(str(journal.folder))
    for look in (read_record, has_marker, lambda folder: Journal(folder, journal.store).holds(0, INDEX)):
        with pytest.raises(OSError, match="Could not connect"):
            look(folder)
