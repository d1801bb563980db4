"""Write a generator as a program of torch.export (.pt2) for images of any size, and check it by loading it again."""

import json
import warnings
from pathlib import Path
from typing import Any

import torch
from torch import nn
from torch.export import Dim

from tilegan.errors import ModelError
from tilegan.foreign.plain import Plain, traced
from tilegan.foreign.read import FACTS, line

LEAST = 32  # pixels, of the sides of images


def write_pt2(generator: nn.Module, place: Path, stride: int, facts: dict[str, Any]) -> float:
    """Write a generator as a program: float (1, 3, h, w) from 0 to 1 -> (1, 3, h * scale, w * scale), likewise.

    Args:
        generator: float (N, 3, h, w) in [-1, 1] -> (N, 3, h * scale, w * scale), on the CPU in float32.
        place: the file.
        stride: of the generator; h and w are multiples of it, and at least 32.
        facts: metadata, JSON types, which are written to ``tilegan.json`` among the extra files.

    Returns:
        The largest difference between the generator and the loaded program on images of other sizes, in levels of 255.

    Raises:
        ModelError: it cannot be exported.
    """
    network = Plain(generator).eval()
    least = max(1, -(-LEAST // stride))
    sides = {2: stride * Dim("rows", min=least), 3: stride * Dim("columns", min=least)}
    try:
        with warnings.catch_warnings(), torch.no_grad():
            warnings.simplefilter("ignore")
            program = torch.export.export(network, (traced(stride),), dynamic_shapes=(sides,))
            torch.export.save(program, place, extra_files={FACTS: json.dumps(facts)})
            loaded = torch.export.load(place).module()  # it was just written here: nothing in it is of others
            return network.levels_from(loaded, stride)
    except ModelError:
        raise
    except Exception as error:  # torch raises many classes for what it cannot trace
        raise ModelError(f"the network cannot be exported: {line(error)}") from error
