"""Examine networks of other programs, and turn them into models."""

import time
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch

from tilegan.errors import ModelError, OutputError, OutputExistsError
from tilegan.files import locate
from tilegan.foreign.folding import elements
from tilegan.foreign.options import AUTO, ImportOptions
from tilegan.foreign.order import order_of
from tilegan.foreign.plausible import Trial, is_found, trials
from tilegan.foreign.prepare import SIDE, Prepared, prepared
from tilegan.foreign.read import Read
from tilegan.foreign.readers import endings, read_network
from tilegan.foreign.values import ORDERS, Values
from tilegan.foreign.verdict import Verdict, verdict
from tilegan.geometry import Pixels, Window
from tilegan.images.opening import open_source
from tilegan.inference.seams import Seams, sample_sides, seams_on_sample
from tilegan.landscape import Landscape
from tilegan.model_file import is_model
from tilegan.options import check_values
from tilegan.pipelines.info import SETTLED
from tilegan.translator import Translator

MODEL = ".safetensors"  # ending of models, and of weights of other programs
LARGER = 4  # times a window, of the landscape of which the trial picture is a reduced copy


@dataclass(frozen=True)
class NetworkInfo:
    """Facts about a network.

    Attributes:
        path: the file.
        source: what wrote it, as it says.
        inputs: shape of each input; None for sides that are not fixed.
        outputs: likewise.
        nodes: number of nodes, once constants are computed.
        parameters: number of weights.
        styles: number of styles among which one is chosen; 0 if there are none.
        values: layout, ranges and order of colors.
        known: how 'layout', 'range' and 'order' are known: 'given' by options, 'declared' by the file, 'found' by
            trial, or only 'assumed'.
        plausibility: of each reading of the values that was tried, as text.
        verdict: how it can be run in windows.
    """

    path: Path
    source: str
    inputs: dict[str, tuple[int | None, ...]]
    outputs: dict[str, tuple[int | None, ...]]
    nodes: int
    parameters: int
    styles: int
    values: Values
    known: dict[str, str]
    plausibility: dict[str, float]
    verdict: Verdict


@dataclass(frozen=True)
class ImportResult:
    """The written model.

    Attributes:
        output: the model's file.
        info: what was found out.
        seconds: that it took.
        seams: of a sample, if windows can only be blended.
    """

    output: Path
    info: NetworkInfo
    seconds: float
    seams: Seams | None = None


def is_network(path: Path) -> bool:
    """Return whether a file is that of a network of another program, by its name, or header."""
    if path.suffix.lower() == MODEL:
        return path.is_file() and not is_model(path)
    return path.suffix.lower() in endings()


def network_info(
    path: str | Path, *, options: ImportOptions | None = None, picture: str | Path | None = None
) -> NetworkInfo:
    """Examine a network: what its numbers mean, and how it can be run in windows.

    Args:
        path: the file: .onnx, .pt2, .pt, or weights (.pth, .safetensors).
        options: what is known of it.
        picture: an image to try it on; None for a procedural landscape.

    Raises:
        ModelError: the file is no network that can be run, or makes no picture.
        SettingError: an option has an impossible value.
        ImageError: the picture cannot be read.
    """
    return _examined(Path(path), options or ImportOptions(), picture)[0]


