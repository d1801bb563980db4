"""Operators of ONNX that move elements, change shapes, reduce or multiply along axes."""

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch.nn import functional as F  # noqa: N812 - the usual name

from tilegan.foreign.graph import Host
from tilegan.foreign.operators import Attributes, Function, Value, fitted, numbers, possible, static, with_tensors

FEW = 64  # slices that are cut one by one


def _axes(attributes: Attributes, axes: Value) -> list[int]:
    return [int(each) for each in (numbers(axes) if axes is not None else attributes.get("axes") or [])]


def _shape(attributes: Attributes, image: Any) -> Host:
    sides = list(image.shape)
    return np.array(sides[attributes.get("start", 0) : attributes.get("end")], dtype=np.int64)


def _reshape(attributes: Attributes, image: torch.Tensor, shape: Value) -> torch.Tensor:
    sides = [int(side) for side in numbers(shape)]
    if not attributes.get("allowzero"):
        sides = [image.shape[number] if side == 0 else side for number, side in enumerate(sides)]
    return image.reshape(sides)


def _transpose(attributes: Attributes, image: torch.Tensor) -> torch.Tensor:
    if "swap" in attributes:
        return image.transpose(*attributes["swap"])
    return image.permute(attributes.get("perm") or list(range(image.ndim))[::-1])


def _flatten(attributes: Attributes, image: torch.Tensor) -> torch.Tensor:
    axis = attributes.get("axis", 1) % (image.ndim + 1)
    return image.reshape(int(np.prod(image.shape[:axis], dtype=int)), -1)


def _unsqueeze(attributes: Attributes, image: torch.Tensor, axes: Value = None) -> torch.Tensor:
    chosen = _axes(attributes, axes)
    for axis in sorted(axis % (image.ndim + len(chosen)) for axis in chosen):
        image = image.unsqueeze(axis)
    return image


def _squeeze(attributes: Attributes, image: torch.Tensor, axes: Value = None) -> torch.Tensor:
    chosen = [axis % image.ndim for axis in _axes(attributes, axes)]
    chosen = chosen or [axis for axis, side in enumerate(image.shape) if side == 1]
    for axis in sorted(chosen, reverse=True):
        image = image.squeeze(axis)
    return image


def _concat(attributes: Attributes, *images: torch.Tensor) -> torch.Tensor:
    axis = attributes["axis"] % images[0].ndim
    return torch.cat(fitted(*images) if axis < 2 else list(images), axis)


