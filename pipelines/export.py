"""Export a model as an ONNX file, or a program of torch.export, for other programs."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from tilegan.errors import ModelError, OutputError, OutputExistsError
from tilegan.files import locate, replace_file
from tilegan.foreign.onnx_writer import write_onnx
from tilegan.foreign.pt2_writer import write_pt2
from tilegan.networks.capabilities import capabilities
from tilegan.settling import Choices
from tilegan.translator import load

MOST_LEVELS = 1.0  # of difference from the model
# by ending: what writes such a file, and where it is run again
WRITERS = {".onnx": (write_onnx, "ONNX Runtime"), ".pt2": (write_pt2, "torch.export.load")}


@dataclass(frozen=True)
class ExportResult:
    """The file that was written.

    Attributes:
        output: the file.
        halo: context that windows need on each side, in input pixels, once statistics of instance norms are settled.
        stride: sides of images, and places of windows, are multiples of it.
        scale: output pixels per input pixel.
        levels: largest difference from the model, in levels of 255, when it was run again.
        where: what ran it again.
        notes: what is not as in ``stylize``.
        seconds: that it took.
    """

    output: Path
    halo: int
    stride: int
    scale: int
    levels: float
    where: str
    notes: tuple[str, ...]
    seconds: float


def export(
    model: str | Path,
    output: str | Path,
    *,
    style: Mapping[str, float] | None = None,
    code: Mapping[str, float] | None = None,
    overwrite: bool = False,
) -> ExportResult:
    """Write a model as an ONNX file or a program of torch.export.

    It takes and makes images from 0 to 1: float (N, 3, h, w) -> (N, 3, h * scale, w * scale); N is 1 in torch.export.
    Halo, stride, scale, range and name are metadata of the file: properties of ONNX, or ``tilegan.json`` among the
    extra files of torch.export.

    Args:
        model: a bundled model's name, a file or a run folder.
        output: the file, .onnx or .pt2.
        style: shares of the styles of a model with several.
        code: values of the codes of a model that has them.
        overwrite: replace an output that is there.

    Raises:
        ModelError: the model cannot be exported, is not the same when it is run again, or packages are missing.
        SettingError: it has no such style or code.
        OutputExistsError: the output is there.
        OutputError: it is no .onnx or .pt2 file, or cannot be written.
    """
    started = time.perf_counter()
    place = locate(output)
    if place.suffix not in WRITERS:
        raise OutputError(f"a network's file ends in {' or '.join(WRITERS)}: {place}")
    write, where = WRITERS[place.suffix]
    if place.exists() and not overwrite:
        raise OutputExistsError(f"{place} exists: give --overwrite to replace it")
    loaded = load(model, "cpu", "float32")
    made = loaded.settled(Choices(style or {}, mask=loaded.fills, code=code or {}))  # refused below
    if made.channels != 3:
        raise ModelError(f"the model '{made.name}' takes other than three channels: it cannot be exported")
    settled = made.frozen() if made.needs_statistics else made  # windows need its halo, once statistics are settled
    facts = {
        "name": made.name,
        "halo": settled.halo,
        "stride": settled.stride,
        "scale": made.scale,
        "range": [0, 1],
        "exact": not made.unbounded,
    }
    with TemporaryDirectory() as folder:
        written = Path(folder) / f"network{place.suffix}"
        levels = write(made.generator, written, settled.stride, facts)
        if levels > MOST_LEVELS:
            raise ModelError(f"the model '{made.name}' differs by {levels:.1f} levels in {where}: not exported")
        replace_file(place, written.read_bytes())
    has = capabilities(made.generator)
    notes = [
        *(["noise is left out: even areas have fewer strokes than by stylize, paper no grain"] if has.noise else []),
        *(["context is left out, as by stylize without a thumbnail"] if has.context else []),
        *([f"{made.unbounded} sees the whole image: windows have seams"] if made.unbounded else []),
    ]
    seconds = time.perf_counter() - started
    return ExportResult(place, settled.halo, settled.stride, made.scale, levels, where, tuple(notes), seconds)
