"""Examine an installation and a machine: what is there, what is missing, and how fast it is."""

import os
import platform
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple, TypeVar

from tilegan.files import first_line
from tilegan.inference.options import DEFAULT_MODEL
from tilegan.pipelines.doctor_installed import Extra, drivers, extras, versions
from tilegan.pipelines.doctor_speed import MOST_BYTES, SECONDS, DiskSpeed, ModelSpeed, disk_speed, model_speed

Found = TypeVar("Found")


class Devices(NamedTuple):
    """The devices of this machine.

    Attributes:
        names: devices that torch can use, with the names of cards.
        chosen: device that 'auto' takes, or the one asked for.
        precision: number format that is used on it.
        threads: threads that compute on the CPU.
    """

    names: tuple[str, ...]
    chosen: str
    precision: str
    threads: int


@dataclass(frozen=True)
class DoctorResult:
    """The findings on an installation and a machine.

    Attributes:
        versions: versions of tilegan, Python, GDAL and packages by name; None for what is missing.
        system: operating system and architecture.
        devices: devices and the choice among them; None if torch does not work.
        cores: CPU cores that this process may use.
        memory: bytes of memory.
        free_memory: bytes of it that are available; None if unknown, likewise ``memory``.
        extras: extras, installed or not.
        drivers: presence of the GDAL drivers that matter, by name; empty if GDAL does not work.
        disk: speed of the disk of the folder; None if it was not measured.
        speed: speed of the model; None if it was not measured.
        problems: what did not work, one line each; empty if all is well.
    """

    versions: dict[str, str | None]
    system: str
    devices: Devices | None
    cores: int
    memory: int | None
    free_memory: int | None
    extras: tuple[Extra, ...]
    drivers: dict[str, bool]
    disk: DiskSpeed | None
    speed: ModelSpeed | None
    problems: tuple[str, ...]


def doctor(
    folder: str | Path = ".",
    model: str | Path = DEFAULT_MODEL,
    *,
    device: str = "auto",
    precision: str = "auto",
    seconds: float = SECONDS,
    disk_bytes: int = MOST_BYTES,
    window: int | None = None,
) -> DoctorResult:
    """Examine what is installed, and measure a disk and a model; what does not work is told in ``problems``.

    Args:
        folder: local folder whose disk is measured, by a file that is removed afterward.
        model: bundled name, file or run folder of the model that is measured.
        device: see ``tilegan.devices.choose_device``.
        precision: see ``tilegan.devices.choose_precision``.
        seconds: duration of the measurement of the model; 0 for none.
        disk_bytes: size of the file that is written and read; 0 for none.
        window: side of the windows that are measured, in pixels; None for the default of the device.
    """
    problems: list[str] = []

    def attempt(what: str, work: Callable[[], Found]) -> Found | None:
        try:
            return work()
        except Exception as error:  # a damaged installation may raise anything; the others are examined nevertheless
            problems.append(f"{what}: {first_line(error)}")
            return None

    found = versions()
    problems += [f"{name} is not installed: install tilegan again" for name, each in found.items() if each is None]
    memory = attempt("memory", _memory)
    return DoctorResult(
        versions=found,
        system=f"{platform.system()} {platform.release()}, {platform.machine()}",
        devices=attempt("devices", lambda: _devices(device, precision)),
        cores=_cores(),
        memory=memory[0] if memory else None,
        free_memory=memory[1] if memory else None,
        extras=attempt("extras", extras) or (),
        drivers=attempt("GDAL", drivers) or {},
        disk=attempt("disk", lambda: disk_speed(Path(folder), disk_bytes)) if disk_bytes else None,
        speed=attempt("speed", lambda: _speed(model, device, precision, seconds, window)) if seconds else None,
        problems=tuple(problems),
    )


def _speed(model: str | Path, device: str, precision: str, seconds: float, window: int | None) -> ModelSpeed:
    from tilegan.devices import keep_freed_memory
    from tilegan.translator import load

    keep_freed_memory()
    return model_speed(load(model, device, precision), seconds, window)


def _devices(device: str, precision: str) -> Devices:
    import torch

    from tilegan.devices import choose_device, choose_precision, precision_name

    names = [f"cuda:{number} ({torch.cuda.get_device_name(number)})" for number in range(torch.cuda.device_count())]
    names += ["mps"] * torch.backends.mps.is_available()
    chosen = choose_device(device)
    dtype = precision_name(choose_precision(precision, chosen))
    return Devices((*names, "cpu"), str(chosen), dtype, torch.get_num_threads())


def _cores() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _memory() -> tuple[int, int]:
    import psutil

    memory = psutil.virtual_memory()
    return memory.total, memory.available
