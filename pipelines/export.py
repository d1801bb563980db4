"""Export a model as an ONNX file for other programs."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from tilegan.errors import ModelError, OutputError, OutputExistsError
from tilegan.files import locate, replace_file
from tilegan.foreign.onnx_writer import write_onnx
from tilegan.networks.capabilities import capabilities
from tilegan.settling import Choices
from tilegan.translator import load

MOST_LEVELS = 1.0  # of difference between torch and ONNX Runtime


@dataclass(frozen=True)
class ExportResult:
    """The file that was written.

    Attributes:
        output: the file.
        halo: context that windows need on each side, in input pixels, once statistics of instance norms are settled.
        stride: sides of images, and places of windows, are multiples of it.
        scale: output pixels per input pixel.
        levels: largest difference between torch and ONNX Runtime, in levels of 255.
        notes: what is not as in ``stylize``.
        seconds: that it took.
    """

    output: Path
    halo: int
    stride: int
    scale: int
    levels: float
    notes: tuple[str, ...]
    seconds: float


def export(
    model: str | Path, output: str | Path, *, style: Mapping[str, float] | None = None, overwrite: bool = False
) -> ExportResult:
    """Write a model as an ONNX file: float (N, 3, h, w) from 0 to 1 -> (N, 3, h * scale, w * scale), likewise.

    Halo, stride, scale, range and name are metadata of the file.

    Args:
        model: a bundled model's name, a file or a run folder.
        output: the file, .onnx.
        style: shares of the styles of a model with several.
        overwrite: replace an output that is there.

    Raises:
        ModelError: the model cannot be exported, is not the same in ONNX Runtime, or packages are missing.
        SettingError: it has no such style.
        OutputExistsError: the output is there.
        OutputError: it is no .onnx file, or cannot be written.
    """
    started = time.perf_counter()
    place = locate(output)
    if place.suffix != ".onnx":
        raise OutputError(f"a network's file ends in .onnx: {place}")
    if place.exists() and not overwrite:
        raise OutputExistsError(f"{place} exists: give --overwrite to replace it")
    made = load(model, "cpu", "float32").settled(Choices(style or {}))
    if made.channels != 3:
        raise ModelError(f"the model '{made.name}' takes other than three channels: it cannot be exported")
    settled = made.frozen() if made.needs_statistics else made  # windows need its halo, once statistics are settled
    told = {
        "name": made.name,
        "halo": settled.halo,
        "stride": settled.stride,
        "scale": made.scale,
        "range": [0, 1],
        "exact": not made.unbounded,
    }
    with TemporaryDirectory() as folder:
        written = Path(folder) / "network.onnx"
        levels = write_onnx(made.generator, written, settled.stride, told)
        if levels > MOST_LEVELS:
            raise ModelError(f"the model '{made.name}' differs by {levels:.1f} levels in ONNX Runtime: not exported")
        replace_file(place, written.read_bytes())
    has = capabilities(made.generator)
    notes = [
        *(["noise is left out, so that even areas have fewer strokes than by stylize"] if has.noise else []),
        *(["context is left out, as by stylize without a thumbnail"] if has.context else []),
        *([f"{made.unbounded} sees the whole image: windows have seams"] if made.unbounded else []),
    ]
    seconds = time.perf_counter() - started
    return ExportResult(place, settled.halo, settled.stride, made.scale, levels, tuple(notes), seconds)
