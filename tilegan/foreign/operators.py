"""Operators of ONNX on single positions and on shapes, as functions of torch.

A value is a tensor, which depends on the image or on weights, or a numpy array, which is a constant or derived from
shapes. Functions are written for tensors; of arrays alone they are computed on the CPU and give arrays.
"""

from collections.abc import Callable, Sequence
from contextvars import ContextVar
from math import prod
from typing import Any

import numpy as np
import torch
from torch.nn import functional as F  # noqa: N812 - the usual name

from tilegan.foreign.graph import Host, host
from tilegan.tiling.unpadded import trim_to

Value = torch.Tensor | Host | None
Attributes = dict[str, Any]
Function = Callable[..., Any]

INTEGERS = {2: (0, 255), 3: (-128, 127), 4: (0, 65535), 5: (-32768, 32767), 6: (-(2**31), 2**31 - 1), 7: None}
BOOLEAN = 9
# whether a file is being read: what it computes without an image are weights and shapes, not features of large windows
READING: ContextVar[bool] = ContextVar("reading", default=False)
MOST, MOST_READING = 2**28, 2**24  # elements of a tensor that is not computed from an image


def possible(sides: Sequence[int]) -> Sequence[int]:
    """Return the sides of a tensor, which should not take all memory because a file asks for it.

    Raises:
        ValueError: it would.
    """
    if prod(sides) > (MOST_READING if READING.get() else MOST):
        raise ValueError(f"a tensor of {list(sides)}")
    return sides


def numbers(value: Value) -> list[Any]:
    """Return the elements of a constant.

    Raises:
        TypeError: it depends on the image.
    """
    if isinstance(value, torch.Tensor):
        raise TypeError("depends on the image where a constant is needed")
    return [] if value is None else list(np.atleast_1d(value).tolist())


def with_tensors(function: Callable[..., torch.Tensor]) -> Function:
    """Make a function of tensors take arrays, and return an array if it is given nothing else."""

    def call(attributes: Attributes, *values: Value) -> Any:
        like = next((value for value in values if isinstance(value, torch.Tensor)), None)
        tensors = [tensor_like(value, like) for value in values]
        if like is not None:
            return function(attributes, *tensors)
        if READING.get():
            possible(function(attributes, *(each if each is None else each.to("meta") for each in tensors)).shape)
        return host(function(attributes, *tensors).numpy())

    return call


def static(function: Callable[..., Any]) -> Function:
    """Make a function of one tensor take an array; all values after the first are constants that say what is done."""

    def call(attributes: Attributes, first: Value, *others: Value) -> Any:
        return with_tensors(lambda attributes, tensor: function(attributes, tensor, *others))(attributes, first)

    return call


def tensor_like(value: Value, like: torch.Tensor | None) -> Any:
    """Return a value as a tensor, on the device and in the float type of another one."""
    if value is None or isinstance(value, torch.Tensor):
        return value
    if like is None:
        return torch.from_numpy(np.ascontiguousarray(value)).reshape(value.shape)
    floating = value.dtype.kind == "f" or (value.dtype.kind == "i" and like.is_floating_point())
    if value.size == 1 and not value.ndim:
        return float(value) if floating else value.item()
    return torch.tensor(value.tolist(), dtype=like.dtype if floating else None, device=like.device)


def fitted(*tensors: Any) -> list[Any]:
    """Crop images of different sizes to the smallest: where padding was removed, skip connections are wider."""
    images = [each for each in tensors if isinstance(each, torch.Tensor) and each.ndim == 4 and min(each.shape[2:]) > 1]
    if len({each.shape[2:] for each in images}) < 2:
        return list(tensors)
    least = min(images, key=lambda each: each.shape[-1] * each.shape[-2])
    return [trim_to(each, least) if any(each is image for image in images) else each for each in tensors]


def _binary(function: Callable[[Any, Any], Any]) -> Function:
    return with_tensors(lambda _, first, second: function(*fitted(first, second)))


def _unary(function: Callable[[torch.Tensor], torch.Tensor]) -> Function:
    return with_tensors(lambda _, image: function(image))


def _divided(attributes: Attributes, first: Any, second: Any) -> Any:
    """Divide; integers by integers to integers, as ONNX does, or to floats (``true``), as torch does."""
    first, second = fitted(first, second)
    integers = [isinstance(each, torch.Tensor) and not each.is_floating_point() for each in (first, second)]
    whole = all(integers) and not attributes.get("true")
    return torch.div(first, second, rounding_mode="trunc") if whole else first / second


def _many(function: Callable[[Any, Any], Any]) -> Function:
    def call(_: Attributes, *values: Any) -> Any:
        first, *others = values
        for other in others:
            if not isinstance(first, torch.Tensor):
                first, other = other, first
            first = function(first, torch.as_tensor(other, dtype=first.dtype, device=first.device))
        return first

    return with_tensors(call)


def _clip(attributes: Attributes, image: Any, low: Value = None, high: Value = None) -> Any:
    bounds = []
    for value, name in ((low, "min"), (high, "max")):
        found = numbers(value) or ([attributes[name]] if name in attributes else [None])
        bounds.append(found[0])
    return image if bounds == [None, None] else image.clamp(*bounds)


