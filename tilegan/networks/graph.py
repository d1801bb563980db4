"""A generator that runs a graph."""

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import nn

from tilegan.errors import ModelError
from tilegan.foreign.graph import Graph
from tilegan.foreign.layers import PLACING, SHAPES, Layer, layer_of
from tilegan.foreign.values import Values
from tilegan.networks.capabilities import Capabilities


class GraphGenerator(nn.Module):
    """A network of another program: a graph, and what its values mean.

    Float (N, 3, h, w) in [-1, 1] -> (N, 3, h * scale, w * scale), the same range.

    Attributes:
        inputs: channels of the image.
        fixed_side: of the only images that it takes, in pixels; 0 if it takes any.
        sources: name of the tensor in the file that each entry of ``state_dict`` is taken from.
    """

    def __init__(
        self,
        graph: Mapping[str, Any],
        values: Mapping[str, Any],
        norm: str = "",
        styles: Sequence[str] = (),
        style: str = "",
        batched: bool = True,
        blended: bool = False,
        side: int = 0,
    ) -> None:
        """Build the layers; their weights are not set.

        Args:
            graph: see ``Graph.data``.
            values: see ``Values``.
            norm: kind of the norms and global pools: 'instance' or 'frozen'; '' if there are none.
            styles: names of the styles, among which the tensor ``style`` has a share of each.
            style: name of that tensor; '' if there is none.
            batched: whether several images can be run at once.
            blended: whether it sees the whole image even with its norms settled, so that each window has its own norms.
            side: of the only images that it takes, in pixels; 0 if it takes any.

        Raises:
            ModelError: the graph is damaged, or has an operator that is not supported.
        """
        super().__init__()
        self.inputs, self.fixed_side = 3, side
        self.capabilities = Capabilities(styles=tuple(styles))
        self._arguments = {"graph": graph, "values": values, "norm": norm, "style": style, "batched": batched}
        self._arguments |= {"blended": blended, "side": side}
        self.graph, self.batched, self.style = Graph.of(graph), batched, style
        self.values = Values.of(values)
        layers = _layers(self.graph, norm)
        self.layers = nn.ModuleDict({name: layer.module for name, layer in layers.items()})
        self._inputs = [layer.inputs for layer in layers.values()]
        taken = {name for inputs in self._inputs for name in inputs}
        free = sorted(name for name in self.graph.shapes if name in taken)
        self._numbered = {name: f"t{number}" for number, name in enumerate(free)}  # names may have dots
        self.tensors = nn.ParameterDict(
            {key: nn.Parameter(torch.zeros(self.graph.shapes[name]), False) for name, key in self._numbered.items()}
        )
        self.sources = {f"tensors.{key}": name for name, key in self._numbered.items()}
        for node, layer in layers.items():
            self.sources |= {f"layers.{node}.{key}": name for key, name in layer.weights.items()}
        self._last = _last_uses(self.graph, self._inputs)

    def load_tensors(self, tensors: Mapping[str, torch.Tensor]) -> None:
        """Set the weights from the tensors of a file, by their names in the graph."""
        state = self.state_dict()
        for key, name in self.sources.items():
            state[key] = tensors[name].reshape(state[key].shape).to(state[key].dtype)
        self.load_state_dict(state)

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        """(N, 3, h, w) -> (N, 3, h * scale, w * scale), both in [-1, 1]."""
        inputs = self.values.to_network(image)
        if self.batched or len(inputs) == 1:
            return self.values.from_network(self.run(inputs))
        return self.values.from_network(torch.cat([self.run(each[None]) for each in inputs]))

    def in_style(self, shares: torch.Tensor) -> "GraphGenerator":
        """Return the generator for one style or a mixture, from shares, float (styles,)."""
        made = GraphGenerator(**self._arguments)  # type: ignore[arg-type]
        state = self.state_dict()
        key = f"tensors.{self._numbered[self.style]}"
        made.load_state_dict(state | {key: shares.reshape(state[key].shape).to(state[key])})
        return made

    def run(self, image: torch.Tensor) -> torch.Tensor:
        """Run the graph on an image as the network takes it, and return what it makes."""
        known: dict[str, Any] = {"": None, self.graph.image: image, **self.graph.constants}
        known |= {name: self.tensors[key] for name, key in self._numbered.items()}
        nodes = zip(self.graph.nodes, self.layers.values(), self._inputs, self._last, strict=True)
        del image
        for node, layer, inputs, last in nodes:
            output = layer(*[known[name] for name in inputs])
            outputs = output if isinstance(output, tuple) else (output,)
            known.update(zip(node.outputs, outputs, strict=False))
            del output, outputs
            for name in last:
                del known[name]  # frees memory for the next node
        made: torch.Tensor = known[self.graph.output]
        return made


def _layers(graph: Graph, norm: str) -> dict[str, Layer]:
    sized: set[str] = set()
    layers = {}
    for node in graph.nodes:
        depends = bool(sized.intersection(node.inputs))
        try:
            layers[node.name] = layer_of(node, graph, norm, depends)
        except NotImplementedError as error:
            raise ModelError(f"{node.title} is not supported: {error}") from error
        except (KeyError, ValueError, TypeError, IndexError, RuntimeError) as error:
            raise ModelError(f"damaged graph: {node.title}: {' '.join(str(error).split())[:200]}") from error
        if node.operator in SHAPES or (depends and node.operator not in PLACING - {"Gather", "Slice"}):
            sized.update(node.outputs)
        elif depends and not any(name not in graph.constants and name not in sized for name in node.inputs if name):
            sized.update(node.outputs)  # shapes of shapes
    return layers


def _last_uses(graph: Graph, inputs: Sequence[Sequence[str]]) -> list[list[str]]:
    """Return the values that are not needed after each node."""
    after, last = {graph.output, ""}, []
    for node, taken in zip(reversed(graph.nodes), reversed(inputs), strict=True):
        ends = [name for name in dict.fromkeys((*taken, *node.outputs)) if name not in after and name]
        last.append(ends)
        after.update(taken)
    return last[::-1]


GENERATORS = {"graph": GraphGenerator}