def _split(attributes: Attributes, image: torch.Tensor, sides: Value = None) -> Any:
    axis, parts = attributes.get("axis", 0), [int(side) for side in numbers(sides)] or attributes.get("split")
    if not parts:
        count = attributes.get("num_outputs") or attributes["outputs"]
        side = -(-image.shape[axis] // count)
        parts = [min(side, image.shape[axis] - side * number) for number in range(count)]
    return torch.split(image, parts, axis)


def _splits(attributes: Attributes, image: Value, sides: Value = None) -> Any:
    if isinstance(image, torch.Tensor):
        return _split(attributes, image, sides)
    parts = _split(attributes, torch.from_numpy(np.ascontiguousarray(image)), sides)
    return tuple(part.numpy() for part in parts)


def _slice(
    attributes: Attributes,
    image: torch.Tensor,
    starts: Value = None,
    ends: Value = None,
    axes: Value = None,
    steps: Value = None,
) -> torch.Tensor:
    firsts, lasts = numbers(starts) or attributes["starts"], numbers(ends) or attributes["ends"]
    chosen = _axes(attributes, axes) or list(range(len(firsts)))
    for axis, first, last, step in zip(chosen, firsts, lasts, numbers(steps) or [1] * len(chosen), strict=True):
        places = range(*slice(int(first), int(last), int(step)).indices(image.shape[axis]))
        if int(step) > 0:
            image = image[(slice(None),) * (axis % image.ndim) + (slice(places.start, places.stop, places.step),)]
        else:
            image = _picked(image, list(places), axis)
    return image


def _gather(attributes: Attributes, image: torch.Tensor, places: Value) -> torch.Tensor:
    axis = attributes.get("axis", 0) % image.ndim
    chosen = np.asarray(numbers(places), dtype=np.int64) % image.shape[axis]
    shape = np.shape(places)  # type: ignore[arg-type]
    if not shape:
        return image.select(axis, int(chosen[0]))
    picked = _picked(image, chosen.tolist(), axis)
    return picked.reshape(*image.shape[:axis], *shape, *image.shape[axis + 1 :]) if len(shape) > 1 else picked


def _picked(image: torch.Tensor, places: list[int], axis: int) -> torch.Tensor:
    if not places or len(places) > FEW:
        return image.index_select(axis, torch.tensor(places, dtype=torch.long, device=image.device))
    return torch.cat([image.narrow(axis, place, 1) for place in places], axis)


def _expand(_: Attributes, image: torch.Tensor, shape: Value) -> torch.Tensor:
    sides = np.broadcast_shapes(tuple(image.shape), tuple(int(side) for side in numbers(shape)))
    return image.expand(possible(sides))


def _tile(_: Attributes, image: torch.Tensor, repeats: Value) -> torch.Tensor:
    times = [int(count) for count in numbers(repeats)]
    possible([*image.shape, *times])
    return image.repeat(times)


def _constant_of_shape(attributes: Attributes, shape: Value) -> Host:
    return np.full(possible([int(side) for side in numbers(shape)]), attributes.get("value", 0.0))


def _range(_: Attributes, first: Value, last: Value, step: Value) -> Host:
    start, stop, by = (numbers(value)[0] for value in (first, last, step))
    possible([int((stop - start) / by)])
    return np.arange(start, stop, by)


def _depth_to_space(attributes: Attributes, image: torch.Tensor) -> torch.Tensor:
    side = attributes["blocksize"]
    if attributes.get("mode", "DCR") == "CRD":
        return F.pixel_shuffle(image, side)
    n, c, h, w = image.shape
    parts = image.reshape(n, side, side, c // side**2, h, w).permute(0, 3, 4, 1, 5, 2)
    return parts.reshape(n, c // side**2, h * side, w * side)


def _space_to_depth(attributes: Attributes, image: torch.Tensor) -> torch.Tensor:
    side = attributes["blocksize"]
    if attributes.get("mode", "DCR") == "CRD":
        return F.pixel_unshuffle(image, side)
    n, c, h, w = image.shape
    parts = image.reshape(n, c, h // side, side, w // side, side).permute(0, 3, 5, 1, 2, 4)
    return parts.reshape(n, c * side**2, h // side, w // side)


def _reduce(function: Callable[[torch.Tensor, list[int], bool], torch.Tensor]) -> Function:
    def call(attributes: Attributes, image: torch.Tensor, axes: Value = None) -> torch.Tensor:
        chosen = _axes(attributes, axes)
        if not chosen and attributes.get("noop_with_empty_axes"):
            return image
        return function(image, chosen or list(range(image.ndim)), bool(attributes.get("keepdims", 1)))

    return static(call)


def _root(image: torch.Tensor, axes: list[int], keep: bool) -> torch.Tensor:
    return image.square().sum(axes, keep).sqrt()


def _product(image: torch.Tensor, axes: list[int], keep: bool) -> torch.Tensor:
    for axis in sorted((axis % image.ndim for axis in axes), reverse=True):
        image = image.prod(axis, keep)
    return image


def _gemm(attributes: Attributes, first: torch.Tensor, second: torch.Tensor, bias: Any = None) -> Any:
    first = first.T if attributes.get("transA") else first
    second = second.T if attributes.get("transB") else second
    product = attributes.get("alpha", 1.0) * (first @ second)
    return product if bias is None else product + attributes.get("beta", 1.0) * bias


def _layer_norm(attributes: Attributes, image: torch.Tensor, gain: Any = 1, bias: Any = None) -> Any:
    sides = list(image.shape[attributes.get("axis", -1) % image.ndim :])
    normal = F.layer_norm(image, sides, eps=attributes.get("epsilon", 1e-5)) * gain
    return normal if bias is None else normal + bias


def _group_norm(attributes: Attributes, image: torch.Tensor, gain: Any = None, bias: Any = None) -> Any:
    normal = F.group_norm(image, attributes["num_groups"], eps=attributes.get("epsilon", 1e-5))
    if gain is None:
        return normal
    if gain.numel() != image.shape[1]:  # of groups, before opset 21
        gain, bias = (each.repeat_interleave(image.shape[1] // gain.numel()) for each in (gain, bias))
    shape = [1, -1] + [1] * (image.ndim - 2)
    return normal * gain.reshape(shape) + bias.reshape(shape)


SHAPING: dict[str, Function] = {
    "Shape": _shape,
    "Size": lambda _, image: np.array(int(np.prod(image.shape, dtype=int))),
    "Reshape": static(_reshape),
    "Transpose": static(_transpose),
    "Flatten": static(_flatten),
    "Unsqueeze": static(_unsqueeze),
    "Squeeze": static(_squeeze),
    "Concat": with_tensors(_concat),
    "Split": _splits,
    "Slice": static(_slice),
    "Gather": static(_gather),
    "Expand": static(_expand),
    "Tile": static(_tile),
    "ConstantOfShape": _constant_of_shape,
    "Range": _range,
    "DepthToSpace": static(_depth_to_space),
    "SpaceToDepth": static(_space_to_depth),
    "ReduceMean": _reduce(lambda image, axes, keep: image.mean(axes, keep)),
    "ReduceSum": _reduce(lambda image, axes, keep: image.sum(axes, keep)),
    "ReduceMax": _reduce(lambda image, axes, keep: image.amax(axes, keep)),
    "ReduceMin": _reduce(lambda image, axes, keep: image.amin(axes, keep)),
    "ReduceL2": _reduce(_root),
    "ReduceProd": _reduce(_product),
    "MatMul": with_tensors(lambda _, first, second: first @ second),
    "Gemm": with_tensors(_gemm),
    "LayerNormalization": with_tensors(_layer_norm),
    "GroupNormalization": with_tensors(_group_norm),
}
