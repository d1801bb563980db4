"""Rules that propagate dependencies through torch functions: interval arithmetic on positions.

An element of a tensor depends on a rectangle of the input image, which is stored as four *bounds*: minus its first row,
its last row, minus its first column and its last column. Each bound is a float tensor that broadcasts to the tensor it
describes: it has size 1 along dimensions in which it is constant. With these signs the union of two rectangles is the
maximum of their bounds, and no dependency is minus infinity. So one rule serves all four bounds, and for most functions
the rule is to apply to the bound what is applied to the tensor.

The functions are those of torch's dispatcher (ATen), to which all others are reduced: instance norm appears here as a
batch norm in training with a batch of one, global pooling as a mean, attention as matrix products.
"""

from collections.abc import Callable, Sequence
from functools import reduce
from math import prod
from typing import Any, cast

import numpy as np
import torch
from torch.nn import functional as F  # noqa: N812 - the usual name

NOTHING = float("-inf")
# Bounds with more elements are not propagated: they occur in products of all positions with all others.
LARGEST = 2**22


class TooLargeError(Exception):
    """A bound has too many elements to propagate."""


class Call:
    """One call of a function of the dispatcher, with arguments by name.

    Attributes:
        name: name of the function, without namespace, overload and the final underscore of an in-place function.
        arguments: arguments by their names in the schema, including defaults.
        output: the returned tensor, or the first of several.
    """

    def __init__(self, function: Any, args: Sequence[Any], kwargs: dict[str, Any], output: Any) -> None:
        schema = function._schema
        self.function, self.args, self.kwargs = function, args, kwargs
        self.name = schema.name.split("::")[1].rstrip("_")
        self.arguments = {argument.name: argument.default_value for argument in schema.arguments}
        self.arguments |= dict(zip(self.arguments, args, strict=False)) | kwargs
        self.output = output[0] if isinstance(output, (tuple, list)) else output

    def __getitem__(self, name: str) -> Any:
        return self.arguments[name]

    def pair(self, name: str, default: int = 0) -> tuple[int, int]:
        """Return an argument that has one value per axis or one for both."""
        value = self.arguments.get(name)
        return (value[0], value[-1]) if value else (default, default)


# bound of a tensor (NOTHING if it is independent of the image) -> bound of the output, or of each of several outputs
Bound = Callable[[torch.Tensor], torch.Tensor]
Rule = Callable[[Call, Bound], torch.Tensor | list[torch.Tensor]]


def union(bounds: Sequence[torch.Tensor]) -> torch.Tensor:
    """Return the bound of elements that depend on all of several."""
    if prod(np.broadcast_shapes(*(bound.shape for bound in bounds))) > LARGEST:
        raise TooLargeError
    return reduce(torch.maximum, bounds)


def pointwise(call: Call, bound: Bound) -> torch.Tensor:
    """Each element depends on the elements of the inputs at its position."""
    tensors = [value for value in call.arguments.values() if isinstance(value, torch.Tensor)]
    return union([bound(tensor) for tensor in tensors])


def reshaped(bound: torch.Tensor, old: Sequence[int], new: Sequence[int]) -> torch.Tensor:
    """Return the bound of a tensor of shape ``old`` after reshaping to ``new``."""
    before: list[int] = []
    after: list[int] = []
    i = j = 0
    while i < len(old) or j < len(new):  # the smallest groups of dimensions with equal numbers of elements
        first, second = i, j
        i, j = min(i + 1, len(old)), min(j + 1, len(new))
        while prod(old[first:i]) != prod(new[second:j]) or (i == len(old)) != (j == len(new)):
            if j == len(new) or (i < len(old) and prod(old[first:i]) < prod(new[second:j])):
                i += 1
            else:
                j += 1
        varies = any(side > 1 for side in bound.shape[first:i])
        before += old[first:i] if varies else [1] * (i - first)
        after += new[second:j] if varies else [1] * (j - second)
    if prod(after) > LARGEST:
        raise TooLargeError
    bound = bound.expand(before).reshape(after)
    for dim in range(bound.ndim):  # a dimension may have been split into one that varies and one that does not
        if bound.shape[dim] > 1 and bool((bound == bound.narrow(dim, 0, 1)).all()):
            bound = bound.narrow(dim, 0, 1)
    return bound


def _moved(call: Call, bound: Bound) -> torch.Tensor | list[torch.Tensor]:
    """Elements change their position: the same function applies to the bound."""
    tensor = call["self"]
    moved = call.function(bound(tensor).expand(tensor.shape), *call.args[1:], **call.kwargs)
    return [_narrow(part) for part in moved] if isinstance(moved, (tuple, list)) else _narrow(moved)


def _narrow(bound: torch.Tensor) -> torch.Tensor:
    for dim, stride in enumerate(bound.stride()):
        if stride == 0:  # expanded, so constant
            bound = bound.narrow(dim, 0, 1)
    return bound


