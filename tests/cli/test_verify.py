from pathlib import Path

import numpy as np
import pytest

from tilegan.images.stores.store import Store


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """A store of 160 x 160 pixels in 5 x 5 shards."""
    store = Store.create(tmp_path / "a.zarr", 160, 160, shard=32, chunk=32)
    for index in np.ndindex(5, 5):
        store.write_shard(0, index, np.full((32, 32, 3), sum(index), np.uint8))
    store.finish()
    return store


@pytest.mark.usefixtures("store")
def test_a_whole_store_is_one_line(run) -> None:
    result = run("verify", "a.zarr")
    assert result.exit_code == 0, result.output
    assert result.stdout.startswith("a.zarr: ok: 25 shards, 0.0 MP in ")
    assert result.stdout.count("\n") == 1
    assert result.stderr == ""


def test_each_damaged_shard_is_a_line(run, store: Store) -> None:
    file = store.shard_file(0, (1, 2))
    file.write_bytes(b"?" + file.read_bytes()[1:])
    store.shard_file(0, (4, 0)).unlink()
    result = run("verify", "a.zarr")
    assert result.exit_code == 1
    assert result.stdout == ""
    assert result.stderr.splitlines() == [
        "level 0, shard (1, 2): a checksum does not match",
        "level 0, shard (4, 0): missing",
        "Error: damaged store: a.zarr: 2 of 25 shards: stylize again with --overwrite",
    ]


def test_many_damaged_shards_are_counted(run, store: Store) -> None:
    for index in np.ndindex(5, 5):
        store.shard_file(0, index).unlink()
    lines = run("verify", "a.zarr").stderr.splitlines()
    assert len(lines) == 20 + 2
    assert lines[20] == "and 5 more"


def test_what_cannot_be_checked_is_noted(run, store: Store) -> None:
    metadata = store.path / "zarr.json"
    metadata.write_text(metadata.read_text().replace('"tilegan"', '"others"'))
    store.shard_file(0, (4, 0)).unlink()
    result = run("verify", "a.zarr")
    assert result.exit_code == 0
    assert result.stderr.startswith("Note: 1 shards are missing")


@pytest.mark.usefixtures("store")
@pytest.mark.parametrize("name", ["none.zarr", "a.zarr.partial", "."])
def test_mistakes_are_one_line(run, name: str) -> None:
    result = run("verify", name)
    assert result.exit_code == 1
    assert result.stderr.startswith("Error: ")
    assert result.stderr.count("\n") == 1
    assert name in result.stderr
