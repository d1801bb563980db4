"""Dask arrays: as exact as the engine, and lazy."""

from copy import deepcopy

import dask
import dask.array as da
import numpy as np
import pytest
import torch
import zarr
from PIL import Image

import tilegan
from tilegan.errors import SettingError
from tilegan.inference import array as array_module
from tilegan.inference import kept
from tilegan.networks.build import build_generator
from tilegan.translator import Translator


def image(height, width):
    return np.random.default_rng(1).integers(0, 256, (height, width, 3), dtype=np.uint8)


@pytest.mark.parametrize("chunks", [(64, 64, 3), (37, 50, 1), ((1, 99), (7, 53, 20), 3)])
def test_equals_the_whole_image_whatever_the_chunks(random_translator, chunks):
    pixels = image(100, 80)
    array = da.from_array(pixels, chunks=chunks)
    stylized = tilegan.stylize_array(array, random_translator, window=32)
    assert stylized.shape == (100, 80, 3)
    assert stylized.dtype == np.uint8
    assert stylized.chunks[:2] == array.chunks[:2]
    assert np.abs(stylized.compute().astype(int) - random_translator.translate(pixels)).max() <= 1


@pytest.mark.parametrize("kind", [np.asarray, Image.fromarray, zarr.array], ids=["numpy", "pillow", "zarr"])
def test_other_arrays_are_taken_as_dask_arrays_of_large_chunks(random_translator, monkeypatch, kind):
    monkeypatch.setattr(array_module, "CHUNK", 64)
    pixels = image(100, 80)
    stylized = tilegan.stylize_array(kind(pixels), random_translator)
    assert stylized.chunks == ((64, 36), (64, 16), (3,))
    assert np.abs(stylized.compute().astype(int) - random_translator.translate(pixels)).max() <= 1


def test_arrays_of_other_kinds_are_refused(random_translator):
    for wrong in (np.zeros((4, 4), np.uint8), np.zeros((4, 4, 3), np.float32), [[1, 2]], 5):
        with pytest.raises(SettingError, match="give uint8 or uint16"):
            tilegan.stylize_array(wrong, random_translator)


def test_combo_does_not_depend_on_chunks(random_translator):
    pixels = image(70, 50)
    whole, parts = (
        tilegan.stylize_array(da.from_array(pixels, chunks=chunks), random_translator, seams="combo").compute()
        for chunks in (-1, (33, 20, 3))
    )
    assert np.abs(whole.astype(int) - parts).max() <= 1


def test_nothing_is_read_before_it_is_asked_for_and_then_only_what_is_needed(random_translator):
    blocks = []

    def block(block_id=None):
        blocks.append(block_id[:2])
        return np.zeros((64, 64, 3), np.uint8)

    array = da.map_blocks(block, chunks=((64,) * 10, (64,) * 10, (3,)), dtype=np.uint8, meta=np.empty((0, 0, 0), "u1"))
    stylized = tilegan.stylize_array(array, random_translator)
    assert blocks == []
    assert stylized[320:384, 320:384].compute().shape == (64, 64, 3)
    assert sorted(blocks) == [(row, column) for row in (4, 5, 6) for column in (4, 5, 6)]


def test_a_named_model_is_not_in_the_graph(random_translator, tmp_path):
    path = tmp_path / "model.safetensors"
    random_translator.save(path)
    array = da.zeros((100, 100, 3), dtype=np.uint8, chunks=(50, 50, 3))
    stylized = tilegan.stylize_array(array, path, device="cpu", precision="float32")
    graph = dict(stylized.__dask_graph__())
    assert not any("ResidualGenerator" in repr(task) for task in graph.values())
    expected = random_translator.translate(np.zeros((100, 100, 3), np.uint8))
    with dask.config.set(scheduler="threads"):
        assert np.abs(stylized.compute().astype(int) - expected).max() <= 1


def test_a_model_made_anew_under_its_name_is_loaded_anew(random_translator, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    other = deepcopy(random_translator)
    torch.nn.init.normal_(other.generator.tail.weight, std=0.2)
    pixels = image(40, 30)
    for translator in (random_translator, other):
        translator.save("model.safetensors")
        stylized = tilegan.stylize_array(da.from_array(pixels), "model.safetensors", precision="float32", device="cpu")
        assert np.abs(stylized.compute().astype(int) - translator.translate(pixels)).max() <= 1


def test_a_named_model_is_loaded_once_and_found_from_another_folder(random_translator, tmp_path, monkeypatch):
    (tmp_path / "run").mkdir()
    random_translator.save(tmp_path / "run" / "translator.safetensors")
    monkeypatch.chdir(tmp_path)
    loads = []
    real = kept.load
    monkeypatch.setattr(kept, "load", lambda *names: (loads.append(names), real(*names))[1])
    stylized = tilegan.stylize_array(da.zeros((60, 60, 3), dtype=np.uint8, chunks=(20, 20, 3)), "run")
    monkeypatch.chdir("/")
    stylized.compute()
    assert len(loads) == 1
    assert loads[0][0] == tmp_path / "run" / "translator.safetensors"
    assert "auto" not in loads[0]


def test_16_bits_are_computed_in_float32(tmp_path, random_translator):
    random_translator.save(tmp_path / "model.safetensors")
    array = da.from_array(image(40, 40).astype(np.uint16) * 257)
    for statement in ({}, {"style": {}, "thumbnail": image(40, 40)}):
        stylized = tilegan.stylize_array(array, tmp_path / "model.safetensors", device="cpu", **statement)
        assert np.array_equal(stylized.compute(), random_translator.translate(array.compute()))


def test_label_maps_of_16_bits_are_refused():
    architecture = {"name": "spade", "channels": 4, "downs": 1, "hidden": 4, "labels": [[0, 0, 0], [255, 255, 255]]}
    translator = Translator.of(build_generator(architecture), architecture, tile_size=16)
    with pytest.raises(SettingError, match="not a label map: an array of uint16"):
        tilegan.stylize_array(da.zeros((10, 10, 3), dtype=np.uint16), translator)


@pytest.mark.parametrize(
    "array",
    [
        da.zeros((10, 10), dtype=np.uint8),
        da.zeros((10, 10, 4), dtype=np.uint8),
        da.zeros((10, 10, 3), dtype=np.float32),
        da.zeros((0, 10, 3), dtype=np.uint8),
        da.from_delayed(dask.delayed(image)(10, 10), (np.nan, 10, 3), np.uint8),
    ],
)
def test_other_arrays_are_refused(random_translator, array):
    with pytest.raises(SettingError, match="cannot be stylized"):
        tilegan.stylize_array(array, random_translator)


def test_windows_are_halved_where_memory_runs_out_as_for_files(random_translator, monkeypatch):
    pixels, seen, real = image(100, 80), [], Translator.run

    def run(self, windows, halo=0, places=()):
        seen.append(windows.shape[1] - 2 * halo)
        if seen[-1] > 32:
            raise MemoryError
        return real(self, windows, halo, places)

    expected = random_translator.translate(pixels)
    monkeypatch.setattr(Translator, "run", run)
    found = tilegan.stylize_array(da.from_array(pixels, chunks=-1), random_translator, window=64).compute()
    assert max(seen) > 32
    assert np.abs(found.astype(int) - expected).max() <= 1