def _view(call: Call, bound: Bound) -> torch.Tensor:
    return reshaped(bound(call["self"]), call["self"].shape, call.output.shape)


def _repeat(call: Call, bound: Bound) -> torch.Tensor:
    repeats = call["repeats"]
    inner = bound(call["self"])
    inner = inner.reshape([1] * (len(repeats) - inner.ndim) + list(inner.shape))
    return inner.repeat([times if side > 1 else 1 for times, side in zip(repeats, inner.shape, strict=True)])


def _cat(call: Call, bound: Bound) -> torch.Tensor:
    tensors, dim = call["tensors"], call["dim"]
    if call.name == "stack":
        dim %= tensors[0].ndim + 1
        parts = [(bound(tensor).unsqueeze(dim), 1) for tensor in tensors]
    else:
        parts = [(bound(tensor), tensor.shape[dim]) for tensor in tensors]
    shape = list(np.broadcast_shapes(*(part.select(dim, 0).shape for part, _ in parts)))
    dim %= len(shape) + 1
    if prod(shape) * sum(side for _, side in parts) > LARGEST:
        raise TooLargeError
    return torch.cat([part.expand(*shape[:dim], side, *shape[dim:]) for part, side in parts], dim)


def _reduce(call: Call, bound: Bound) -> torch.Tensor:
    """Reduction along dimensions, which may then be dropped."""
    dims = call.arguments.get("dim")
    return bound(call["self"]).amax(() if dims is None else dims, keepdim=bool(call.arguments.get("keepdim")))


def _along(dims: Callable[[Call], list[int]]) -> Rule:
    """Each element depends on all elements along some dimensions, as in a norm."""
    return lambda call, bound: bound(call.args[0]).amax(dims(call), keepdim=True)


def _batch_norm(call: Call, bound: Bound) -> torch.Tensor:
    inner = bound(call["input"])
    if "no_training" in call.name or not call.arguments.get("training", True):
        return inner
    return inner.amax([dim for dim in range(inner.ndim) if dim != 1], keepdim=True)


def _product(left: str, right: str) -> Rule:
    """Matrix products: row of the left matrix by column of the right one."""

    def rule(call: Call, bound: Bound) -> torch.Tensor:
        parts = [bound(call[left]).amax(-1, keepdim=True), bound(call[right]).amax(-2, keepdim=True)]
        return union(parts if "self" in (left, right) else [*parts, bound(call["self"])])

    return rule


def _windows(
    bound: torch.Tensor,
    sides: Sequence[int],
    kernel: tuple[int, int],
    stride: tuple[int, int],
    padding: tuple[int, int],
    dilation: tuple[int, int] = (1, 1),
) -> torch.Tensor:
    """Return the maximum bound in each window of a convolution or pooling whose output has the given sides."""
    kernel_, stride_, dilation_, pads = [1, 1], [1, 1], [1, 1], [0, 0, 0, 0]
    for axis in (0, 1):
        side = bound.shape[2 + axis]
        if side > 1:
            kernel_[axis], stride_[axis], dilation_[axis] = kernel[axis], stride[axis], dilation[axis]
            needed = (sides[axis] - 1) * stride[axis] + dilation[axis] * (kernel[axis] - 1) + 1
            # F.pad takes the last axis first; the end is padded or cropped to fit the last window
            pads[2 - 2 * axis : 4 - 2 * axis] = [padding[axis], needed - side - padding[axis]]
    return F.max_pool2d(F.pad(bound, pads, value=NOTHING), kernel_, stride_, 0, dilation_)


def _convolution(call: Call, bound: Bound) -> torch.Tensor:
    if call["input"].ndim != 4:
        raise NotImplementedError
    inner = bound(call["input"]).amax(1, keepdim=True)
    kernel = tuple(call["weight"].shape[2:])
    stride, padding, dilation = call.pair("stride"), call.pair("padding"), call.pair("dilation")
    sides = call.output.shape[2:]
    if call["transposed"]:
        for axis in (0, 1):
            side = inner.shape[2 + axis]
            if side > 1:  # a transposed convolution is a convolution over the input with gaps
                gaps = list(inner.shape)
                gaps[2 + axis] = (side - 1) * stride[axis] + 1
                places = torch.arange(side) * stride[axis]
                inner = inner.new_full(gaps, NOTHING).index_copy(2 + axis, places, inner)
        padding = tuple(dilation[axis] * (kernel[axis] - 1) - padding[axis] for axis in (0, 1))
        stride = (1, 1)
    return _windows(inner, sides, kernel, stride, padding, dilation)


def _pool(call: Call, bound: Bound) -> torch.Tensor:
    kernel, padding, dilation = call.pair("kernel_size"), call.pair("padding"), call.pair("dilation", 1)
    stride = call.pair("stride") if call["stride"] else kernel
    return _windows(bound(call["self"]), call.output.shape[-2:], kernel, stride, padding, dilation)


