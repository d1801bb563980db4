"""Memory of a run by parts, and plans that fit a limit.

The parts, for each process: memory before the run (the program, its libraries, the model); the forward passes; the
shards that are being read, translated and written; the reader's cache; halved shards for the pyramid.
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass, replace

import psutil
import torch

from tilegan.errors import SettingError
from tilegan.geometry import Window, grid_shape, round_up
from tilegan.images.reading import Reading
from tilegan.images.source import Source
from tilegan.inference.blend import blend_bytes
from tilegan.inference.ground import ground_bytes, margin
from tilegan.inference.look import Look
from tilegan.inference.plan import SHARD, Plan, best_window, cut_of, make_plan, notes_on
from tilegan.inference.stroke import steps_of
from tilegan.translator import Translator

MIB = 2**20
DEFAULT = 5 * 2**28  # beside what a process takes already: with a fresh one not 2 GiB in all
BESIDE = 2  # shards in flight beside those that are computed: one is read and one is written
CUDA_STREAMS = 3  # one copies to the GPU, one computes, one copies back
GPU_THREADS = 16  # shards in flight at most: a GPU computes a shard in less time than a core reads or writes one
LEAST_WINDOW, LEAST_SHARD = 128, 512
READER, RECENT = 64 * MIB, 64 * MIB  # caches: the least that helps, and the most that may grow with the image's width
LIBRARIES = 128 * MIB  # what libraries and threads take once the work begins
SCRATCH = 1.25  # of a forward pass: what convolutions take beside their tensors, and gaps between these
FILLED = {1: 16, 2: 22}  # bytes of a pixel, by those of a level, while what means nothing is filled
GRAY = 8  # bytes of a pixel while its luma is computed
DECODED = 10  # blocks of an image that zarr decodes at once; GDAL decodes fewer
DEVICE_SHARE = 0.8  # of a GPU's free memory


@dataclass(frozen=True)
class Limits:
    """The limits of the processes of a run.

    Attributes:
        threads: shards in flight in each process.
        streams: forward passes at once in each process.
        reader: bytes of the reader's cache.
        recent: bytes of halved shards kept for the pyramid.
        pyramid: whether levels above 0 are made.
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


def fit_plan(
    translator: Translator,
    source: Source,
    region: Window,
    seams: str = "exact",
    window: int | None = None,
    shard: int | None = None,
    *,
    pyramid: bool = True,
    limit: int | None = None,
    workers: int = 1,
    reading: Reading | None = None,
    look: Look | None = None,
    streams: int | None = None,
    process: int | None = None,
) -> tuple[Plan, Limits, Memory, tuple[str, ...]]:
    """Return the best plan within a memory limit.

    Args:
        translator: where its device and precision say.
        source: the image, open.
        region: the part of it that is stylized.
        seams: 'exact' or 'combo'.
        window: in input pixels; None for the largest that fits, up to the device's best.
        shard: likewise.
        pyramid: whether levels above 0 are made.
        limit: bytes that all processes may take together; None for ``DEFAULT`` beside what each takes already, which is
            kept to where it can be.
        workers: processes.
        reading: how the source was opened.
        look: how the style is applied.
        streams: forward passes at once in each process; None for as many as fit.
        process: bytes that each process takes before the work begins (see ``process_bytes``); None for what this one
            takes now.

    Returns:
        The plan, what processes keep to, what that takes, and a note for each value that is not the one asked for.

    Raises:
        SettingError: a value cannot work, or nothing fits.
        ModelError: the translator cannot work exactly.
    """
    source.read(Window(0, 0, 1, 1))  # some decoders, such as that of progressive JPEG, take memory for the whole image
    process = process_bytes() if process is None else process
    allowed = workers * (process + DEFAULT) + (process if workers > 1 else 0) if limit is None else limit
    passes: dict[int, int] = {}  # bytes of a forward pass, by window
    least: tuple[Plan, Limits, Memory, tuple[str, ...]] | None = None
    for whole_rows in (True, False):
        for beside, at_once, chosen_window, chosen_shard in _candidates(
            translator, seams, window, shard, workers, streams
        ):
            plan = make_plan(translator, region, seams, chosen_window, chosen_shard, reading, look)
            notes = notes_on(plan, translator, window, shard)
            if plan.window not in passes:
                passes[plan.window] = _forward_bytes(plan, translator, source, limit is not None)
            at_once = min(at_once, _windows(plan))
            forward = at_once * passes[plan.window]
            threads = _threads(plan, translator, at_once, beside)
            if translator.device.type == "cuda":
                if forward > DEVICE_SHARE * torch.cuda.mem_get_info(translator.device)[0]:
                    continue
                forward = 0
            pixels, row = _shard_bytes(plan, translator, source), _row_bytes(plan, translator, source)
            if not whole_rows and row > READER:
                times = decodes(plan, translator, source, READER)
                again = f"its pixels are decoded {times:.0f} times: more --memory, or a tiled TIFF of it, is faster"
                notes, row = (*notes, again), READER
            memory = Memory(process, forward, threads * pixels, row, 0, workers, allowed)
            spare = (allowed - memory.total) // workers
            recent = max(0, min(RECENT, _recent_bytes(plan, translator, source), spare)) if pyramid else 0
            least = plan, Limits(threads, at_once, row, recent, pyramid), replace(memory, recent=recent), notes
            if spare >= 0:
                return least
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
    """Return the bytes that this process takes now, and what libraries and threads will take beside it."""
    return int(psutil.Process().memory_info().rss) + LIBRARIES


