"""Memory of a run by parts, and plans that fit a limit.

The parts, for each process: memory before the run (the program, its libraries, the model); the forward passes; the
shards that are being read, translated and written; the reader's cache; halved shards for the pyramid.
"""

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import product

import psutil
import torch

from tilegan.errors import SettingError
from tilegan.geometry import Window, grid_shape
from tilegan.images.reading import Reading
from tilegan.images.source import Source
from tilegan.inference.parts import MIB, READER, decodes, forward_bytes, recent_bytes, row_bytes, shard_bytes
from tilegan.inference.plan import SHARD, Plan, best_window, make_plan, notes_on
from tilegan.inference.rendering import Layer, Rendering
from tilegan.names import BLEND, EXACT
from tilegan.translator import Translator

DEFAULT = 5 * 2**28  # in addition to the process itself: less than 2 GiB in all for a new one
BESIDE = 2  # shards in flight beside the computed ones: one is read and one is written
CUDA_STREAMS = 3  # one copies to the GPU, one computes, one copies back
GPU_THREADS = 16  # shards in flight at most: a GPU computes a shard in less time than a core reads or writes one
LEAST_WINDOW, LEAST_SHARD = 128, 512
RECENT = 64 * MIB  # limit of the cache of halved shards, which grows with the width of the image
LIBRARIES = 128 * MIB  # libraries and threads once the work begins
DEVICE_SHARE = 0.8  # share of a GPU's free memory


@dataclass(frozen=True)
class Limits:
    """The limits of the processes of a run.

    Attributes:
        threads: shards in flight in each process.
        streams: forward passes at once in each process.
        reader: bytes of the reader's cache.
        recent: bytes of halved shards kept for the pyramid.
        pyramid: whether levels above 0 are computed.
    """

    threads: int
    streams: int
    reader: int
    recent: int
    pyramid: bool


@dataclass(frozen=True)
class Memory:
    """Maximum bytes of each part of a run.

    Attributes:
        process: each process before the work begins.
        forward: the forward passes that run at once in it, where they are in the host's memory.
        shards: pixels of all shards in flight in one process.
        reader: its reader's cache.
        recent: its halved shards.
        workers: processes that work; where there are several, one more waits for them.
        limit: what was allowed, all processes together.
    """

    process: int
    forward: int
    shards: int
    reader: int
    recent: int
    workers: int
    limit: int

    @property
    def total(self) -> int:
        """Return the bytes of all processes together."""
        work = self.forward + self.shards + self.reader + self.recent
        return self.workers * (self.process + work) + (self.process if self.workers > 1 else 0)


Fitted = tuple[Plan, Limits, Memory, tuple[str, ...]]
"""A plan, the limits of processes, their memory, and a note for each value that differs from the request."""


def fit_plan(
    translator: Translator,
    source: Source,
    region: Window,
    seams: str = EXACT,
    window: int | None = None,
    shard: int | None = None,
    *,
    pyramid: bool = True,
    limit: int | None = None,
    workers: int = 1,
    reading: Reading | None = None,
    look: Rendering | None = None,
    layers: tuple[Layer, ...] = (),
    feather: int = 0,
    maps: Sequence[Source] = (),
    streams: int | None = None,
    process: int | None = None,
) -> Fitted:
    """Return the best plan within a memory limit.

    Args:
        translator: the model, on its device and in its precision.
        source: the image, open.
        region: stylized region of it.
        seams: 'exact', 'combo' or 'blend'.
        window: side in input pixels; None for the largest that fits, up to the device's best.
        shard: side in input pixels; None for the default.
        pyramid: whether levels above 0 are computed.
        limit: bytes that all processes may take together; None for ``DEFAULT`` beside what each takes already, which is
            kept to where it can be.
        workers: number of processes.
        reading: read options.
        look: application of the style.
        layers: see ``Plan``.
        feather: likewise.
        maps: open files of maps.
        streams: forward passes at once in each process; None for as many as fit.
        process: bytes that each process takes before the work begins (see ``process_bytes``); None for what this one
            takes now.

    Returns:
        The plan, the limits of processes, their memory, and a note for each value that differs from the request.

    Raises:
        SettingError: a value is invalid, or nothing fits.
        ModelError: the translator cannot be exact.
    """
    source.read(Window(0, 0, 1, 1))  # some decoders, such as that of progressive JPEG, take memory for the whole image
    process = process_bytes() if process is None else process
    allowed = workers * (process + DEFAULT) + (process if workers > 1 else 0) if limit is None else limit
    fitting = _Fitting(translator, source, pyramid, workers, process, allowed, tuple(maps), exactly=limit is not None)
    least: Fitted | None = None
    candidates = list(_candidates(translator, seams, window, shard, workers, streams))
    for whole_rows, (beside, at_once, chosen_window, chosen_shard) in product((True, False), candidates):
        plan = make_plan(translator, region, seams, chosen_window, chosen_shard, reading, look)
        plan = replace(plan, layers=layers, feather=feather)
        found = fitting.fitted(plan, notes_on(plan, translator, window, shard), beside, at_once, whole_rows)
        least = found or least
        if found is not None and found[2].total <= allowed:
            return found
    if least is None:
        raise SettingError(f"the memory of {translator.device} is too little for the least window: use another device")
    if limit is not None:
        needed = least[2].total
        raise SettingError(
            f"a memory of {limit / MIB:.0f} MiB is too little: at least {needed / MIB:.0f} MiB are needed, "
            f"{process / MIB:.0f} of them for each process with its libraries and the model"
        )
    return least


