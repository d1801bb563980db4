import builtins
import subprocess
import sys
from dataclasses import replace
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tilegan.errors import ModelError
from tilegan.pipelines import doctor, doctor_installed, doctor_speed
from tilegan.pipelines.doctor import DoctorResult
from tilegan.pipelines.doctor_installed import Extra, extras, versions
from tilegan.pipelines.doctor_speed import PIECE, disk_speed, model_speed
from tilegan.translator import Translator

QUICK: dict[str, Any] = {"device": "cpu", "precision": "float32", "seconds": 1e-9, "disk_bytes": 10_000, "window": 16}


def test_all_of_a_machine_is_found_out(tmp_path: Path, model: Path) -> None:
    result = doctor(tmp_path, model, **QUICK)
    assert isinstance(result, DoctorResult)
    assert result.problems == ()
    assert set(result.versions) >= {"tilegan", "python", "torch", "gdal", "zarr", "dask"}
    assert all(result.versions.values())
    assert result.devices is not None
    assert "cpu" in result.devices.names
    assert (result.devices.chosen, result.devices.precision) == ("cpu", "float32")
    assert result.cores >= 1
    assert result.memory is not None
    assert result.free_memory is not None
    assert 0 < result.free_memory <= result.memory
    assert result.drivers["GTiff"]
    assert result.drivers["COG"]
    assert result.disk is not None
    assert result.disk.bytes == 10_000
    assert result.speed is not None
    assert (result.speed.model, result.speed.window) == ("random", 16)
    product = result.speed.megapixels_per_second * result.speed.seconds_per_gigapixel
    assert product == pytest.approx(1000)
    assert list(tmp_path.iterdir()) == [model]  # what was written is removed


def test_nothing_is_measured_on_request(tmp_path: Path) -> None:
    result = doctor(tmp_path / "missing", "no model", device="cpu", seconds=0, disk_bytes=0)
    assert (result.disk, result.speed, result.problems) == (None, None, ())


def test_what_does_not_work_is_told_and_the_rest_is_found(tmp_path: Path) -> None:
    result = doctor(tmp_path / "missing", "no such", **QUICK)
    assert (result.disk, result.speed) == (None, None)
    disk, speed = result.problems
    assert disk.startswith("disk: ")
    assert speed.startswith("speed: no model 'no such'")
    assert result.devices is not None


def test_an_unknown_device_is_a_problem(tmp_path: Path, model: Path) -> None:
    result = doctor(tmp_path, model, **QUICK | {"device": "gpu"})
    assert (result.devices, result.speed) == (None, None)
    assert [line.partition(":")[0] for line in result.problems] == ["devices", "speed"]


def test_packages_that_cannot_be_imported_are_problems(
    tmp_path: Path, model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = builtins.__import__

    def damaged(name: str, *rest: Any, **named: Any) -> Any:
        if name.partition(".")[0] in ("rasterio", "torch", "psutil"):
            raise ImportError(f"{name}: a library is missing")
        return real(name, *rest, **named)

    monkeypatch.setattr(builtins, "__import__", damaged)
    result = doctor(tmp_path, model, **QUICK)
    assert (result.devices, result.drivers, result.memory, result.versions["gdal"]) == (None, {}, None, None)
    problems = " ".join(result.problems)
    assert all(part in problems for part in ("devices: ", "GDAL: ", "memory: ", "gdal is not installed"))
    assert result.disk is not None


def test_extras_come_from_the_metadata(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = ["click>=8", 'nothing-such>=1; extra == "far"', "numpy; extra == 'far'", 'numpy>=2; extra == "near"']
    monkeypatch.setattr(metadata, "requires", lambda _: [*lines, 'pytest; extra == "dev"'])
    far = Extra("far", ("nothing-such",), "pip install 'tilegan[far]'")
    assert extras() == (far, Extra("near", (), "pip install 'tilegan[near]'"))


def test_a_package_without_metadata_has_no_extras(monkeypatch: pytest.MonkeyPatch) -> None:
    def none(name: str) -> None:
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(metadata, "requires", none)
    monkeypatch.setattr(metadata, "version", none)
    assert extras() == ()
    assert versions()["torch"] is None


def test_the_disk_is_measured_by_whole_pieces(tmp_path: Path) -> None:
    found = disk_speed(tmp_path, PIECE + 1)
    assert found.bytes == 2 * PIECE
    assert found.written > 0
    assert found.read > 0
    assert list(tmp_path.iterdir()) == []


def test_models_are_run_with_what_they_need(
    context_translator: Translator, styled_translator: Translator, monkeypatch: pytest.MonkeyPatch
) -> None:
    windows: list[np.ndarray[Any, Any]] = []

    def run(_self: Translator, pixels: np.ndarray[Any, Any], halo: int, places: list[Any]) -> None:
        assert len(places) == len(pixels)
        assert halo == context_translator.halo
        windows.append(pixels)

    monkeypatch.setattr(Translator, "run", run)  # the passes themselves are tested elsewhere
    found = model_speed(context_translator, 1e-9, window=18)
    assert found.window == 20  # a multiple of the stride
    wide = 20 + 2 * context_translator.halo
    assert {pixels.shape for pixels in windows} == {(1, wide, wide, 3)}
    assert len(windows) > found.passes  # the first ones are not counted
    assert model_speed(replace(styled_translator, chosen_style="dark"), 1e-9, window=16).passes > 0


def test_a_model_that_cannot_be_exact_is_refused(random_translator: Translator) -> None:
    with pytest.raises(ModelError):
        model_speed(replace(random_translator, unbounded="attention"), 1e-9, window=16)


def test_parts_are_imported_without_torch() -> None:
    names = (doctor_installed.__name__, doctor_speed.__name__, "tilegan.pipelines.doctor", "tilegan.cli.doctor")
    code = f"import {', '.join(names)}, sys; assert not {{'torch', 'rasterio', 'numpy'}} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)
