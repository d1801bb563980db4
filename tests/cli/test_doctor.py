import json
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from tilegan.pipelines.doctor import Devices, DoctorResult
from tilegan.pipelines.doctor_installed import Extra
from tilegan.pipelines.doctor_speed import DiskSpeed, ModelSpeed

from .conftest import Run

FOUND = DoctorResult(
    versions={"tilegan": "1.2", "gdal": None},
    system="Plan 9, mips",
    devices=Devices(("cuda:0 (A card)", "cpu"), "cuda", "bfloat16", 3),
    cores=4,
    memory=8 * 2**30,
    free_memory=2**30,
    extras=(Extra("heic", ("pillow-heif",), "pip install 'tilegan[heic]'"), Extra("view", (), "pip install it")),
    drivers={"GTiff": True, "AVIF": False},
    disk=DiskSpeed(Path("here"), 100e6, 200e6, 256 * 10**6),
    speed=ModelSpeed("vangogh", "cuda", "bfloat16", 1024, 10, 4.0, 250.0),
    problems=("gdal is not installed",),
)


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Let the command tell of this machine; what it asks for is noted."""
    calls: list[Any] = []

    def examine(*arguments: Any, **named: Any) -> DoctorResult:
        calls.append((arguments, named))
        return FOUND

    monkeypatch.setattr(import_module("tilegan.pipelines.doctor"), "doctor", examine)
    return calls


def test_rows_tell_all(run: Run, asked: list[Any]) -> None:
    result = run("doctor", "--folder", "here", "--device", "cuda")
    assert result.exit_code == 0
    assert asked == [(("here", "vangogh"), {"device": "cuda", "precision": "auto"})]
    rows = dict(line.split("  ", 1) for line in result.output.splitlines())
    told = {name: value.strip() for name, value in rows.items()}
    assert told == {
        "tilegan": "1.2",
        "gdal": "missing",
        "system": "Plan 9, mips",
        "devices": "cuda:0 (A card), cpu",
        "computes": "on cuda in bfloat16",
        "cores": "4, 3 threads",
        "memory": "8.0 GiB, 1.0 GiB available",
        "extra heic": "missing pillow-heif: pip install 'tilegan[heic]'",
        "extra view": "installed",
        "GDAL drivers": "GTiff",
        "GDAL lacks": "AVIF",
        "disk": "writes 100 MB/s, reads 200 MB/s (256 MB in here)",
        "speed": "4.00 megapixels per second (vangogh, cuda, bfloat16, 10 passes, windows of 1024)",
        "a gigapixel": "about 4 minutes, reading and writing not counted",
        "problem": "gdal is not installed",
    }


def test_json_holds_the_same(run: Run, asked: list[Any]) -> None:
    content = json.loads(run("doctor", "--json").output)
    assert content["devices"] == {
        "names": ["cuda:0 (A card)", "cpu"],
        "chosen": "cuda",
        "precision": "bfloat16",
        "threads": 3,
    }
    assert content["speed"]["seconds_per_gigapixel"] == 250
    assert content["disk"]["folder"] == "here"
    assert content["problems"] == ["gdal is not installed"]
    assert asked


def test_quick_measures_nothing(run: Run, asked: list[Any]) -> None:
    run("doctor", "--quick")
    assert asked[0][1] | {"seconds": 0, "disk_bytes": 0} == asked[0][1]


@pytest.mark.parametrize(("seconds", "text"), [(40, "40 seconds"), (3600, "60 minutes"), (9000, "2.5 hours")])
def test_the_time_of_a_gigapixel_is_readable(
    run: Run, monkeypatch: pytest.MonkeyPatch, seconds: float, text: str
) -> None:
    assert FOUND.speed is not None
    found = replace(FOUND, speed=replace(FOUND.speed, seconds_per_gigapixel=seconds))
    monkeypatch.setattr(import_module("tilegan.pipelines.doctor"), "doctor", lambda *_, **__: found)
    assert f"about {text}" in run("doctor").output


def test_a_machine_on_which_nothing_works_is_told_of(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    empty = DoctorResult({}, "Plan 9", None, 1, None, None, (), {}, None, None, ("devices: no torch",))
    monkeypatch.setattr(import_module("tilegan.pipelines.doctor"), "doctor", lambda *_, **__: empty)
    result = run("doctor")
    assert result.exit_code == 0
    assert result.output.splitlines()[-1].split("  ") == ["problem", "devices: no torch"]