def process_bytes() -> int:
    """Return the present bytes of this process, and those of libraries and threads to come."""
    return int(psutil.Process().memory_info().rss) + LIBRARIES


@dataclass(frozen=True)
class _Fitting:
    """The search for a plan within ``allowed`` bytes of all processes, including ``process`` bytes of each."""

    translator: Translator
    source: Source
    pyramid: bool
    workers: int
    process: int
    allowed: int
    maps: tuple[Source, ...]
    exactly: bool
    passes: dict[int, int] = field(default_factory=dict)  # bytes of a forward pass, by window

    def fitted(self, plan: Plan, notes: tuple[str, ...], beside: int, streams: int, whole_rows: bool) -> Fitted | None:
        """Return a plan with its limits and memory; None if a GPU has too little for it.

        Args:
            plan: a candidate.
            notes: notes on it.
            beside: shards in flight beside the computed ones.
            streams: forward passes at once, at most.
            whole_rows: whether the reader's cache holds a row of shards, if the file has whole rows.
        """
        translator, source = self.translator, self.source
        if plan.window not in self.passes:
            self.passes[plan.window] = forward_bytes(plan, translator, source, self.exactly)
        streams = min(streams, _windows(plan))
        forward = streams * self.passes[plan.window]
        threads = _threads(plan, translator, streams, beside)
        if translator.device.type == "cuda":
            if forward > DEVICE_SHARE * torch.cuda.mem_get_info(translator.device)[0]:
                return None
            forward = 0
        maps = self.maps
        pixels, row = shard_bytes(plan, translator, source, maps), row_bytes(plan, translator, source, maps)
        if not whole_rows and row > READER:
            times = decodes(plan, translator, source, READER)
            again = f"its pixels are decoded {times:.0f} times: use more --memory, or convert it to a tiled TIFF"
            notes, row = (*notes, again), READER
        memory = Memory(self.process, forward, threads * pixels, row, 0, self.workers, self.allowed)
        spare = (self.allowed - memory.total) // self.workers
        recent = max(0, min(RECENT, recent_bytes(plan, translator, source), spare)) if self.pyramid else 0
        limits = Limits(threads, streams, row, recent, self.pyramid)
        return plan, limits, replace(memory, recent=recent), notes


def _candidates(
    translator: Translator, seams: str, window: int | None, shard: int | None, workers: int, streams: int | None
) -> Iterator[tuple[int, int, int | None, int | None]]:
    """Yield shards in flight beside computed ones, forward passes at once, window and shard, the fastest first.

    Requested values are kept.
    """
    best, most = best_window(translator, seams), 1
    if translator.device.type == "cuda":
        most = CUDA_STREAMS
    elif translator.device.type == "cpu":
        most = max(1, torch.get_num_threads() // workers)
    windows = [best >> step for step in range(16) if best >> step >= LEAST_WINDOW]
    if window or seams == BLEND:  # whose window decides pixels
        windows = [window or best]
    passes = [streams] if streams else [most >> step for step in range(most.bit_length())]
    shards = [shard] if shard else [SHARD >> step for step in range(16) if SHARD >> step >= LEAST_SHARD]
    for beside in range(BESIDE, -1, -1):
        for chosen_window in windows:
            for at_once in passes:
                for chosen_shard in shards:
                    if shard or window or chosen_shard >= chosen_window:
                        yield beside, at_once, chosen_window, chosen_shard


def _windows(plan: Plan) -> int:
    rows, columns = grid_shape(plan.region.height, plan.region.width, plan.window)
    return rows * columns


def _threads(plan: Plan, translator: Translator, streams: int, beside: int) -> int:
    """Return the number of shards in flight: those over which the passes are spread, and further ones."""
    if translator.device.type == "cuda":
        return max(BESIDE + 1, min(GPU_THREADS, os.cpu_count() or 1)) if beside == BESIDE else beside + 1
    return -(-streams // (plan.shard // plan.window) ** 2) + beside
