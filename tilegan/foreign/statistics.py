"""Recognize what looks at the whole image and can be settled: instance norms, also in parts, and global means."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import replace

import torch

from tilegan.foreign.graph import Graph, Node
from tilegan.foreign.layers import NORM, POOL

Shape = tuple[int, ...]


def recognized(graph: Graph, shapes: Mapping[str, Shape], tensors: Mapping[str, torch.Tensor]) -> Graph:
    """Return the graph in which norms and means over all positions are nodes whose statistics can be settled.

    Exporters write an instance norm as one node, or as means, differences, squares and roots; and a group norm as an
    instance norm of another shape. These are replaced by one node, so that one statistic is settled for each.

    Args:
        graph: a graph.
        shapes: shapes of its values for some image.
        tensors: its weights.
    """
    graph = _Norms(graph, shapes).replaced()
    made = {name: node for node in graph.nodes for name in node.outputs}
    nodes: list[Node] = []
    for node in graph.nodes:
        norm = _norm_of(node, shapes, tensors, made)
        nodes += _with_bias(norm, graph) if norm is not None else _settled(node, graph, shapes)
    return replace(graph, nodes=tuple(nodes)).used()


def _norm_of(
    node: Node, shapes: Mapping[str, Shape], tensors: Mapping[str, torch.Tensor], made: Mapping[str, Node]
) -> Node | None:
    """Return a norm over all positions for a node; with gain and bias of each channel as further inputs."""
    shape = shapes.get(node.inputs[0], ()) if node.inputs else ()
    attributes = {"channels": shape[1] if len(shape) > 1 else 0, "epsilon": node.attributes.get("epsilon", 1e-5)}
    plain = _is_plain(node, tensors)
    match node.operator:
        case "InstanceNormalization" if len(shape) == 4:
            return Node(NORM, node.name, node.inputs, node.outputs, attributes)
        case "GroupNormalization" if len(shape) == 4 and (plain or shapes[node.inputs[1]] == shape[1:2]):
            attributes["groups"] = node.attributes["num_groups"]
            return Node(NORM, node.name, node.inputs[:1] if plain else node.inputs, node.outputs, attributes)
        case "LayerNormalization" if len(shape) == 4 and plain and node.attributes.get("axis", -1) % 4 in (1, 2):
            attributes |= {"groups": 1} if node.attributes["axis"] % 4 == 1 else {}
            return Node(NORM, node.name, node.inputs[:1], node.outputs, attributes)
        case "Reshape" if len(shape) == 3 and (inner := made.get(node.inputs[0])) is not None:
            return _reshaped_norm(node, inner, shapes, tensors, made)
    return None


def _reshaped_norm(
    node: Node, inner: Node, shapes: Mapping[str, Shape], tensors: Mapping[str, torch.Tensor], made: Mapping[str, Node]
) -> Node | None:
    """Return the group norm that an instance norm of (N, groups, all others) is, once it is reshaped back."""
    before = made.get(inner.inputs[0]) if inner.operator == "InstanceNormalization" else None
    if before is None or before.operator != "Reshape" or not _is_plain(inner, tensors):
        return None
    image = before.inputs[0]
    shape, groups = shapes.get(image, ()), shapes[inner.inputs[0]][1]
    if len(shape) != 4 or shapes.get(node.outputs[0]) != shape or shape[1] % groups:
        return None
    attributes = {"channels": shape[1], "epsilon": inner.attributes.get("epsilon", 1e-5), "groups": groups}
    return Node(NORM, inner.name, (image,), node.outputs, attributes)


def _is_plain(node: Node, tensors: Mapping[str, torch.Tensor]) -> bool:
    """Return whether a norm has neither gain nor bias, or gains of 1 and biases of 0."""
    return all(
        name in tensors and bool((tensors[name] == value).all())
        for name, value in zip(node.inputs[1:3], (1, 0), strict=False)
        if name
    )


def _with_bias(norm: Node, graph: Graph) -> Iterator[Node]:
    """Yield the node of a norm, and those that scale and shift it, if it is attributes gain and bias."""
    image, *factors = norm.inputs
    if not factors:
        yield norm
        return
    gain, bias = factors
    between, inner = f"{norm.outputs[0]}@normal", (image,)
    if gain in graph.shapes:
        inner = (image, gain)  # type: ignore[assignment]
    yield Node(NORM, norm.name, inner, (between,), norm.attributes)
    if gain not in graph.shapes:
        scaled, shaped = f"{norm.outputs[0]}@scaled", f"{norm.outputs[0]}@gain"
        yield Node("Unsqueeze", f"{norm.name}/gain", (gain,), (shaped,), {"axes": [0, 2, 3]})
        yield Node("Mul", f"{norm.name}/scale", (between, shaped), (scaled,), {})
        between = scaled
    shaped = f"{norm.outputs[0]}@bias"
    yield Node("Unsqueeze", f"{norm.name}/shape", (bias,), (shaped,), {"axes": [0, 2, 3]})
    yield Node("Add", f"{norm.name}/bias", (between, shaped), norm.outputs, {})


def _settled(node: Node, graph: Graph, shapes: Mapping[str, Shape]) -> Iterator[Node]:
    """Yield the nodes that replace a mean over all positions; the node itself if it is none."""
    shape = shapes.get(node.inputs[0], ()) if node.inputs else ()
    axes = _mean_axes(node, graph, len(shape))
    if axes == {2, 3}:
        yield from _pool(node, node.inputs[0], shape[1])
    elif axes == {1, 2, 3}:
        yield from _pool_of_all(node, shape[1])
    elif axes == {1, 2}:
        turned = f"{node.outputs[0]}@nchw"
        yield Node("Transpose", f"{node.name}/nchw", node.inputs[:1], (turned,), {"perm": [0, 3, 1, 2]})
        if not node.attributes.get("keepdims", 1):
            yield from _pool(node, turned, shape[3])
        else:
            back = f"{node.outputs[0]}@mean"
            yield from _pool(node._replace(outputs=(back,)), turned, shape[3])
            yield Node("Transpose", f"{node.name}/nhwc", (back,), node.outputs, {"perm": [0, 2, 3, 1]})
    else:
        yield node


def _pool_of_all(node: Node, channels: int) -> Iterator[Node]:
    """Yield the mean of the means of all channels."""
    means = f"{node.outputs[0]}@means"
    yield Node(POOL, node.name, node.inputs[:1], (means,), {"channels": channels})
    kept = bool(node.attributes.get("keepdims", 1))
    axes = [1] if kept else [1, 2, 3]
    yield Node("ReduceMean", f"{node.name}/all", (means,), node.outputs, {"axes": axes, "keepdims": int(kept)})


def _pool(node: Node, image: str, channels: int) -> Iterator[Node]:
    attributes = {"channels": channels}
    if node.attributes.get("keepdims", 1):
        yield Node(POOL, node.name, (image,), node.outputs, attributes)
    else:
        kept = f"{node.outputs[0]}@kept"
        yield Node(POOL, node.name, (image,), (kept,), attributes)
        yield Node("Flatten", f"{node.name}/flat", (kept,), node.outputs, {})


def _mean_axes(node: Node, graph: Graph, sides: int) -> set[int]:
    """Return the axes of a mean of an image; none if the node is no mean."""
    if sides != 4:
        return set()
    if node.operator == "GlobalAveragePool":
        return {2, 3}
    if node.operator != "ReduceMean":
        return set()
    axes = node.attributes.get("axes")
    if len(node.inputs) > 1 and node.inputs[1] in graph.constants:
        axes = graph.constants[node.inputs[1]].flatten().tolist()
    return {int(axis) % sides for axis in axes or range(4)}


class _Norms:
    """Finds norms in parts: ``d = x - mean(x)``, then ``d / sqrt(mean(d * d) + epsilon)`` or a product likewise."""

    def __init__(self, graph: Graph, shapes: Mapping[str, Shape]) -> None:
        self.graph, self.shapes = graph, shapes
        self.users: dict[str, list[Node]] = defaultdict(list)
        for node in graph.nodes:
            for name in dict.fromkeys(node.inputs):
                self.users[name].append(node)

    def replaced(self) -> Graph:
        """Return the graph with one node for each norm."""
        found = {norm.name: norm for node in self.graph.nodes if self._is_mean(node) for norm in self._norm(node)}
        return self.graph.with_nodes(found.get(node.name, node) for node in self.graph.nodes).used()

    def _is_mean(self, node: Node) -> bool:
        kept = bool(node.attributes.get("keepdims", 1))
        return kept and self._axes(node) in ({2, 3}, {1, 2, 3})

    def _axes(self, node: Node) -> set[int]:
        return _mean_axes(node, self.graph, len(self.shapes.get((*node.inputs, "")[0], ())))

    def _norm(self, mean: Node) -> Iterator[Node]:
        image = mean.inputs[0]
        channels = self.shapes[image][1]
        for difference in self._users(mean.outputs[0], "Sub"):
            if difference.inputs != (image, mean.outputs[0]):
                continue
            apart = difference.outputs[0]
            for square in self._squares(apart):
                for variance in filter(self._is_mean, self.users[square]):
                    if self._axes(variance) != self._axes(mean):
                        continue
                    for last, epsilon in self._normalized(apart, variance.outputs[0]):
                        attributes = {"channels": channels, "epsilon": epsilon}
                        attributes |= {"groups": 1} if 1 in self._axes(mean) else {}
                        yield Node(NORM, last.name, (image,), last.outputs, attributes)

    def _squares(self, apart: str) -> Iterator[str]:
        for node in self._users(apart, "Mul", "Pow"):
            if node.inputs == (apart, apart) or (node.operator == "Pow" and self._number(node.inputs[1]) == 2):
                yield node.outputs[0]

    def _normalized(self, apart: str, variance: str) -> Iterator[tuple[Node, float]]:
        """Yield the nodes that divide by the deviation, and what is added to the variance before."""
        safe = [(variance, 0.0)]
        for node in self._users(variance, "Add"):
            others = [self._number(name) for name in node.inputs if name != variance]
            if others and others[0] is not None:
                safe.append((node.outputs[0], others[0]))
        for name, epsilon in safe:
            for root in self._roots(name):
                for node in self._users(root, "Div"):
                    if node.inputs == (apart, root):
                        yield node, epsilon
                    elif self._number(node.inputs[0]) == 1:
                        yield from ((each, epsilon) for each in self._products(apart, node.outputs[0]))
                for node in self._users(root, "Reciprocal"):
                    yield from ((each, epsilon) for each in self._products(apart, node.outputs[0]))

    def _roots(self, name: str) -> Iterator[str]:
        for node in self._users(name, "Sqrt", "Pow"):
            if node.operator == "Sqrt" or self._number(node.inputs[1]) == 0.5:
                yield node.outputs[0]

    def _products(self, apart: str, factor: str) -> Iterator[Node]:
        return (node for node in self._users(factor, "Mul") if set(node.inputs) == {apart, factor})

    def _users(self, name: str, *operators: str) -> Iterator[Node]:
        return (node for node in self.users[name] if node.operator in operators)

    def _number(self, name: str) -> float | None:
        value = self.graph.constants.get(name)
        return float(value.flatten()[0]) if value is not None and value.size == 1 else None
