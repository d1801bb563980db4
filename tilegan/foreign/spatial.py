"""Operators of ONNX on neighborhoods: convolutions, pools, padding and resizing, for images (N, C, h, w)."""

from typing import Any

import numpy as np
import torch
from torch.nn import functional as F  # noqa: N812 - the usual name

from tilegan.foreign.operators import Attributes, Function, Value, numbers, static, with_tensors

PADDINGS = {"constant": "constant", "reflect": "reflect", "edge": "replicate", "wrap": "circular"}


def pads_of(attributes: Attributes, kernel: tuple[int, ...]) -> tuple[int, int, int, int]:
    """Return the padding of a convolution or a pool: top, bottom, left and right.

    ``SAME`` pads as for sides that are multiples of the stride.
    """
    stride, dilation = attributes.get("strides", [1, 1]), attributes.get("dilations", [1, 1])
    kind = attributes.get("auto_pad", "NOTSET")
    if kind in ("NOTSET", "VALID"):
        top, left, bottom, right = attributes.get("pads") or [0, 0, 0, 0] if kind == "NOTSET" else [0, 0, 0, 0]
        return top, bottom, left, right
    ends: list[int] = []
    for axis in (0, 1):
        whole = max(0, (kernel[axis] - 1) * dilation[axis] + 1 - stride[axis])
        small, large = whole // 2, whole - whole // 2
        ends += [small, large] if kind == "SAME_UPPER" else [large, small]
    return ends[0], ends[1], ends[2], ends[3]


def transposed_crop(attributes: Attributes, kernel: tuple[int, ...]) -> tuple[int, int, int, int]:
    """Return what a transposed convolution crops of its output: top, bottom, left and right."""
    stride, dilation = attributes.get("strides", [1, 1]), attributes.get("dilations", [1, 1])
    if "output_shape" in attributes:
        raise NotImplementedError("output_shape of a transposed convolution")
    if attributes.get("auto_pad", "NOTSET") in ("NOTSET", "VALID"):
        return pads_of(attributes, kernel)
    more, ends = attributes.get("output_padding", [0, 0]), []
    for axis in (0, 1):
        whole = max(0, (kernel[axis] - 1) * dilation[axis] + 1 + more[axis] - stride[axis])
        small, large = whole // 2, whole - whole // 2
        ends += [small, large] if attributes["auto_pad"] == "SAME_UPPER" else [large, small]
    return ends[0], ends[1], ends[2], ends[3]


def _convolution(attributes: Attributes, image: torch.Tensor, weight: Any, bias: Any = None) -> torch.Tensor:
    top, bottom, left, right = pads_of(attributes, tuple(weight.shape[2:]))
    return F.conv2d(
        F.pad(image, (left, right, top, bottom)),
        weight,
        bias,
        attributes.get("strides", [1, 1]),
        0,
        attributes.get("dilations", [1, 1]),
        attributes.get("group", 1),
    )


def _transposed(attributes: Attributes, image: torch.Tensor, weight: Any, bias: Any = None) -> torch.Tensor:
    top, bottom, left, right = transposed_crop(attributes, tuple(weight.shape[2:]))
    output = F.conv_transpose2d(
        image,
        weight,
        bias,
        attributes.get("strides", [1, 1]),
        0,
        attributes.get("output_padding", [0, 0]),
        attributes.get("group", 1),
        attributes.get("dilations", [1, 1]),
    )
    return output[..., top : output.shape[-2] - bottom, left : output.shape[-1] - right]


def _max_pool(attributes: Attributes, image: torch.Tensor) -> torch.Tensor:
    kernel, dilation = attributes["kernel_shape"], attributes.get("dilations", [1, 1])
    top, bottom, left, right = pads_of(attributes, tuple(kernel))
    if any((top, bottom, left, right)):
        image = F.pad(image, (left, right, top, bottom), value=float("-inf"))
    ceil = bool(attributes.get("ceil_mode"))
    return F.max_pool2d(image, kernel, attributes.get("strides", [1, 1]), 0, dilation, ceil)


def _average_pool(attributes: Attributes, image: torch.Tensor) -> torch.Tensor:
    kernel, stride = attributes["kernel_shape"], attributes.get("strides", [1, 1])
    top, bottom, left, right = pads_of(attributes, tuple(kernel))
    counted, ceil = bool(attributes.get("count_include_pad")), bool(attributes.get("ceil_mode"))
    if (top, left) == (bottom, right) and 2 * top <= kernel[0] and 2 * left <= kernel[1]:
        return F.avg_pool2d(image, kernel, stride, (top, left), ceil, counted)
    if not counted:
        raise NotImplementedError("an average pool whose padding is not the same on both sides")
    return F.avg_pool2d(F.pad(image, (left, right, top, bottom)), kernel, stride, 0, ceil)


def padding_of(attributes: Attributes, sides: int, pads: Value, axes: Value = None) -> tuple[int, int, int, int]:
    """Return the padding of images by Pad: left, right, top and bottom, as torch takes it.

    Raises:
        NotImplementedError: other dimensions are padded.
    """
    amounts = [int(pad) for pad in numbers(pads)] or attributes["pads"]
    chosen = [int(axis) % sides for axis in numbers(axes)] or list(range(sides))
    found = {axis: (amounts[number], amounts[number + len(chosen)]) for number, axis in enumerate(chosen)}
    if sides != 4 or any(found.get(axis, (0, 0)) != (0, 0) for axis in (0, 1)):
        raise NotImplementedError("padding of other than rows and columns")
    top, bottom = found.get(2, (0, 0))
    left, right = found.get(3, (0, 0))
    return left, right, top, bottom