def import_network(
    path: str | Path,
    output: str | Path,
    *,
    name: str | None = None,
    options: ImportOptions | None = None,
    picture: str | Path | None = None,
    overwrite: bool = False,
) -> ImportResult:
    """Turn a network into a model that ``stylize`` runs.

    Args:
        path: the file: .onnx, .pt2, .pt, or weights (.pth, .safetensors).
        output: the model's file, .safetensors.
        name: of the style; by default the file's.
        options: what is known of the network.
        picture: an image to try it on; None for a procedural landscape.
        overwrite: replace an output that is there.

    Raises:
        ModelError: as ``network_info``.
        SettingError: likewise.
        ImageError: likewise.
        OutputExistsError: the output is there.
        OutputError: it is no .safetensors file.
    """
    started = time.perf_counter()
    place = locate(output)
    if place.suffix != MODEL:
        raise OutputError(f"a model's file ends in {MODEL}: {place}")
    if place.exists() and not overwrite:
        raise OutputExistsError(f"{place} exists: give --overwrite to replace it")
    info, network = _examined(Path(path), options or ImportOptions(), picture)
    tiled = info.verdict
    network = replace(network, blended=not tiled.exact, side=tiled.side)
    side = tiled.side or -(-SIDE // tiled.reach.stride) * tiled.reach.stride
    settled = {SETTLED: {"halo": tiled.reach.halo, "stride": tiled.reach.stride}} if tiled.exact else {}
    made = Translator.of(
        network.generator(info.values),
        network.architecture(info.values),
        side,
        name=name or Path(path).stem,
        facts={"imported": info.source, "exact": tiled.words} | settled,
    )
    seams = None
    if not tiled.exact:
        seams = seams_on_sample(made, _sample(picture, *sample_sides(made)))
        made = replace(made, facts=made.facts | {"seams": seams.facts()})
    made.save(place)
    return ImportResult(place, info, time.perf_counter() - started, seams)


def _examined(path: Path, options: ImportOptions, picture: str | Path | None) -> tuple[NetworkInfo, Prepared]:
    check_values(options)
    if not path.is_file():
        raise ModelError(f"no network: {path} is no file")
    read = read_network(path)
    asked = options
    options = replace(
        asked, **{key: value for key, value in read.declared.items() if getattr(asked, key) in (AUTO, None)}
    )
    try:
        network = prepared(read, options)
        pixels = _picture(picture, network.fixed)
        found = trials(network, options, pixels)
        order = order_of(network, found[0].values, pixels) if options.order == AUTO else options.order
        found = [trial._replace(values=replace(trial.values, order=order or ORDERS[0])) for trial in found]
        tiled = verdict(network, found[0].values)
    except ModelError as error:
        raise ModelError(f"{path}: {error}") from error
    known = {
        "layout": "found" if any(3 in (sides[1:2] + sides[3:4]) for sides in read.inputs.values()) else "assumed",
        "range": "found" if is_found(found) else "assumed",
        "order": "found" if order else "assumed",
    }
    known |= {name: "declared" for name in known if name in read.declared}
    known |= {name: "given" for name in known if getattr(asked, name) != AUTO}
    return _info(path, read, network, found, known, tiled), network


def _info(
    path: Path, read: Read, network: Prepared, found: list[Trial], known: dict[str, str], tiled: Verdict
) -> NetworkInfo:
    return NetworkInfo(
        path=path,
        source=read.source,
        inputs=read.inputs,
        outputs=read.outputs,
        nodes=len(network.graph.nodes),
        parameters=elements(network.graph.shapes),
        styles=len(network.styles),
        values=found[0].values,
        known=known,
        plausibility={_reading(trial.values): trial.plausibility for trial in found},
        verdict=tiled,
    )


def _reading(values: Values) -> str:
    normal = ", normalized" if any(values.mean) else ""
    return f"{values.range}{normal} -> {values.output_range}"


def _picture(name: str | Path | None, fixed: tuple[int | None, int | None]) -> torch.Tensor:
    """Return float (1, 3, h, w) in [-1, 1]: a reduced image, cropped to the size that the network takes."""
    height, width = (side or SIDE for side in fixed)
    return torch.from_numpy(_sample(name, height, width)).permute(2, 0, 1)[None].float() / 127.5 - 1


def _sample(name: str | Path | None, height: int, width: int) -> Pixels:
    """Return a reduced image, or a landscape, of a size: uint8 (height, width, 3)."""
    if name is None:
        large = Landscape(height * LARGER, width * LARGER, 0).read(Window(0, 0, height * LARGER, width * LARGER))
        reduced: Pixels = large.reshape(height, LARGER, width, LARGER, 3).mean((1, 3)).round().astype(np.uint8)
        return reduced
    with closing(open_source(name)) as source:
        share = max(height / source.height, width / source.width)
        pixels = source.thumbnail(max(1, round(max(source.height, source.width) * min(1.0, share))))
    down, across = (max(0, side - old) for side, old in zip((height, width), pixels.shape, strict=False))
    return np.pad(pixels, ((0, down), (0, across), (0, 0)), "symmetric")[:height, :width]
