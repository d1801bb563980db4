"""From a network as its file says it to a graph: what depends on constants alone is computed once."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from math import prod
from typing import Any

import numpy as np
import torch

from tilegan.errors import ModelError
from tilegan.foreign.graph import Graph, Host, Node, host
from tilegan.foreign.layers import FUNCTIONS
from tilegan.foreign.operators import MOST_READING, READING
from tilegan.foreign.read import Array, Read, line

LARGER = 16  # times the elements of a file, that all that is computed of its constants may have
MOST = 2**16  # elements of a constant that is no weight
# places of inputs that say what is done, and are no weights
STATIC = {
    "Resize": (1, 2, 3),
    "Upsample": (1,),
    "Pad": (1, 2, 3),
    "Clip": (1, 2),
    "Range": (0, 1, 2),
}
WEIGHTED = ("Conv", "ConvTranspose", "InstanceNormalization", "BatchNormalization", "InstanceNorm")
Shape = tuple[int, ...]


def folded(read: Read, image: str, output: str, free: Mapping[str, Array]) -> tuple[Graph, dict[str, torch.Tensor]]:
    """Return the graph of a network, and its weights, float32.

    Args:
        read: the network; all inputs but the image are among its constants, or ``free``.
        image: name of the input that is the image.
        output: name of the output.
        free: further tensors that may be replaced later, so that nothing is folded that depends on them.

    Raises:
        ModelError: a node cannot be computed.
    """
    known: dict[str, Array] = dict(read.constants)
    most = max(MOST_READING, LARGER * sum(value.size for value in known.values()))
    nodes, computed = [], 0
    for node in read.nodes:
        if all(not name or name in known for name in node.inputs):
            outputs = _computed(node, [host(known[name]) if name else None for name in node.inputs])
            known |= dict(zip(node.outputs, outputs, strict=False))
            computed += sum(value.size for value in outputs)
            if computed > most:
                raise ModelError(f"{node.title} cannot be computed: constants are far larger than the file's weights")
        else:
            nodes.append(node)
    known |= free
    return _sorted(Graph(image, output, tuple(nodes), {}, {}).used(), known)


def _computed(node: Node, values: list[Host | None]) -> tuple[Array, ...]:
    try:
        found = _result(node, values)
    except Exception as error:  # of torch or numpy, by what a damaged file says
        raise ModelError(f"{node.title} cannot be computed: {line(error)}") from error
    return found if isinstance(found, tuple) else (found,)


def _result(node: Node, values: Sequence[Any]) -> Any:
    """Compute a node, without more memory than a file may ask for."""
    reading = READING.set(True)
    try:
        return FUNCTIONS[node.operator](node.attributes, *values)
    finally:
        READING.reset(reading)


def _sorted(graph: Graph, known: Mapping[str, Array]) -> tuple[Graph, dict[str, torch.Tensor]]:
    """Divide what is known into constants and weights."""
    constants: dict[str, Host] = {}
    tensors: dict[str, torch.Tensor] = {}
    nodes = []
    for node in graph.nodes:
        inputs = []
        for place, name in enumerate(node.inputs):
            if name not in known:
                inputs.append(name)
                continue
            value, label = known[name], name
            single = value.size == 1 and value.ndim == 0
            if value.dtype.kind != "f" or place in STATIC.get(node.operator, ()):
                is_host = True
            else:
                is_host = single and node.operator not in WEIGHTED
            if is_host:
                if value.size > MOST:
                    raise ModelError(f"{node.title} takes {value.size} integers: only images can be as large")
                label = f"{name}@host"
                constants[label] = host(value)
            else:
                tensors[label] = torch.from_numpy(np.array(value, dtype=np.float32))
            inputs.append(label)
        nodes.append(node._replace(inputs=tuple(inputs)))
    shapes = {name: tuple(value.shape) for name, value in tensors.items()}
    return replace(graph, nodes=tuple(nodes), constants=constants, shapes=shapes), tensors


def shapes_of(graph: Graph, image: Shape) -> dict[str, Shape]:
    """Return the shapes of all values for an image of the given shape, as the network takes it.

    Raises:
        ModelError: the node that cannot be run.
    """
    known: dict[str, Any] = {"": None, **graph.constants}
    known |= {name: torch.empty(shape, device="meta") for name, shape in graph.shapes.items()}
    known[graph.image] = torch.empty(image, device="meta")
    for node in graph.nodes:
        try:
            with torch.no_grad():
                found = _result(node, [known[name] for name in node.inputs])
        except Exception as error:
            raise ModelError(f"{node.title} cannot be run on an image of {list(image)}: {line(error)}") from error
        known.update(zip(node.outputs, found if isinstance(found, tuple) else (found,), strict=False))
    return {name: tuple(value.shape) for name, value in known.items() if value is not None}


def of_any_size(graph: Graph, shapes: Mapping[str, Shape]) -> Graph:
    """Return the graph with factors in place of the sizes that an exporter wrote down for one size of the image."""
    nodes, constants = [], dict(graph.constants)
    for node in graph.nodes:
        if node.operator == "Resize" and len(node.inputs) > 3 and node.inputs[3] in graph.constants:
            sizes, old = graph.constants[node.inputs[3]].tolist(), shapes[node.inputs[0]]
            factors = [new / side for new, side in zip(sizes[-2:], old[-2:], strict=True)]
            label = f"{node.name}@factors"
            constants[label] = np.array([1.0, 1.0, *factors])
            node = node._replace(inputs=(node.inputs[0], "", label))
        nodes.append(node)
    return replace(graph, nodes=tuple(nodes), constants=constants).used()


def without_repeats(graph: Graph) -> Graph:
    """Return the graph with each computation only once, so that no statistic has to be settled twice."""
    values = {name: f"{array.dtype} {array.tolist()}" for name, array in graph.constants.items()}
    same: dict[str, str] = {}
    first: dict[str, Node] = {}
    nodes = []
    for node in graph.nodes:
        node = node._replace(inputs=tuple(same.get(name, name) for name in node.inputs))
        key = repr((node.operator, [values.get(name, name) for name in node.inputs], node.attributes))
        found = first.setdefault(key, node)
        if found is node:
            nodes.append(node)
        else:
            same |= dict(zip(node.outputs, found.outputs, strict=False))
    output = same.get(graph.output, graph.output)
    return replace(graph, nodes=tuple(nodes), output=output).used()


def elements(shapes: Mapping[str, Shape]) -> int:
    """Return the number of weights."""
    return sum(prod(shape) for shape in shapes.values())