def _candidates(
    translator: Translator, seams: str, window: int | None, shard: int | None, workers: int, streams: int | None
) -> Iterator[tuple[int, int, int | None, int | None]]:
    """Shards in flight beside those computed, forward passes at once, window and shard: the fastest first.

    What is given stays.
    """
    best, most = best_window(translator, seams), 1
    if translator.device.type == "cuda":
        most = CUDA_STREAMS
    elif translator.device.type == "cpu":
        most = max(1, torch.get_num_threads() // workers)
    windows = [window] if window else [best >> step for step in range(16) if best >> step >= LEAST_WINDOW]
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
    """Shards in flight: as many as the passes at once are spread over, and those beside."""
    if translator.device.type == "cuda":
        return max(BESIDE + 1, min(GPU_THREADS, os.cpu_count() or 1)) if beside == BESIDE else beside + 1
    return -(-streams // (plan.shard // plan.window) ** 2) + beside


def _forward_bytes(plan: Plan, translator: Translator, source: Source, exactly: bool) -> int:
    """Return the bytes of a forward pass; for images smaller than the window, unless exact, those of the window."""
    cut = cut_of(plan, translator)
    longest = round_up(max(plan.region.height, plan.region.width), cut.unit)
    most = None if exactly else translator.known_bytes(cut.batch, cut.side, cut.halo, source.levels)
    if most is None:
        most = translator.peak_bytes(cut.batch, min(cut.side, longest), cut.halo, source.levels)
    return round(SCRATCH * most)


def _shard_bytes(plan: Plan, translator: Translator, source: Source) -> int:
    """Return the bytes of one shard in flight: its input, twice during conversion to RGB, and its output."""
    side = min(plan.shard, max(plan.region.height, plan.region.width))
    wide, size = side + 2 * _context(plan, translator, source), source.levels.itemsize
    channels = 4 if source.origin.opacity else 3
    values = 0 if source.dtype == "uint8" else source.bands * source.dtype.itemsize
    read = wide**2 * ((FILLED[size] if source.origin.opacity else 2 * channels * size) + values)
    written = 4 * channels * size * (side * translator.scale) ** 2
    extra = blend_bytes(plan.look.strength, plan.look.keep_colors) + (ground_bytes() if plan.look.stroke > 1 else 0)
    if translator.channels == 1:
        extra += wide**2 * (GRAY + size)
    elif translator.channels > 3:  # joined, and mirrored or copied once more
        extra += 2 * wide**2 * (translator.channels - 3) * size
    return read + written + extra + _decoded_bytes(wide, source)


def _decoded_bytes(side: int, source: Source) -> int:
    """Return the bytes of the source's blocks that are decoded at once to read a square with a side in pixels."""
    if source.held:
        return 0
    height, width = source.block
    touched = (-(-side // height) + 1) * (-(-side // width) + 1)
    blocks = -(-source.height // height) * -(-source.width // width)
    return min(touched, blocks, DECODED) * height * width * source.bands * source.dtype.itemsize


def _row_bytes(plan: Plan, translator: Translator, source: Source) -> int:
    """Return the bytes of the reader's cache: a row of shards if the file has whole rows, otherwise some blocks."""
    if source.held:
        return 0
    height, width = source.block
    if not source.sequential and width < source.width:
        return READER
    rows = min(plan.shard + 2 * _context(plan, translator, source) + 2 * height, source.height)
    return max(READER, rows * source.width * source.bands * source.dtype.itemsize)


def decodes(plan: Plan, translator: Translator, source: Source, reader: int) -> float:
    """Return the maximum average number of times that each source pixel is decoded; a cache may reduce it.

    Args:
        plan: what is read, and in which shards.
        translator: whose halo is read around them.
        source: the image, open.
        reader: bytes of the reader's cache.
    """
    if source.held:
        return 1.0
    rows, columns = grid_shape(plan.region.height, plan.region.width, plan.shard)
    if source.sequential or source.block[1] >= source.width:
        if reader >= _row_bytes(plan, translator, source):
            return 1.0
        return columns * (rows + 1) / 2 if source.sequential else float(columns)
    side = plan.shard + 2 * _context(plan, translator, source)
    times = 1.0
    for block, length in zip(source.block, (plan.region.height, plan.region.width), strict=True):
        times *= min(side + block - 1, length) / min(plan.shard, length)
    return times


def _context(plan: Plan, translator: Translator, source: Source) -> int:
    """Return the pixels read around a shard, per side: its context, and those from which invalid ones are filled."""
    cut, steps = cut_of(plan, translator), steps_of(plan.look.stroke)
    under = margin(steps[-2]) + cut.unit if len(steps) > 1 else 0
    return cut.halo + under + (translator.halo if source.origin.opacity else 0)


def _recent_bytes(plan: Plan, translator: Translator, source: Source) -> int:
    """Return the bytes of the halved shards of a row, and of those of the levels above."""
    _, columns = grid_shape(plan.region.height, plan.region.width, plan.shard)
    pixel = (4 if source.origin.opacity else 3) * source.levels.itemsize
    return 2 * (columns + 1) * pixel * (plan.shard * translator.scale // 2) ** 2
