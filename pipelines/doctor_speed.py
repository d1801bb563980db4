"""Measured speed of this machine: a disk, and the forward passes of a model."""

import os
import tempfile
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tilegan.translator import Translator

MOST_BYTES = 256 * 10**6
PIECE = 4 * 10**6  # bytes
SECONDS = 5.0
GIGAPIXEL = 10**9
MEMORY = 5 * 2**28  # bytes that all passes together may take, as in a run


@dataclass(frozen=True)
class DiskSpeed:
    """Speed of the disk of a folder.

    Attributes:
        folder: the folder.
        written: bytes per second written, until they are on the disk.
        read: bytes per second read back; from memory where the system keeps the file there.
        bytes: size of the file.
    """

    folder: Path
    written: float
    read: float
    bytes: int


@dataclass(frozen=True)
class ModelSpeed:
    """Speed of the forward passes of a model with seams 'exact'.

    Attributes:
        model: its name.
        device: device that computed.
        precision: number format.
        window: side of the windows without their halo, in input pixels.
        passes: passes that were computed.
        megapixels_per_second: millions of input pixels per second, halos not counted.
        seconds_per_gigapixel: estimated duration of the passes over 10^9 pixels.
    """

    model: str
    device: str
    precision: str
    window: int
    passes: int
    megapixels_per_second: float
    seconds_per_gigapixel: float


def disk_speed(folder: Path, most: int = MOST_BYTES) -> DiskSpeed:
    """Write a file into a folder and read it back; it is removed afterward.

    Args:
        folder: existing folder.
        most: bytes to write, at most; less where the disk is nearly full, or slow.

    Raises:
        OSError: the folder does not exist, or cannot be written to.
    """
    content = os.urandom(min(PIECE, most))  # not compressible
    with tempfile.TemporaryFile(dir=folder, prefix=".tilegan-", buffering=0) as file:
        start, size = time.perf_counter(), 0
        while size < most and time.perf_counter() - start < SECONDS:
            file.write(content)
            size += len(content)
        os.fsync(file.fileno())
        written = time.perf_counter() - start
        with suppress(AttributeError, OSError):  # only some systems can be asked not to keep it in memory
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
        file.seek(0)
        start = time.perf_counter()
        while file.read(PIECE):
            pass
        read = time.perf_counter() - start
    return DiskSpeed(folder, size / max(written, 1e-9), size / max(read, 1e-9), size)


def model_speed(translator: "Translator", seconds: float = SECONDS, window: int | None = None) -> ModelSpeed:
    """Run forward passes over noise as a run does them, for some seconds after a first one that is not counted.

    Args:
        translator: where its device and precision say.
        seconds: duration; passes that have begun are finished.
        window: side of the window in input pixels, rounded up to the stride; None for the default of the device.

    Raises:
        MemoryError: the device has too little memory.
        ModelError: the model cannot be exact.
    """
    import numpy as np

    from tilegan.devices import CPU_BATCH, GPU_BATCH, precision_name
    from tilegan.geometry import round_up
    from tilegan.inference.passes import Passes
    from tilegan.inference.plan import best_window
    from tilegan.names import EXACT
    from tilegan.settling import Choices
    from tilegan.tiling.places import Place

    noise = np.random.default_rng(0)
    thumbnail = noise.integers(0, 256, (256, 256, 3), np.uint8)
    model = translator.settled(Choices(), lambda: thumbnail).with_statistics_of(thumbnail)
    _ = model.exact  # refuses a model that sees the whole image
    side = round_up(window or best_window(model, EXACT), model.stride)
    batch = CPU_BATCH if model.device.type == "cpu" else GPU_BATCH
    wide = side + 2 * model.halo
    windows = noise.integers(0, 256, (batch, wide, wide, model.channels), np.uint8)
    places = [Place(-model.halo, -model.halo)] * batch
    streams = _passes_at_once(model, batch, side)

    def one(_: object = None) -> None:
        model.run(windows, model.halo, places)

    stop = Event()
    passes = Passes(model.device, streams, stop)
    try:
        list(passes.map(one, range(streams)))  # the first passes also choose algorithms and take memory
        start, done = time.perf_counter(), 0
        while done == 0 or time.perf_counter() - start < seconds:
            list(passes.map(one, range(2 * streams)))
            done += 2 * streams
        rate = done * batch * side**2 / (time.perf_counter() - start)
    finally:
        stop.set()
        passes.shutdown()
    return ModelSpeed(
        model=model.name,
        device=str(model.device),
        precision=precision_name(model.precision),
        window=side,
        passes=done,
        megapixels_per_second=rate / 1e6,
        seconds_per_gigapixel=GIGAPIXEL / rate,
    )


def _passes_at_once(model: "Translator", batch: int, side: int) -> int:
    """Return as many passes as a run computes at once: one per core, as far as its memory goes."""
    import numpy as np
    import torch

    if model.device.type != "cpu":
        return 1
    each = model.peak_bytes(batch, side, model.halo, np.dtype(np.uint8))
    return max(1, min(torch.get_num_threads(), MEMORY // max(1, each)))
