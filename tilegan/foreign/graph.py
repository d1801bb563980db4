"""A network as data: nodes, each with a named operator, between named values."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from math import prod
from typing import Any, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from tilegan.errors import ModelError

MOST = 2**31  # weights
Host = NDArray[Any]  # a constant or a shape: integers, booleans or few floats, never on a device


class Node(NamedTuple):
    """One operator with its inputs and outputs.

    Attributes:
        operator: its name, as in ONNX, or ``InstanceNorm`` or ``GlobalPool`` for what ``statistics`` recognizes.
        name: the name of the node, unique in the graph.
        inputs: names of values; '' for one that is left out.
        outputs: names of values.
        attributes: of JSON types.
    """

    operator: str
    name: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    attributes: dict[str, Any]

    @property
    def title(self) -> str:
        """Return name and operator as messages show them."""
        return f"{self.name} ({self.operator})"


@dataclass(frozen=True)
class Graph:
    """Nodes in the order of execution.

    Attributes:
        image: name of the input that is the image.
        output: name of the value that is the result.
        nodes: the nodes.
        constants: constants that are needed to determine shapes, and single numbers.
        shapes: shapes of all tensors that are weights, by name.
    """

    image: str
    output: str
    nodes: tuple[Node, ...]
    constants: Mapping[str, Host]
    shapes: Mapping[str, tuple[int, ...]]

    def with_nodes(self, nodes: Iterable[Node]) -> Self:
        """Return the graph with other nodes."""
        return replace(self, nodes=tuple(nodes))

    def used(self) -> Self:
        """Return the graph without nodes, constants and tensors that the output does not depend on."""
        wanted, kept = {self.output}, []
        for node in reversed(self.nodes):
            if wanted.intersection(node.outputs):
                kept.append(node)
                wanted.update(node.inputs)
        return replace(
            self,
            nodes=tuple(reversed(kept)),
            constants={name: value for name, value in self.constants.items() if name in wanted},
            shapes={name: shape for name, shape in self.shapes.items() if name in wanted},
        )

    def data(self) -> dict[str, Any]:
        """Return the graph as JSON types."""
        return {
            "image": self.image,
            "output": self.output,
            "nodes": [[*node[:2], list(node.inputs), list(node.outputs), node.attributes] for node in self.nodes],
            "constants": {
                name: [value.dtype.name, list(value.shape), value.flatten().tolist()]
                for name, value in self.constants.items()
            },
            "shapes": {name: list(shape) for name, shape in self.shapes.items()},
        }

    @classmethod
    def of(cls, data: Mapping[str, Any]) -> Self:
        """Return the graph of JSON types.

        Raises:
            ModelError: they are no graph.
        """
        try:
            nodes = [
                Node(str(operator), str(name), tuple(map(str, inputs)), tuple(map(str, outputs)), dict(attributes))
                for operator, name, inputs, outputs, attributes in data["nodes"]
            ]
            constants = {
                str(name): np.array(values, dtype=_KINDS[kind]).reshape(shape)
                for name, (kind, shape, values) in data["constants"].items()
            }
            shapes = {str(name): tuple(int(side) for side in shape) for name, shape in data["shapes"].items()}
            made = cls(str(data["image"]), str(data["output"]), tuple(nodes), constants, shapes)
        except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
            raise ModelError(f"damaged graph: {' '.join(str(error).split())[:200]}") from error
        made.check()
        return made

    def check(self) -> None:
        """Refuse a graph in which a node takes what no earlier one makes.

        Raises:
            ModelError: the node and the value.
        """
        elements = sum(prod(shape) if min(shape, default=0) >= 0 else MOST + 1 for shape in self.shapes.values())
        if elements > MOST:
            raise ModelError("damaged graph: its tensors have no possible shapes")
        known = {"", self.image, *self.constants, *self.shapes}
        names = [node.name for node in self.nodes]
        if len(set(names)) != len(names):
            raise ModelError("damaged graph: two nodes have one name")
        for node in self.nodes:
            if missing := set(node.inputs) - known:
                raise ModelError(f"damaged graph: {node.title} takes '{min(missing)}', which no node before it makes")
            known.update(node.outputs)
        if self.output not in known:
            raise ModelError(f"damaged graph: no node makes its output '{self.output}'")


_KINDS = {"int64": np.int64, "bool": np.bool_, "float64": np.float64}


def host(value: Any) -> Host:
    """Return an array in one of the three types of constants: int64, float64 or bool."""
    array = np.asarray(value)
    if array.dtype.kind == "b":
        return array
    return array.astype(np.int64 if array.dtype.kind in "iu" else np.float64)
