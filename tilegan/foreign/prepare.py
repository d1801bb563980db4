"""From a network as its file says it to a graph that runs on images of any size, and what its inputs are."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import prod
from pathlib import Path
from typing import Any

import numpy as np
import torch

from tilegan.errors import ModelError, SettingError
from tilegan.foreign.folding import folded, of_any_size, shapes_of, without_repeats
from tilegan.foreign.graph import Graph
from tilegan.foreign.layers import NORM, POOL
from tilegan.foreign.options import AUTO, ImportOptions
from tilegan.foreign.read import Array, Read, line
from tilegan.foreign.statistics import recognized
from tilegan.foreign.values import ORDERS, Values
from tilegan.names import INSTANCE
from tilegan.networks.graph import GraphGenerator
from tilegan.tiling.memory import peak_bytes

MOST_NODES = 20_000  # which take about a minute
MOST_SIDE = 4096  # pixels, of images for which a file may be
MOST_BYTES = 2**32  # of one pass over an image on which a network is tried
SIDE = 256  # pixels, of trial images, where the file says no size
MOST_STYLES = 1024
STYLES = "styles"
Sides = tuple[int | None, ...]


@dataclass(frozen=True)
class Prepared:
    """A network that is ready to be analysed.

    Attributes:
        graph: its graph.
        tensors: its weights, by their names in the graph.
        values: layout; ranges are not known yet.
        style: name of the input that has a share of each style; '' if there is none.
        styles: names of the styles.
        fixed: height and width that the file fixes; None where it does not.
        batched: whether several images can be run at once.
        blended: whether it sees the whole image even with its norms settled.
        side: of the only windows that it takes, in pixels; 0 if it takes any.
    """

    graph: Graph
    tensors: dict[str, torch.Tensor]
    values: Values
    style: str
    styles: tuple[str, ...]
    fixed: tuple[int | None, int | None]
    batched: bool = True
    blended: bool = False
    side: int = 0

    @property
    def statistics(self) -> int:
        """Return the number of norms and means whose statistics have to be settled."""
        return sum(node.operator in (NORM, POOL) for node in self.graph.nodes)

    def architecture(self, values: Values) -> dict[str, Any]:
        """Return the architecture of the generator."""
        named = {"style": self.style, "styles": list(self.styles)} if self.style else {}
        norm = {"norm": INSTANCE} if self.statistics else {}
        return {
            "name": "graph",
            "graph": self.graph.data(),
            "values": values.data(),
            "batched": self.batched,
            **norm,
            **named,
            **({"blended": True} if self.blended else {}),
            **({"side": self.side} if self.side else {}),
        }

    def generator(self, values: Values) -> GraphGenerator:
        """Return the generator, in evaluation mode."""
        arguments = {key: value for key, value in self.architecture(values).items() if key != "name"}
        made = GraphGenerator(**arguments)
        made.load_tensors(self.tensors)
        return made.eval()


def prepared(read: Read, options: ImportOptions) -> Prepared:
    """Prepare a network.

    Raises:
        ModelError: it takes or makes no image, or cannot be run.
        SettingError: an option names nothing in it.
    """
    image = _image(read, options)
    output = options.output_name or next(iter(read.outputs))
    if output not in read.outputs:
        raise SettingError(f"no output '{output}': use {' or '.join(read.outputs)}")
    layout = _layout(read.inputs[image], options.layout)
    style, further = _further(read, image, options)
    free = {style: _first(read.inputs[style])} if style else {}
    whole = replace(read, constants=read.constants | further)
    graph, tensors = folded(whole, image, output, free)
    if len(graph.nodes) > MOST_NODES:
        raise ModelError(f"the network has {len(graph.nodes):,} nodes: {MOST_NODES:,} are possible")
    fixed = _sides(read.inputs[image], layout)
    if max(side or 0 for side in fixed) > MOST_SIDE:
        raise ModelError(f"the file fixes the size of images to {_said(fixed)} pixels: {MOST_SIDE} a side are possible")
    sides = [side or SIDE for side in fixed]
    shapes = shapes_of(graph, _shape(layout, *sides))
    if graph.output not in shapes:
        raise ModelError(f"no node makes the output '{output}'")
    made_layout = _layout(shapes[graph.output], options.layout, layout)
    graph = recognized(without_repeats(of_any_size(graph, shapes)), shapes, tensors)
    styles = tuple(str(number) for number in range(prod(_plain(read.inputs[style])))) if style else ()
    values = Values(
        layout=layout, output_layout=made_layout, order=ORDERS[0] if options.order == AUTO else options.order
    )
    made = Prepared(graph, tensors, values, style, styles, fixed)
    _check_memory(made, sides)
    return replace(made, batched=_is_batched(made))


def _check_memory(network: Prepared, sides: Sequence[int]) -> None:
    """Refuse a network before it takes all memory on an image on which it is tried.

    Raises:
        ModelError: it would, or it cannot be run.
    """
    try:
        taken = peak_bytes(network.generator(network.values), (1, 3, *sides), torch.float32)
    except Exception as error:  # of torch or numpy, by what a damaged file says
        raise ModelError(f"the network cannot be run on {_said(sides)} pixels: {line(error)}") from error
    if taken > MOST_BYTES:
        raise ModelError(
            f"the network takes {taken / 2**30:.1f} GiB for {_said(sides)} pixels: {MOST_BYTES >> 30} GiB are possible"
        )


def _image(read: Read, options: ImportOptions) -> str:
    if options.image is not None:
        if options.image not in read.inputs:
            raise SettingError(f"no input '{options.image}': use {' or '.join(read.inputs)}")
        return options.image
    images = [name for name, sides in read.inputs.items() if len(sides) == 4 and _may_be_image(sides)]
    if len(images) != 1:
        inputs = ", ".join(f"{name} ({_said(sides)})" for name, sides in read.inputs.items())
        raise ModelError(f"which input is the image is not clear: name it with --image: {inputs or 'there is none'}")
    return images[0]


def _may_be_image(sides: Sides) -> bool:
    return any(sides[axis] in (3, None) and sides[other] != 1 for axis, other in ((1, 3), (3, 1)))


def _said(sides: Sequence[int | None]) -> str:
    return " x ".join("any" if side is None else str(side) for side in sides)


def _layout(sides: Sides, asked: str, before: str = "nchw") -> str:
    if asked != AUTO:
        return asked
    if len(sides) != 4 or (sides[1] == 3) == (sides[3] == 3):
        return before
    return "nchw" if sides[1] == 3 else "nhwc"


def _sides(sides: Sides, layout: str) -> tuple[int | None, int | None]:
    return (sides[2], sides[3]) if layout == "nchw" else (sides[1], sides[2])


def _shape(layout: str, height: int, width: int, count: int = 1) -> tuple[int, ...]:
    return (count, 3, height, width) if layout == "nchw" else (count, height, width, 3)


def _plain(sides: Sides) -> tuple[int, ...]:
    return tuple(side or 1 for side in sides)


def _first(sides: Sides) -> Array:
    value = np.zeros(_plain(sides), np.float32)
    value.flat[0] = 1
    return value


def _further(read: Read, image: str, options: ImportOptions) -> tuple[str, dict[str, Array]]:
    """Return the name of the input with shares of styles, and values of all others."""
    name, _, text = (options.given or "").partition("=")
    others = {each: sides for each, sides in read.inputs.items() if each != image}
    if name and name not in others:
        known = " or ".join(others) or "there is no input but the image"
        raise SettingError(f"no further input '{name}': {known}")
    style, values = "", {}
    for each, sides in others.items():
        vector = prod(_plain(sides))
        asked = text if each == name else STYLES if len(sides) == 1 and 1 < vector <= MOST_STYLES else ""
        if asked == STYLES:
            if style:
                raise ModelError(f"both '{style}' and '{each}' may be styles: give one of them: --given {each}=VALUES")
            style = each
        elif not asked:
            shape = _said(sides)
            raise ModelError(f"the network has a further input '{each}' ({shape}): give it: --given {each}=FILE.npy")
        else:
            values[each] = _read_values(each, asked, sides)
    return style, values


def _read_values(name: str, text: str, sides: Sides) -> Array:
    try:
        if text.endswith(".npy"):
            array = np.load(Path(text), allow_pickle=False)
        else:
            array = np.array([float(part) for part in text.split(",")])
        return np.asarray(array, np.float32).reshape(_plain(sides))
    except (OSError, ValueError) as error:
        raise SettingError(f"no values for the input '{name}' ({_said(sides)}): {text}: {error}") from error


def _is_batched(made: Prepared) -> bool:
    """Return whether two images at once give what they give one by one."""
    sides = [side or 64 for side in made.fixed]
    random = torch.Generator().manual_seed(0)
    images = torch.rand((2, 3, *sides), generator=random) * 2 - 1
    try:
        with torch.no_grad():
            network = made.generator(made.values)
            alone = torch.cat([network(image[None]) for image in images])
            both = network(images)
    except Exception:  # what an exporter fixed for one image may fail in any way
        return False
    return both.shape == alone.shape and torch.allclose(both, alone, rtol=1e-3, atol=1e-3)
