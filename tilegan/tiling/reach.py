"""Receptive field, total stride and scale of a generator, computed from the network itself.

A trial pass on torch's ``meta`` device, which has shapes but no data, is traced function by function; the dependencies
of each tensor are propagated by the interval arithmetic of ``tiling.bounds``. Weights are not used: a layer counts as
depending on all pixels that it could depend on.
"""

import math
from collections.abc import Callable, MutableMapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn
from torch.nn import functional as F  # noqa: N812 - the usual name
from torch.overrides import TorchFunctionMode
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves
from torch.utils.weak import WeakTensorKeyDictionary

from tilegan.errors import ModelError
from tilegan.tiling.bounds import RULES, Call, TooLargeError, everything, nothing, pointwise
from tilegan.tiling.layers import fixed_side, input_channels, layer_name, meta_copy, number_format, running_layer

# Sides of the trial image, tried in turn: divisible by most strides, and four times the receptive field.
CANVASES = (768, 3360, 7680)
UP, DOWN, LEFT, RIGHT = range(4)
Known = MutableMapping[torch.Tensor, tuple[torch.Tensor, ...]]


class OtherSizeError(ModelError):
    """A generator makes no image of an integer scale of a trial image."""


@dataclass(frozen=True)
class Reach:
    """Receptive field, stride and scale of a generator.

    Attributes:
        radius: maximum distance from an output pixel's input pixel to those that it depends on, per side, in input
            pixels; 0 if unbounded.
        context: distance beyond the edges of windows that begin and end at multiples of ``stride`` on which they
            depend, per side, rounded up to ``stride``. It can be less than the radius if the pixels with the largest
            receptive field lie inside.
        stride: total stride: the generator is equivariant to shifts by it and takes sides that are multiples of it.
        scale: output pixels per input pixel.
        unbounded: the first layer that depends on the whole image, '' if none does.
    """

    radius: int
    context: int
    stride: int
    scale: int
    unbounded: str = ""

    @property
    def halo(self) -> int:
        """Return the radius, rounded up to the stride."""
        return -(-self.radius // self.stride) * self.stride


def reach(generator: nn.Module) -> Reach:
    """Compute the reach of a generator: (N, C, h, w) -> (N, 3, h * scale, w * scale), C is 3 or its ``inputs``.

    Raises:
        ModelError: the generator has another output, calls a function of unknown reach, or cannot be run on an image of
            any tried size.
    """
    if side := fixed_side(generator):
        return _reach_of_fixed(generator, side)
    failure = ""
    for canvas in CANVASES:
        try:
            trace = follow(generator, canvas)
            found = trace.reach()
        except OtherSizeError as error:  # or where another size comes of such sides
            failure = failure or str(error)
            continue
        except RuntimeError as error:  # for example sides that cannot be halved often enough
            cause = str(error).splitlines()[0]
            failure = failure or f"the generator cannot be traced on an image of {canvas} x {canvas} pixels: {cause}"
            continue
        if trace.hopeless or not found.unbounded or canvas == CANVASES[-1]:
            return found
    raise ModelError(failure)


def _reach_of_fixed(generator: nn.Module, side: int) -> Reach:
    """Return the reach of a generator that takes images of one size only: windows may lie anywhere."""
    with torch.no_grad():
        image = torch.empty((1, input_channels(generator), side, side), device="meta", dtype=number_format(generator))
        shape = list(meta_copy(generator)(image).shape)
    scale = max(1, shape[-1] // side)
    if shape != [1, 3, side * scale, side * scale]:
        raise ModelError(f"the generator makes {shape} of {list(image.shape)}: it should make RGB at an integer scale")
    return Reach(0, 0, 1, scale, f"the fixed size of {side} x {side} pixels")


def follow(generator: nn.Module, canvas: int) -> "Trace":
    """Trace a pass over an image of ``canvas`` x ``canvas`` pixels.

    Raises:
        ModelError: see ``reach``.
        RuntimeError: the generator cannot be run on such an image.
    """
    shape = (1, input_channels(generator), canvas, canvas)
    image = torch.empty(shape, device="meta", dtype=number_format(generator))
    network = meta_copy(generator)
    with torch.no_grad(), running_layer(network) as layers:
        trace = Trace(image, layers)
        with trace, _PlainPadding():
            trace.output = network(image)
    trace.name = layer_name("", generator)
    return trace


class Trace(TorchDispatchMode):
    """Intercepts all function calls and stores the four bounds of every tensor that depends on the image.

    Attributes:
        name: name of the generator.
        output: its output for the trial image.
        stride: the least common multiple of the periods of all tensors, in input pixels.
        unbounded: the first layer that depends on (nearly) the whole image, '' if none does.
        hopeless: whether a larger image would show no more.
    """

    name: str
    output: Any

    def __init__(self, image: torch.Tensor, layers: list[str]) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.shape, self.side, self.layers = list(image.shape), image.shape[-1], layers
        self.stride, self.unbounded, self.hopeless = 1, "", False
        self._of: Known = WeakTensorKeyDictionary()
        positions = torch.arange(self.side, dtype=torch.float32)
        rows, columns = positions.reshape(1, 1, -1, 1), positions.reshape(1, 1, 1, -1)
        self._of[image] = (-rows, rows, -columns, columns)

    def __torch_dispatch__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        """Call the function, then propagate bounds."""
        output = func(*args, **(kwargs or {}))
        call = Call(func, args, kwargs or {}, output)
        known = [leaf for leaf in tree_leaves((args, kwargs)) if isinstance(leaf, torch.Tensor) and leaf in self._of]
        rule = RULES.get(call.name) or (pointwise if torch.Tag.pointwise in func.tags else None)
        if not known and rule not in (everything, nothing):
            return output  # depends on weights only
        if rule is None:
            raise ModelError(f"{self.layers[-1]} calls '{call.name}', whose reach is not known: use another function")
        outputs = output if isinstance(output, (tuple, list)) else (output,)
        sides = [self._follow(call, rule, side) for side in range(4)]
        for number, tensor in enumerate(outputs[: len(sides[0])]):
            bounds = tuple(_fitted(parts[number], tensor) for parts in sides)
            if tensor in self._of and any(tensor is argument for argument in args):
                self._check_alone(call, tensor, bounds)
            self._of[tensor] = bounds
            if not any(_same(bounds, self._of[argument]) for argument in known):
                self._judge(bounds)
        return output

    def _follow(self, call: Call, rule: Any, side: int) -> list[torch.Tensor]:
        def bound(tensor: torch.Tensor) -> torch.Tensor:
            if tensor in self._of:
                return self._of[tensor][side]
            return torch.full([1] * tensor.ndim, float("-inf"))

        try:
            result = rule(call, bound)
        except TooLargeError:
            self._found_unbounded()
            self.hopeless = True
            result = everything(call, bound)
        except NotImplementedError as error:
            raise ModelError(
                f"{self.layers[-1]} calls '{call.name}' on tensors that are not images: its reach is not known"
            ) from error
        return result if isinstance(result, list) else [result]

    def _check_alone(self, call: Call, tensor: torch.Tensor, bounds: tuple[torch.Tensor, ...]) -> None:
        """Refuse a write into a tensor that shares memory with others, whose bounds would change with it."""
        storage = tensor.untyped_storage()._cdata
        shared = any(other is not tensor and other.untyped_storage()._cdata == storage for other in self._of)
        if shared and not _same(bounds, self._of[tensor]):
            raise ModelError(f"{self.layers[-1]} writes into a part of a tensor by '{call.name}': use cat instead")

    def _judge(self, bounds: tuple[torch.Tensor, ...]) -> None:
        """Record the period of a tensor, and whether dependents of the central pixel also depend on an edge."""
        middle, last = self.side // 2, self.side - 1
        for first, second in ((UP, DOWN), (LEFT, RIGHT)):
            start, end = -bounds[first], bounds[second]
            if ((start <= middle) & (end >= middle) & ((start <= 0) | (end >= last))).any():
                self._found_unbounded()
        for bound in bounds:
            for dim in range(bound.ndim):
                if 1 < bound.shape[dim] <= 8 * self.side:
                    others = [other for other in range(bound.ndim) if other != dim]
                    self.stride = math.lcm(self.stride, _period(bound.amax(others), self.side))

    def _found_unbounded(self) -> None:
        self.unbounded = self.unbounded or self.layers[-1]

    def bounds(self) -> tuple[torch.Tensor, ...]:
        """Return the four bounds of the output: up and down for each row, left and right for each column."""
        bounds = self._of.get(self.output, ())
        return tuple(bound.amax([0, 1, 3 if side in (UP, DOWN) else 2]) for side, bound in enumerate(bounds))

    def reach(self) -> Reach:
        """Return the reach; unbounded if the image is too small to determine it.

        Raises:
            OtherSizeError: the output is no image, or its size no integer multiple of the input's.
        """
        shape = list(self.output.shape) if isinstance(self.output, torch.Tensor) else type(self.output).__name__
        scale = max(1, shape[-1] // self.side) if isinstance(shape, list) else 1
        if shape != [1, 3, self.side * scale, self.side * scale]:
            raise OtherSizeError(f"{self.name} makes {shape} of {self.shape}: it should make RGB at an integer scale")
        if self.unbounded:
            return Reach(0, 0, self.stride, scale, self.unbounded)
        radius = context = 0
        quarter = self.side // 4
        pixel = torch.arange(self.side * scale) // scale
        inner = (pixel >= quarter) & (pixel < 3 * quarter)
        cell = pixel // self.stride * self.stride
        for side, bound in enumerate(self.bounds()):
            sign, far_edge = (1, 0) if side in (UP, LEFT) else (-1, self.stride - 1)
            radius = max(radius, *(bound + sign * pixel)[inner].tolist())
            context = max(context, *(bound + sign * (cell + far_edge))[inner].tolist())
        if radius > quarter or self.stride > quarter:
            return Reach(0, 0, self.stride, scale, self.name)
        return Reach(int(radius), -(-int(context) // self.stride) * self.stride, self.stride, scale)


class _PlainPadding(TorchFunctionMode):
    """Replaces circular padding by another: torch writes it in parts into a new tensor, which cannot be traced.

    The kind of padding has no influence on the dependencies of the center.
    """

    def __torch_function__(
        self, func: Callable[..., Any], types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        kwargs = kwargs or {}
        if func is F.pad and "circular" in (*args[2:3], kwargs.get("mode")):
            args, kwargs = args[:2], {**kwargs, "mode": "replicate"}
        return func(*args, **kwargs)


def _same(first: tuple[torch.Tensor, ...], second: tuple[torch.Tensor, ...]) -> bool:
    return all(one is other for one, other in zip(first, second, strict=True))


def _fitted(bound: torch.Tensor, tensor: torch.Tensor) -> torch.Tensor:
    """Return the bound with the tensor's number of dimensions, checked to fit it."""
    if bound.ndim < tensor.ndim:
        bound = bound.reshape([1] * (tensor.ndim - bound.ndim) + list(bound.shape))
    assert all(side in (1, whole) for side, whole in zip(bound.shape, tensor.shape, strict=True)), (
        bound.shape,
        tensor.shape,
    )
    return bound


def _period(bound: torch.Tensor, side: int) -> int:
    """Return the shift in input pixels after which a bound repeats; 1 if it does not."""
    place = bound.abs()
    inner = torch.nonzero((place > side // 4) & (place < side - side // 4)).flatten()
    if len(inner) < 2:
        return 1
    bound = bound[int(inner[0]) : int(inner[-1]) + 1]
    for cells in range(1, len(bound) // 2):
        step = bound[cells] - bound[0]
        if torch.equal(bound[cells:], bound[:-cells] + step):
            return max(1, abs(int(step)))
    return 1
