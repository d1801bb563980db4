"""What ``tilegan import`` finds of the values of networks of styles: their ranges, and the order of colors.

    python benchmarks/foreign_values.py PICTURE...

Each bundled style is traced as a network that takes and makes values from 0 to 1, and as one from -1 to 1.

- 0-1, -1-1: the ranges that are found for each, on a landscape, and whether they are found or only assumed;
- times nearer: how many times nearer to those of a picture the colors of its repainting are in the wrong order than in
  the right one, at most; ``foreign.order`` decides by such a factor only if it is large.
"""

import tempfile
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import torch
from common import parser, report
from PIL import Image, ImageOps
from torch import nn

from tilegan import load
from tilegan.foreign.options import ImportOptions
from tilegan.foreign.order import color_changes
from tilegan.foreign.plain import Plain, traced
from tilegan.foreign.prepare import SIDE, prepared
from tilegan.foreign.torchscript_reader import read_torchscript
from tilegan.model_file import bundled
from tilegan.pipelines import network_info


def main() -> None:
    """Trace, read and tell."""
    options = parser(__doc__, rounds=1)
    options.add_argument("pictures", nargs="+", type=Path, help="photographs")
    given = options.parse_args()
    pictures = [tensor(path) for path in given.pictures]
    with tempfile.TemporaryDirectory(dir=given.scratch) as folder:
        rows = [row(style, Path(folder), pictures) for style in bundled()]
    pairs = f"{len(rows)} styles and {len(pictures)} pictures, {len(rows) * len(pictures)} pairs"
    report(rows, given.json, pairs=pairs)


def tensor(path: Path) -> torch.Tensor:
    """A photograph, reduced and cropped: float (1, 3, h, w) in [-1, 1]."""
    with Image.open(path) as image:
        pixels = np.asarray(ImageOps.fit(image.convert("RGB"), (SIDE, SIDE)), np.float32)
    return torch.from_numpy(pixels).permute(2, 0, 1)[None] / 127.5 - 1


def row(style: str, folder: Path, pictures: list[torch.Tensor]) -> dict[str, Any]:
    """What is found of one style."""
    made = load(style, "cpu", "float32")
    found: dict[str, Any] = {"style": style}
    for name, network in (("0-1", Plain(made.generator)), ("-1-1", made.generator)):
        file = trace(network, folder / f"{style}{name}.pt", made.stride)
        info = network_info(file)
        found[name] = f"{info.values.range} -> {info.values.output_range}, {info.known['range']}"
    network = prepared(read_torchscript(file), ImportOptions())
    values = info.values
    nearer = [
        changes["rgb"] / changes["bgr"] for changes in (color_changes(network, values, each) for each in pictures)
    ]
    return found | {"times nearer": max(nearer)}


def trace(network: nn.Module, file: Path, stride: int) -> Path:
    """Write TorchScript, which says nothing of values."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it is deprecated
        torch.jit.save(torch.jit.trace(network.eval(), traced(stride)), file)
    return file


if __name__ == "__main__":
    main()
