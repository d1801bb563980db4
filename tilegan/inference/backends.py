"""The choice of what runs a network: torch, or ONNX Runtime where it was faster when both were tried.

Trials are remembered in ``backends.json`` in the folder ``tilegan`` of the user's cache (``XDG_CACHE_HOME``), by model,
machine and versions, so that each takes place once. The variable ``TILEGAN_BACKEND`` takes the place of a trial.
"""

import hashlib
import json
import os
import platform
import time
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np
import torch

from tilegan.devices import CPU, choose_device
from tilegan.errors import SettingError, TileganError
from tilegan.files import replace_file
from tilegan.geometry import round_up
from tilegan.inference.kept import load_once
from tilegan.inference.passes import forward_threads
from tilegan.model_file import read_header
from tilegan.names import BACKENDS, RUNTIME, TORCH
from tilegan.tiling.places import Place
from tilegan.translator import Translator

AUTO = "auto"
FORCED = "TILEGAN_BACKEND"
SIDE = 512  # pixels, of the windows that are timed
ROUNDS = 2  # that are timed, after one that is not
MARGIN = 1.1  # times as fast as torch has ONNX Runtime to be


def backend_of(model: str | Path, device: str, precision: str, backend: str) -> str:
    """Return the name of the backend for a file: the requested one, or for 'auto' the faster one.

    Both are tried for networks of other programs on a CPU in float32, if ONNX Runtime is installed; for others it is
    torch.

    Raises:
        SettingError: the variable names no backend.
        ModelError: there is no such model.
    """
    if backend != AUTO:
        return backend
    if forced := os.environ.get(FORCED, ""):
        if forced not in BACKENDS:
            raise SettingError(f"{FORCED} is '{forced}': use {' or '.join(BACKENDS)}")
        return forced
    is_imported = read_header(model)["architecture"]["name"] == "graph"
    if not is_imported or precision not in (AUTO, "float32") or choose_device(device) != CPU or not _runtime():
        return TORCH
    return _tried(load_once(model, "cpu", precision))


def _runtime() -> str:
    """Return the version of ONNX Runtime; '' if what it needs is not installed."""
    try:
        return version("onnxruntime") if version("onnx") else ""
    except PackageNotFoundError:
        return ""


def _tried(translator: Translator) -> str:
    machine = [platform.node(), platform.machine(), os.cpu_count(), torch.__version__, _runtime()]
    told = json.dumps([translator.fingerprint(), str(translator.precision), machine])
    key, kept = hashlib.sha256(told.encode()).hexdigest()[:32], _kept()
    if kept.get(key) in BACKENDS:
        return str(kept[key])
    seconds = {name: _seconds(translator, name) for name in BACKENDS}
    faster = RUNTIME if seconds[RUNTIME] * MARGIN < seconds[TORCH] else TORCH
    try:
        _file().parent.mkdir(parents=True, exist_ok=True)
        replace_file(_file(), json.dumps(_kept() | {key: faster}, indent=1).encode())
    except OSError:
        pass  # it is tried again next time
    return faster


def _seconds(translator: Translator, backend: str) -> float:
    """Return the time of a forward pass on one core; infinity if the backend cannot run it."""
    made = translator.in_style({translator.styles[0]: 1.0}) if translator.styles else translator
    made = made.frozen() if made.needs_statistics else made
    try:
        made = made.place("cpu", "float32", RUNTIME) if backend == RUNTIME else made
        side = made.tile_size if made.unbounded else round_up(SIDE, made.stride)
        whole = side + 2 * made.halo
        windows = np.random.default_rng(0).integers(0, 256, (1, whole, whole, made.channels)).astype(np.uint8)
        times = []
        with forward_threads(CPU, torch.get_num_threads()) as threads:
            for _ in range(ROUNDS + 1):
                started = time.perf_counter()
                threads.submit(made.run, windows, made.halo, [Place(-made.halo, -made.halo)]).result()
                times.append(time.perf_counter() - started)
    except (TileganError, MemoryError):
        return float("inf")
    return min(times[1:])


def _file() -> Path:
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "tilegan" / "backends.json"


def _kept() -> dict[str, Any]:
    try:
        found = json.loads(_file().read_bytes())
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}
