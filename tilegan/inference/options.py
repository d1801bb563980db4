"""Options of stylization: application of the style, label maps, forward passes, and the run."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tilegan.names import BACKENDS, DEVICES, EXACT, PRECISIONS, SEAMS, STATISTICS
from tilegan.options import described, option

DEFAULT_MODEL = "vangogh"


@described
@dataclass(frozen=True)
class StyleOptions:
    """Application of the style (see ``tilegan.inference.rendering``, ``stroke`` and ``statistics``)."""

    strength: float | str | Path = option(
        1.0,
        "Strength of the style: 0 gives the source, 1 the full style; or a gray map of it, black to white",
        metavar="S|MAP",
    )
    keep_colors: bool = option(False, "Keep hue and chroma of the source; take lightness and texture from the style")
    stroke: int | str | Path = option(
        "auto",
        "Factor by which strokes are enlarged, 1 to 256; auto: as large relative to the image as in training; or a map "
        "whose numbers are factors, 0 for auto",
        metavar="auto|N|MAP",
    )
    style: Mapping[str, float] | str | Path = option(
        dict,
        "Style of a model with several styles, or shares of a mixture; or a map whose numbers are places in its list "
        "of styles, from 0",
        metavar="NAME[=SHARE],...|MAP",
    )
    protect: str | Path | None = option(
        None, "Gray map of what stays as it is: pixels that are white in it are those of the source", metavar="MAP"
    )
    mask: str | Path | None = option(
        None,
        "Holes to fill, for models that learned to: pixels that are not black in this gray map; no other pixel changes",
        metavar="MAP",
    )
    feather: int | None = option(
        None,
        "Width of the transitions at the edges of maps of strokes and styles, and around protected pixels, in pixels "
        "of the image",
        least=0,
        most=256,
        metavar="PX",
        unset="a hundredth of the short side, at most 64",
    )
    code: Mapping[str, float] = option(
        dict,
        "Codes of a model that was trained with them: c0, c1, ... from -1 to 1 (at most from -2 to 2), k the category",
        metavar="NAME=VALUE,...",
        unset="0, and the first category",
    )
    text: str = option(
        "",
        "Words that say how to paint, for a model that was trained with captions: 'wheat under a stormy sky'",
        metavar="WORDS",
        unset="none",
    )
    seed: int | None = option(None, "Seed of the noise of models with noise", least=0, metavar="N", unset="0")
    statistics: str | None = option(
        None,
        "Where instance norms take their statistics from: each tile (combo only), a thumbnail, the whole image, or "
        "cells of the image, interpolated; the last two need one pass over the image for each norm",
        choices=STATISTICS,
        unset="thumbnail, with seams combo tile",
    )


@described
@dataclass(frozen=True)
class LabelOptions:
    """Painting of label maps, for models that learned from them."""

    looks: Mapping[int | str, int] = option(
        dict,
        "Looks, numbered from 0, by number or name of a label, or by instance: 2=4,water=1,#17=3",
        metavar="LABEL=LOOK,...",
        flag="look",
    )
    look_seed: int | None = option(
        None,
        "Seed that draws the looks of all other labels and instances",
        least=0,
        metavar="N",
        unset="the most frequent look",
    )
    instances: str | Path | None = option(
        None,
        "Instance map of a label map: a raster of the same size, one band of 8 or 16 bits, 0 for no instance",
        metavar="FILE",
    )


@described
@dataclass(frozen=True)
class PassOptions:
    """Execution of the network."""

    seams: str = option(
        EXACT,
        "Treatment of seams; exact: windows with a halo, equal to one pass over the whole image; combo: adjacent tiles "
        "without a halo, as in training, at lower cost; blend: overlapping windows, for networks that cannot be exact",
        choices=SEAMS,
    )
    window: int | None = option(
        None,
        "Side of the window of one forward pass in input pixels, rounded up to a valid size",
        least=1,
        metavar="PX",
        unset="chosen by device and memory",
    )
    device: str = option("auto", f"Device: auto, {', '.join(DEVICES[:-1])} or {DEVICES[-1]}", metavar="NAME")
    precision: str = option(
        "auto",
        "Precision of the network; auto: the fastest that the device supports",
        choices=("auto", *PRECISIONS),
    )
    backend: str = option(
        "auto",
        "What runs the network; auto: torch, or ONNX Runtime for an imported network if it is installed and was faster "
        "when both were tried, once on each machine",
        choices=("auto", *BACKENDS),
    )


@described
@dataclass(frozen=True)
class RunOptions:
    """Region, resources, and treatment of existing results."""

    region: tuple[int, int, int, int] | None = option(
        None, "Region of the image to write: x, y, width and height in pixels", metavar="X,Y,W,H", unset="all"
    )
    shard: int | None = option(
        None,
        "Side of the shard of one task in input pixels, rounded up to a multiple of the window",
        least=1,
        metavar="PX",
        unset="2048, less if memory is short",
    )
    memory: int | None = option(
        None,
        "Memory limit of all processes together, with a scheduler of each worker: bytes, on the command line also 2GB; "
        "window, shard and caches adapt to it",
        metavar="SIZE",
        unset="1.25 GiB in addition to the process itself",
    )
    workers: int | None = option(
        None,
        "Number of processes on this machine; they share its cores, or use one GPU each",
        least=1,
        metavar="N",
        unset="one, or one for each GPU",
    )
    scheduler: str | None = option(
        None, "Address of a Dask scheduler whose workers see the same disk, in place of workers", metavar="ADDRESS"
    )
    overwrite: bool = option(False, "Replace an existing output, and unfinished work on it that is not resumed")
    resume: bool = option(
        False, "Continue an interrupted run with its window, shard, device and precision; keep a finished output"
    )