def _pad(
    attributes: Attributes, image: Any, pads: Value = None, value: Value = None, axes: Value = None
) -> torch.Tensor:
    mode = PADDINGS[attributes.get("mode", "constant")]
    amounts = [int(pad) for pad in numbers(pads)] or attributes["pads"]
    if (
        image.ndim == 4
        and len(amounts) == 8
        and axes is None
        and any(amounts[1::4])
        and not any(amounts[::4] + amounts[3::4])
    ):
        turned = image.permute(0, 3, 1, 2)  # channels last
        moved = np.array([amounts[axis + end] for end in (0, 4) for axis in (0, 3, 1, 2)])
        return _pad(attributes, turned, moved, value).permute(0, 2, 3, 1)
    ends = padding_of(attributes, image.ndim, pads, axes)
    if mode != "constant":
        return F.pad(image, ends, mode)
    filling = numbers(value) or [attributes.get("value", 0.0)]
    return F.pad(image, ends, "constant", float(filling[0]))


def _resize(attributes: Attributes, image: torch.Tensor, *values: Value) -> torch.Tensor:
    scales, sizes = numbers(values[0 if len(values) == 1 else 1]), numbers(values[2] if len(values) > 2 else None)
    scales = scales or attributes.get("scales", [])
    if image.ndim != 4 or attributes.get("axes") not in (None, [2, 3], [0, 1, 2, 3]):
        raise NotImplementedError("resizing of other than rows and columns")
    if sizes:
        target: dict[str, Any] = {"size": [int(side) for side in sizes[-2:]]}
        ratios = [side / old for side, old in zip(target["size"], image.shape[2:], strict=True)]
    else:
        ratios = [float(scale) for scale in scales[-2:]]
        target = {"scale_factor": ratios}
    if ratios == [1, 1]:
        return image
    mode, places = attributes.get("mode", "nearest"), attributes.get("coordinate_transformation_mode", "half_pixel")
    if mode == "nearest":
        return F.interpolate(image, **target, mode=_nearest(attributes, places, ratios))
    if places not in ("half_pixel", "pytorch_half_pixel", "align_corners"):
        raise NotImplementedError(f"resizing '{mode}' at '{places}' positions")
    if mode == "cubic" and attributes.get("cubic_coeff_a", -0.75) != -0.75:
        raise NotImplementedError("cubic resizing with another coefficient than -0.75")
    kind = {"linear": "bilinear", "cubic": "bicubic"}[mode]
    aligned, smooth = places == "align_corners", bool(attributes.get("antialias"))
    return F.interpolate(image, **target, mode=kind, align_corners=aligned, antialias=smooth)


def _nearest(attributes: Attributes, places: str, ratios: list[float]) -> str:
    rounding = attributes.get("nearest_mode", "round_prefer_floor")
    if all(ratio >= 1 and ratio == int(ratio) for ratio in ratios):
        return "nearest"  # each pixel is repeated, whatever the rule
    if places == "asymmetric" and rounding == "floor":
        return "nearest"
    if places in ("half_pixel", "pytorch_half_pixel") and all((1 / ratio) % 2 == 1 for ratio in ratios):
        return "nearest-exact"
    raise NotImplementedError(f"nearest resizing by {ratios} at '{places}' positions, rounded by '{rounding}'")


def _upsample(attributes: Attributes, image: torch.Tensor, scales: Value = None) -> torch.Tensor:
    return _resize(
        attributes | {"coordinate_transformation_mode": "asymmetric", "nearest_mode": "floor"}, image, scales
    )


def _instance_norm(attributes: Attributes, image: torch.Tensor, gain: Any = None, bias: Any = None) -> torch.Tensor:
    return F.instance_norm(image, weight=gain, bias=bias, eps=attributes.get("epsilon", 1e-5))


def _batch_norm(
    attributes: Attributes, image: torch.Tensor, gain: Any, bias: Any, mean: Any, variance: Any
) -> torch.Tensor:
    if attributes.get("training_mode"):
        raise NotImplementedError("a batch norm in training")
    shape = [1, -1] + [1] * (image.ndim - 2)
    factor = gain * torch.rsqrt(variance + attributes.get("epsilon", 1e-5))
    output: torch.Tensor = image * factor.reshape(shape) + (bias - mean * factor).reshape(shape)
    return output


def _global(name: str) -> Function:
    def call(_: Attributes, image: torch.Tensor) -> torch.Tensor:
        axes = list(range(2, image.ndim))
        return image.mean(axes, True) if name == "mean" else image.amax(axes, True)

    return call


SPATIAL: dict[str, Function] = {
    "Conv": with_tensors(_convolution),
    "ConvTranspose": with_tensors(_transposed),
    "MaxPool": static(_max_pool),
    "AveragePool": static(_average_pool),
    "GlobalAveragePool": static(_global("mean")),
    "GlobalMaxPool": static(_global("max")),
    "Pad": static(_pad),
    "Resize": static(_resize),
    "Upsample": static(_upsample),
    "InstanceNormalization": with_tensors(_instance_norm),
    "BatchNormalization": with_tensors(_batch_norm),
}