def _cast(attributes: Attributes, image: Any) -> Any:
    kind = attributes["to"]
    if kind == BOOLEAN:
        return image.bool()
    if kind in INTEGERS:
        return image.trunc() if image.is_floating_point() else image.long()
    return image if image.is_floating_point() else image.to(torch.get_default_dtype())


def _prelu(_: Attributes, image: Any, slope: Any) -> Any:
    return torch.where(image > 0, image, image * slope)


def _pow(_: Attributes, image: Any, power: Any) -> Any:
    if isinstance(power, float) and power == 2 and isinstance(image, torch.Tensor):
        return image * image
    return torch.pow(image, power)


def _hard_sigmoid(attributes: Attributes, image: torch.Tensor) -> torch.Tensor:
    output: torch.Tensor = image * attributes.get("alpha", 0.2) + attributes.get("beta", 0.5)
    return output.clamp(0, 1)


def _quantize(attributes: Attributes, image: Any, step: Any, zero: Any = 0) -> Any:
    """Clip to the range of the integers; rounding to them is left out, which would make neighbors differ by a step."""
    low, high = attributes["limits"]
    step, zero = (_on_axis(attributes, each, image) for each in (step, zero))
    return ((image / step).clamp(low - zero, high - zero) if _single(zero) else image / step) + zero


def _dequantize(attributes: Attributes, image: Any, step: Any, zero: Any = None) -> Any:
    step, zero = (_on_axis(attributes, each, image) for each in (step, 0 if zero is None else zero))
    floats = image if image.is_floating_point() else image.double()
    return (floats - zero) * step


def _on_axis(attributes: Attributes, value: Any, image: Any) -> Any:
    """Return the values of an axis in a shape that broadcasts to a tensor, or a single one as a number."""
    if not isinstance(value, torch.Tensor):
        return value
    if value.numel() == 1:
        return value.reshape(()) if value.is_meta else value.item()
    shape = [1] * image.ndim
    shape[attributes.get("axis", 1)] = -1
    return value.reshape(shape)


def _single(value: Any) -> bool:
    return not isinstance(value, torch.Tensor)


def _softmax(function: Callable[..., torch.Tensor]) -> Function:
    return with_tensors(lambda attributes, image: function(image, attributes.get("axis", -1)))


POINTWISE: dict[str, Function] = {
    "Add": _binary(lambda a, b: a + b),
    "Sub": _binary(lambda a, b: a - b),
    "Mul": _binary(lambda a, b: a * b),
    "Div": with_tensors(_divided),
    "Mod": _binary(torch.remainder),
    "Pow": with_tensors(_pow),
    "Min": _many(torch.minimum),
    "Max": _many(torch.maximum),
    "Sum": _many(lambda a, b: a + b),
    "Equal": _binary(lambda a, b: a == b),
    "Greater": _binary(lambda a, b: a > b),
    "GreaterOrEqual": _binary(lambda a, b: a >= b),
    "Less": _binary(lambda a, b: a < b),
    "LessOrEqual": _binary(lambda a, b: a <= b),
    "And": _binary(lambda a, b: a & b),
    "Or": _binary(lambda a, b: a | b),
    "Not": _unary(torch.logical_not),
    "Where": with_tensors(lambda _, condition, a, b: torch.where(condition, a, b)),
    "Abs": _unary(torch.abs),
    "Neg": _unary(torch.neg),
    "Exp": _unary(torch.exp),
    "Log": _unary(torch.log),
    "Sin": _unary(torch.sin),
    "Cos": _unary(torch.cos),
    "Erf": _unary(torch.erf),
    "Sign": _unary(torch.sign),
    "Floor": _unary(torch.floor),
    "Ceil": _unary(torch.ceil),
    "Round": _unary(torch.round),
    "Sqrt": _unary(torch.sqrt),
    "Reciprocal": _unary(torch.reciprocal),
    "Identity": _unary(lambda image: image),
    "Dropout": with_tensors(lambda _, image, *others: image),  # noqa: ARG005
    "Relu": _unary(torch.relu),
    "Sigmoid": _unary(torch.sigmoid),
    "Tanh": _unary(torch.tanh),
    "Softplus": _unary(F.softplus),
    "Softsign": _unary(F.softsign),
    "Mish": _unary(F.mish),
    "HardSwish": _unary(F.hardswish),
    "HardSigmoid": with_tensors(_hard_sigmoid),
    "LeakyRelu": with_tensors(lambda attributes, image: F.leaky_relu(image, attributes.get("alpha", 0.01))),
    "Elu": with_tensors(lambda attributes, image: F.elu(image, attributes.get("alpha", 1.0))),
    "Selu": _unary(F.selu),
    "Gelu": with_tensors(lambda attributes, image: F.gelu(image, approximate=attributes.get("approximate", "none"))),
    "PRelu": with_tensors(_prelu),
    "Clip": static(_clip),
    "Cast": with_tensors(_cast),
    "QuantizeLinear": with_tensors(_quantize),
    "DequantizeLinear": with_tensors(_dequantize),
    "Softmax": _softmax(torch.softmax),
    "LogSoftmax": _softmax(torch.log_softmax),
}