def _pad(call: Call, bound: Bound) -> torch.Tensor:
    pads, inner = list(call.arguments.get("pad") or call["padding"]), bound(call["self"])
    for number in range(len(pads) // 2):
        if inner.shape[-1 - number] == 1:
            pads[2 * number : 2 * number + 2] = [0, 0]
    if call.name == "constant_pad_nd":
        return F.pad(inner, pads, value=NOTHING)
    return cast(torch.Tensor, call.function(inner, pads))


def _resize(taps: list[int]) -> Rule:
    """Interpolation between these input pixels, relative to the one before the output's center."""

    def rule(call: Call, bound: Bound) -> torch.Tensor:
        if call.arguments.get("align_corners"):
            return everything(call, bound)
        return _resized(call, bound(call["self"]), taps)

    return rule


def _resized(call: Call, inner: torch.Tensor, taps: list[int]) -> torch.Tensor:
    center = 0.0 if call.name == "upsample_nearest2d" else 0.5
    shift = 0.0 if len(taps) == 1 else 0.5
    for axis, factor in ((0, call["scales_h"]), (1, call["scales_w"])):
        side, output = inner.shape[2 + axis], call.output.shape[2 + axis]
        if side > 1:
            ratio = 1 / factor if factor else side / output
            place = torch.floor((torch.arange(output, dtype=torch.float64) + center) * ratio - shift).long()
            inner = union([inner.index_select(2 + axis, (place + tap).clamp(0, side - 1)) for tap in taps])
    return inner


def _shuffle(call: Call, bound: Bound) -> torch.Tensor:
    tensor, factor = call["self"], call.arguments.get("upscale_factor") or call["downscale_factor"]
    n, c, h, w = tensor.shape
    if call.name == "pixel_shuffle":
        split, order = (n, c // factor**2, factor, factor, h, w), (0, 1, 4, 2, 5, 3)
    else:
        split, order = (n, c, h // factor, factor, w // factor, factor), (0, 1, 3, 5, 2, 4)
    parts = reshaped(bound(tensor), tensor.shape, split).permute(order)
    return reshaped(parts, [split[dim] for dim in order], call.output.shape)


def _halves(call: Call, bound: Bound) -> torch.Tensor:
    return union([_narrow(half) for half in bound(call["self"]).expand(call["self"].shape).chunk(2, call["dim"])])


def _everywhere(value: float) -> Callable[[Call, Bound], torch.Tensor]:
    return lambda call, bound: torch.full([1] * call.output.ndim, value)  # noqa: ARG005


nothing = _everywhere(NOTHING)  # a constant
everything = _everywhere(float("inf"))  # depends on the whole image, or on the position of a pixel in it


def _names(rule: Rule, names: str) -> dict[str, Rule]:
    return dict.fromkeys(names.split(), rule)


# Functions that torch tags as pointwise need no entry.
RULES: dict[str, Rule] = {
    **_names(pointwise, "_to_copy detach alias lift_fresh copy _prelu_kernel hardswish hardsigmoid contiguous"),
    **_names(_moved, "permute transpose t slice select unsqueeze squeeze expand split split_with_sizes unbind"),
    **_names(_view, "view _unsafe_view reshape _reshape_alias"),
    **_names(_repeat, "repeat"),
    **_names(_cat, "cat stack"),
    **_names(_reduce, "mean sum amax amin max min prod var std var_mean std_mean linalg_vector_norm logsumexp norm"),
    **_names(_along(lambda call: [call["dim"]]), "_softmax _log_softmax _safe_softmax cumsum cumprod"),
    **_names(_along(lambda call: list(range(-len(call["normalized_shape"]), 0))), "native_layer_norm _fused_rms_norm"),
    **_names(_along(lambda call: list(range(1, call["input"].ndim))), "native_group_norm"),
    **_names(_batch_norm, "native_batch_norm _native_batch_norm_legit _native_batch_norm_legit_no_training"),
    **_names(_product("self", "mat2"), "mm bmm"),
    **_names(_product("mat1", "mat2"), "addmm"),
    **_names(_product("batch1", "batch2"), "baddbmm"),
    **_names(_convolution, "convolution"),
    **_names(_pool, "max_pool2d_with_indices avg_pool2d"),
    **_names(_pad, "constant_pad_nd reflection_pad2d replication_pad2d"),
    **_names(_resize([0]), "upsample_nearest2d _upsample_nearest_exact2d"),
    **_names(_resize([0, 1]), "upsample_bilinear2d"),
    **_names(_resize([-1, 0, 1, 2]), "upsample_bicubic2d"),
    **_names(lambda call, bound: bound(call["indices"]).unsqueeze(-1), "embedding"),  # a table has no positions
    **_names(_shuffle, "pixel_shuffle pixel_unshuffle"),
    **_names(_halves, "glu"),
    **_names(nothing, "zeros zeros_like new_zeros ones ones_like new_ones full full_like new_full"),
    **_names(everything, "_adaptive_avg_pool2d adaptive_max_pool2d"),
    **_names(everything, "arange linspace rand rand_like randn randn_like normal uniform bernoulli"),
}
