"""The journal: a marker only for what is safely there, and what a run was begun with."""

import json
import os
from pathlib import Path

import numpy as np
import pytest

from tilegan.errors import ResumeError
from tilegan.images.stores.store import Store
from tilegan.inference import journal as journal_module
from tilegan.inference.journal import Journal, check_record, has_marker, read_record, write_record

INDEX = (0, 1)


@pytest.fixture
def journal(tmp_path):
    store = Store.create(tmp_path / "store.zarr", 100, 150, shard=64, chunk=32)
    return Journal(tmp_path / "journal", store)


@pytest.fixture
def pixels():
    return np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8)


def test_a_written_shard_is_held_and_no_other(journal, pixels):
    assert not has_marker(journal.folder)
    journal.write(0, INDEX, pixels)
    assert journal.holds(0, INDEX)
    assert not journal.holds(0, (0, 0))
    assert not journal.holds(1, (0, 0))
    assert has_marker(journal.folder)
    assert Journal(journal.folder, Store.open(journal.store.path)).holds(0, INDEX)


def test_systems_that_open_no_folders_write_markers_too(journal, pixels, monkeypatch):
    real = os.open

    def windows_open(path, flags, *mode):
        assert not Path(path).is_dir()
        return real(path, flags, *mode)

    monkeypatch.delattr(os, "O_DIRECTORY")
    monkeypatch.setattr(journal_module.os, "open", windows_open)
    journal.write(0, INDEX, pixels)
    assert journal.holds(0, INDEX)


def test_a_black_shard_is_held(journal):
    journal.write(0, INDEX, np.zeros((64, 64, 3), np.uint8))
    assert journal.holds(0, INDEX)


def test_a_shard_without_marker_is_not_held(journal, pixels):
    journal.store.write_shard(0, INDEX, pixels)
    assert not journal.holds(0, INDEX)


@pytest.mark.parametrize("damage", ["truncate", "remove", "flip", "swap", "marker"])
def test_a_damaged_shard_is_not_held(journal, pixels, damage):
    journal.write(0, INDEX, pixels)
    path = journal.store.shard_file(0, INDEX)
    content = bytearray(path.read_bytes())
    if damage == "truncate":
        path.write_bytes(content[:-10])
    elif damage == "remove":
        path.unlink()
    elif damage == "flip":
        content[len(content) // 2] ^= 1
        path.write_bytes(content)
    elif damage == "swap":  # decodes well, but to other pixels
        journal.store.write_shard(0, INDEX, 255 - pixels)
    elif damage == "marker":
        (journal.folder / "0" / "0.1").write_text("{")
    assert not journal.holds(0, INDEX)


def test_killed_while_writing_the_old_marker_is_gone(journal, pixels, monkeypatch):
    journal.write(0, INDEX, pixels)

    def killed(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(journal.store, "write_shard", killed)
    with pytest.raises(KeyboardInterrupt):
        journal.write(0, INDEX, pixels)
    assert not has_marker(journal.folder)


def test_the_marker_comes_after_the_shard_is_on_disk(journal, pixels, monkeypatch):
    steps = []
    write_shard, sync, write_json = journal.store.write_shard, journal_module._sync, journal_module.write_json
    monkeypatch.setattr(journal.store, "write_shard", lambda *a: (steps.append("shard"), write_shard(*a)))
    monkeypatch.setattr(journal_module, "_sync", lambda path: (steps.append(f"sync {path.name}"), sync(path)))
    monkeypatch.setattr(journal_module, "write_json", lambda *a: (steps.append("marker"), write_json(*a)))
    journal.write(0, INDEX, pixels)
    assert steps == ["shard", "sync 1", "marker", "sync 0"]


def test_the_record_comes_back(tmp_path):
    record = {"source": {"name": "a.tif", "bytes": 5}, "model": {"fingerprint": "12ab"}, "settings": {"window": 64}}
    assert read_record(tmp_path) is None
    write_record(tmp_path, record)
    assert read_record(tmp_path) == record
    (tmp_path / "record.json").write_text(json.dumps(record)[:-4])
    assert read_record(tmp_path) is None


def test_a_difference_is_named():
    begun = {"source": {"bytes": 5}, "settings": {"window": 64, "seams": "exact"}}
    check_record(begun, begun)
    with pytest.raises(ResumeError, match=r"the settings changed: seams was 'exact', now 'combo'"):
        check_record(begun, {**begun, "settings": {"window": 64, "seams": "combo"}})
    with pytest.raises(ResumeError, match=r"the source changed: bytes was 5, now 6"):
        check_record(begun, {**begun, "source": {"bytes": 6}})
