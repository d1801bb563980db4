"""Devices: only those that can do the work."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from tilegan.devices import choose_device, keep_freed_memory
from tilegan.errors import SettingError


@pytest.mark.parametrize("name", ["meta", "toaster", "", "cuda:99"])
def test_what_cannot_compute_is_no_device(name):
    with pytest.raises(SettingError, match=f"no device '{name}'"):
        choose_device(name)


def test_the_cpu_is_always_there():
    assert choose_device("cpu") == torch.device("cpu")
    assert choose_device("auto").type in ("cpu", "cuda", "mps")


@pytest.mark.parametrize("library", [None, object()], ids=["no glibc", "another libc"])
def test_without_glibc_freed_memory_is_not_kept(library, monkeypatch):
    def load(name):
        if library is None:
            raise OSError(f"{name}: cannot open shared object file")
        return library

    monkeypatch.setattr("ctypes.CDLL", load)
    keep_freed_memory()


FORKED = """
import multiprocessing, sys
from concurrent.futures import ProcessPoolExecutor
import torch
from tilegan.networks.build import build_generator
from tilegan.pipelines import stylize
from tilegan.translator import Translator

torch.set_num_threads(2)  # OpenMP has threads, none of which a fork takes along
architecture = {"name": "residual", "channels": 16, "blocks": 1, "stride": 4, "detail": 2}
dots = Translator.of(build_generator(architecture), architecture, 64)


def paint(name):
    stylize(sys.argv[1], name, dots, device="cpu", precision="float32")


paint("parent.png")
with ProcessPoolExecutor(2, mp_context=multiprocessing.get_context("fork")) as pool:
    list(pool.map(paint, ["first.png", "second.png"]))
"""


@pytest.mark.slow
def test_forked_processes_stylize_as_their_parent_did(tmp_path: Path):
    photo = tmp_path / "photo.png"
    Image.fromarray(np.random.default_rng(0).integers(0, 256, (300, 400, 3), np.uint8)).save(photo)
    environment = os.environ | {"OMP_NUM_THREADS": "2"}
    subprocess.run([sys.executable, "-c", FORKED, photo], cwd=tmp_path, env=environment, timeout=120, check=True)
    results = [(tmp_path / f"{name}.png").read_bytes() for name in ("parent", "first", "second")]
    assert results[0] == results[1] == results[2]


def test_a_fork_that_cannot_use_cuda_is_told_how_it_could(monkeypatch: pytest.MonkeyPatch):
    def refuse(*_: object, **__: object) -> None:
        raise RuntimeError("Cannot re-initialize CUDA in forked subprocess")

    monkeypatch.setattr(torch, "empty", refuse)
    monkeypatch.setattr(torch.cuda, "_is_in_bad_fork", lambda: True)
    with pytest.raises(SettingError, match=r"cuda in a process that was forked .* 'spawn'"):
        choose_device("cuda")
