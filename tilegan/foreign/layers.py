"""Nodes of a graph as layers of torch: those with weights, with padding or with statistics of whole images."""

from typing import Any, NamedTuple

import torch
from torch import nn

from tilegan.errors import ModelError
from tilegan.foreign.graph import Graph, Host, Node
from tilegan.foreign.grouped import group_norm
from tilegan.foreign.operators import POINTWISE, Function, Value
from tilegan.foreign.shaping import SHAPING
from tilegan.foreign.spatial import SPATIAL, padding_of, pads_of, transposed_crop
from tilegan.norms.interpolated import Grid
from tilegan.norms.layers import FROZEN, FrozenNorm, Norm, norm_layer

FUNCTIONS: dict[str, Function] = POINTWISE | SHAPING | SPATIAL
NORM, POOL = "InstanceNorm", "GlobalPool"  # what ``statistics`` recognizes, and the machinery of norms settles
SHAPES = ("Shape", "Size")  # what begins at these is a number that depends on the size of the image
# operators that may take such numbers: they only say where elements lie
PLACING = {"Reshape", "Expand", "Resize", "Slice", "Pad", "ConstantOfShape", "Gather", "Split", "Tile", "Upsample"}
PADS = {"reflect": nn.ReflectionPad2d, "edge": nn.ReplicationPad2d, "constant": nn.ZeroPad2d}


class Layer(NamedTuple):
    """A layer, the values that it is called with, and the names of the tensors of its weights, by the layer's names."""

    module: nn.Module
    inputs: tuple[str, ...]
    weights: dict[str, str]


class Operator(nn.Module):
    """An operator without weights of its own.

    Attributes:
        title: what it is called in messages.
        sized: whether it computes with a number that depends on the size of the image.
    """

    def __init__(self, node: Node, sized: bool = False) -> None:
        super().__init__()
        self.title, self.sized = node.operator, sized
        self.function, self.attributes = FUNCTIONS[node.operator], node.attributes

    def forward(self, *values: Value) -> Any:
        """Compute the operator."""
        output = self.function(self.attributes, *values)
        if self.sized and isinstance(output, torch.Tensor):
            # says to ``tiling.reach`` that it depends on more than a neighborhood
            output = output + torch.arange(1, device=output.device).to(output.dtype)
        return output


class InstancePool(Norm):
    """The mean of each channel over the whole image: (N, C, h, w) -> (N, C, 1, 1)."""

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        """(N, C, h, w) -> (N, C, 1, 1)."""
        return features.mean((2, 3), keepdim=True)


class FrozenPool(FrozenNorm):
    """Such means, settled once for an image: the same for all windows."""

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        """(N, C, h, w) -> (N, C, 1, 1)."""
        return self.mean.expand(len(features), -1, -1, -1)

    @torch.no_grad()
    def settle(self, mean: torch.Tensor, variance: torch.Tensor, cell: tuple[int, int] = (0, 0)) -> None:  # noqa: ARG002
        """Set the means, float64 (C,); the variance is not needed."""
        self.mean.copy_(mean.reshape_as(self.mean))


def layer_of(node: Node, graph: Graph, norm: str, sized: bool) -> Layer:
    """Return the layer of a node.

    Args:
        node: the node.
        graph: its graph.
        norm: kind of the norms (see ``norms.layers``).
        sized: whether one of its numbers depends on the size of the image.

    Raises:
        ModelError: the operator is not known.
        NotImplementedError: it has attributes that are not supported.
    """
    if node.operator == NORM:
        gain = {"gain": node.inputs[1]} if len(node.inputs) > 1 else {}
        channels, epsilon = node.attributes["channels"], node.attributes["epsilon"]
        groups = node.attributes.get("groups", channels)
        made = norm_layer(norm, channels, epsilon)
        if groups != channels:
            made = group_norm(norm, channels, groups, epsilon)
        return Layer(made, node.inputs[:1], gain)
    if node.operator == POOL:
        return Layer(_pool(node, norm), node.inputs, {})
    if node.operator not in FUNCTIONS:
        raise ModelError(f"{node.title} is not supported: no operator '{node.operator}'")
    fixed = all(name in graph.shapes for name in node.inputs[1:] if name)
    if node.operator in ("Conv", "ConvTranspose") and fixed:
        return _convolution(node, graph.shapes[node.inputs[1]])
    pad = _padding(node, graph.constants) if node.operator == "Pad" else None
    if pad is not None:
        return Layer(pad, node.inputs[:1], {})
    return Layer(Operator(node, sized and node.operator not in PLACING), node.inputs, {})


def _pool(node: Node, norm: str) -> nn.Module:
    if Grid.named(norm) is not None:
        raise ModelError(f"{node.title} is a mean, which cannot be interpolated: use thumbnail or global")
    return (FrozenPool if norm == FROZEN else InstancePool)(node.attributes["channels"])


def _convolution(node: Node, shape: tuple[int, ...]) -> Layer:
    attributes, (first, second, *kernel) = node.attributes, shape
    group, biased = attributes.get("group", 1), len(node.inputs) > 2 and bool(node.inputs[2])
    common: dict[str, Any] = {
        "kernel_size": tuple(kernel),
        "stride": tuple(attributes.get("strides", [1, 1])),
        "dilation": tuple(attributes.get("dilations", [1, 1])),
        "groups": group,
        "bias": biased,
    }
    names = {"weight": node.inputs[1]} | ({"bias": node.inputs[2]} if biased else {})
    if len(kernel) != 2:
        raise NotImplementedError(f"a convolution over {len(kernel)} axes")
    if node.operator == "Conv":
        top, bottom, left, right = pads_of(attributes, tuple(kernel))
        if (top, left) == (bottom, right):
            return Layer(nn.Conv2d(second * group, first, padding=(top, left), **common), node.inputs[:1], names)
        parts = [nn.ZeroPad2d((left, right, top, bottom)), nn.Conv2d(second * group, first, **common)]
    else:
        common["output_padding"] = tuple(attributes.get("output_padding", [0, 0]))
        top, bottom, left, right = transposed_crop(attributes, tuple(kernel))
        if (top, left) == (bottom, right):
            made = nn.ConvTranspose2d(first, second * group, padding=(top, left), **common)
            return Layer(made, node.inputs[:1], names)
        parts = [nn.ConvTranspose2d(first, second * group, **common), nn.ZeroPad2d((-left, -right, -top, -bottom))]
    place = 1 if node.operator == "Conv" else 0
    return Layer(nn.Sequential(*parts), node.inputs[:1], {f"{place}.{key}": name for key, name in names.items()})


def _padding(node: Node, constants: Any) -> nn.Module | None:
    """Return a layer of torch that pads, which can be removed under a halo; None if there is none of that kind."""
    if any(name not in constants for name in node.inputs[1:] if name):
        return None
    values: list[Host | None] = [constants[name] if name else None for name in node.inputs[1:]]
    pads, filling, axes = [*values, None, None, None][:3]
    mode = node.attributes.get("mode", "constant")
    filled = float(filling.flatten()[0]) if filling is not None and filling.size else node.attributes.get("value", 0)
    if mode not in PADS or (mode == "constant" and filled):
        return None
    try:
        return PADS[mode](padding_of(node.attributes, 4, pads, axes))
    except NotImplementedError:
        return None  # channels last
