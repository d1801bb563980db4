"""What several benchmarks need: test images, a child process and its peak memory, medians in turn, tables."""

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import psutil

MIB = 2**20
BLOCK = 512  # side of a TIFF's blocks, in pixels


def run_windows(translator: Any, pixels: Any, halo: int = 0) -> Any:
    """A forward pass of a ``tilegan.translator.Translator`` over windows that all lie at the top left."""
    from tilegan.tiling.places import Place

    return translator.run(pixels, halo, [Place(-halo, -halo)] * len(pixels))


def parser(description: str | None, rounds: int = 5) -> argparse.ArgumentParser:
    """A parser with the options that all benchmarks have.

    Args:
        description: the script's docstring.
        rounds: how often everything is measured after a warm-up, unless told otherwise.
    """
    options = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--rounds", type=int, default=rounds, help=f"measured rounds after a warm-up [{rounds}]")
    options.add_argument("--scratch", type=Path, help="folder for images and results [the system's temporary one]")
    options.add_argument("--json", action="store_true", help="print one JSON object instead of a table")
    return options


def report(rows: list[dict[str, Any]], as_json: bool, **facts: Any) -> None:
    """Print what was measured: the machine, facts that hold for all rows, and the rows as a table; or all as JSON."""
    facts = {"machine": machine(), **facts}
    if as_json:
        print(json.dumps(facts | {"rows": rows}))
        return
    for name, value in facts.items():
        print(f"{name}: {_text(value)}")
    cells = [list(rows[0]), *([_text(value) for value in row.values()] for row in rows)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    for line in cells:
        print("  ".join(cell.rjust(width) for cell, width in zip(line, widths, strict=True)))


def _text(value: Any) -> str:
    if not isinstance(value, float):
        return str(value)
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"


def machine() -> str:
    """Processor, cores, memory and versions."""
    name = platform.processor() or platform.machine()
    if Path("/proc/cpuinfo").exists():
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        name = next((line.partition(": ")[2] for line in lines if line.startswith("model name")), name)
    versions = ", ".join(f"{package} {version(package)}" for package in ("torch", "zarr", "dask", "rasterio"))
    memory = psutil.virtual_memory().total / 2**30
    return f"{name}, {os.cpu_count()} cores, {memory:.0f} GiB, Python {platform.python_version()}, {versions}"


def in_turn(tasks: Mapping[str, Callable[[], float]], rounds: int) -> dict[str, list[float]]:
    """What each task returns, measured in turn so that a busy spell of the machine meets all of them.

    Args:
        tasks: by name; each measures itself. The first round, a warm-up, does not count.
        rounds: that count.
    """
    found: dict[str, list[float]] = {name: [] for name in tasks}
    for number in range(rounds + 1):
        for name, task in tasks.items():
            value = task()
            if number:
                found[name].append(value)
    return found


def median(values: list[float]) -> float:
    """The middle one."""
    return statistics.median(values)


def seconds_of(task: Callable[[], object]) -> float:
    """How long a call takes."""
    started = time.perf_counter()
    task()
    return time.perf_counter() - started


def make_image(path: Path, height: int, width: int, cell: int = 2048) -> Path:
    """Write a tiled RGB TIFF, deflated with a predictor: one landscape of ``cell`` x ``cell`` pixels again and again.

    Its blocks are encoded once, so that gigapixels take seconds.

    Args:
        path: of the file.
        height: in pixels.
        width: likewise.
        cell: side of what repeats itself; a multiple of 512.
    """
    import numpy as np
    import tifffile

    from tilegan.geometry import Window, split
    from tilegan.landscape import Landscape

    landscape, blocks = Landscape(cell, cell, 0), {}
    for place in split(Window(0, 0, cell, cell), BLOCK):
        pixels = landscape.read(place)
        pixels[:, 1:] -= pixels[:, :-1].copy()  # the predictor
        blocks[place.top // BLOCK, place.left // BLOCK] = zlib.compress(np.ascontiguousarray(pixels).data, 1)
    rows, columns, period = -(-height // BLOCK), -(-width // BLOCK), cell // BLOCK
    encoded = (blocks[row % period, column % period] for row in range(rows) for column in range(columns))
    layout = {"shape": (height, width, 3), "dtype": "uint8", "tile": (BLOCK, BLOCK), "photometric": "rgb"}
    with tifffile.TiffWriter(path, bigtiff=True) as file:
        file.write(encoded, compression="adobe_deflate", predictor=2, metadata=None, **layout)
    return path


def tilegan() -> str:
    """The command that belongs to this Python."""
    return str(Path(sys.executable).with_name("tilegan"))


@dataclass(frozen=True)
class Child:
    """What became of a child process.

    Attributes:
        seconds: from start to end.
        peak: bytes of resident memory that it and its own children took at most, added up.
        output: what it printed.
    """

    seconds: float
    peak: int
    output: str


def run_child(command: list[str], environment: Mapping[str, str] | None = None) -> Child:
    """Run a command and watch its memory.

    Of one process the peak is the kernel's own count (VmHWM, where there is one), of several the largest sum of
    samples, 50 a second. Not ``ru_maxrss``, which counts the memory of the parent at the child's start.

    Raises:
        SystemExit: the command failed; it has said why.
    """
    started, peak = time.perf_counter(), 0
    with tempfile.TemporaryFile("w+") as printed:
        process = subprocess.Popen(command, stdout=printed, env={**os.environ, **(environment or {})})
        try:
            while process.poll() is None:
                peak = max(peak, _resident(process.pid))
                time.sleep(0.02)
        finally:
            process.kill()
            process.wait()
        seconds = time.perf_counter() - started
        printed.seek(0)
        output = printed.read()
    if process.returncode:
        raise SystemExit(process.returncode)
    return Child(seconds, peak, output)


def _resident(pid: int) -> int:
    """Bytes of a process and its descendants; of one alone, its peak so far."""
    try:
        parent = psutil.Process(pid)
        total = parent.memory_info().rss + sum(child.memory_info().rss for child in parent.children(recursive=True))
        status = Path(f"/proc/{pid}/status")
        lines = status.read_text().splitlines() if status.exists() else []
    except (psutil.Error, OSError):
        return 0
    own = next((int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM")), 0)
    return max(total, own)
