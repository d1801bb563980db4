"""Test numerically whether windows with a halo give the result of the whole image.

Everything outside a window and its halo is set to NaN, which propagates to everything that depends on it, whatever the
weights are. The window must remain free of NaN, and must be the same at another position of the grid. This is
independent of ``tiling.reach`` and verifies it.
"""

from copy import deepcopy
from functools import partial

import torch
from torch import nn

from tilegan.errors import ModelError
from tilegan.tiling.layers import input_channels, layer_name


def probe(generator: nn.Module, halo: int, stride: int, scale: int) -> str:
    """Run a small image at two positions of the grid, with NaN everywhere beyond the halo.

    It runs in float64 on the CPU, where convolutions are plain sums: faster algorithms spread a NaN to neighbors.

    Args:
        generator: float (N, C, h, w) -> (N, 3, h * scale, w * scale); C is 3, or its ``inputs``.
        halo: context around a window, per side, in input pixels; a multiple of ``stride``.
        stride: stride of the generator, in input pixels.
        scale: output pixels per input pixel.

    Returns:
        '' if the window depends neither on pixels beyond the halo nor on its position, else the offending layer.

    Raises:
        ModelError: the generator cannot be run on images of such sides.
    """
    copy = deepcopy(generator).cpu().double().eval()
    inner = 2 * halo + stride
    side, channels = inner + 3 * stride, input_channels(generator)
    random = torch.Generator().manual_seed(0)
    pixels = torch.rand(channels, inner, inner, generator=random, dtype=torch.float64) * 2 - 1
    places = ((stride, stride), (2 * stride, 2 * stride))
    images = torch.full((2, channels, side, side), float("nan"), dtype=torch.float64)
    for image, (top, left) in zip(images, places, strict=True):
        image[:, top : top + inner, left : left + inner] = pixels
    tainted: list[str] = []
    for name, module in copy.named_modules():
        module.register_forward_hook(partial(_note_tainted, tainted, layer_name(name, module)))
    try:
        with torch.no_grad():
            outputs = copy(images)
    except RuntimeError as error:
        raise ModelError(
            f"the generator cannot be run on {side} x {side} pixels: {str(error).splitlines()[0]}"
        ) from error
    windows = []
    for output, place in zip(outputs, places, strict=True):
        top, left = ((edge + halo) * scale for edge in place)
        windows.append(output[:, top : top + stride * scale, left : left + stride * scale])
    first, second = windows
    whole = layer_name("", generator)
    if not (first.isfinite().all() and second.isfinite().all()):
        return tainted[0] if tainted else whole
    return "" if torch.allclose(first, second, rtol=1e-9, atol=1e-9) else whole


def _note_tainted(tainted: list[str], name: str, module: nn.Module, inputs: tuple[object, ...], output: object) -> None:  # noqa: ARG001
    """Record a layer whose output is all NaN although its input is not."""
    if isinstance(output, torch.Tensor) and output.ndim > 1 and not _some_clean(output):
        images = [value for value in inputs if isinstance(value, torch.Tensor) and value.ndim > 1]
        if images and all(_some_clean(image) for image in images):
            tainted.append(name)


def _some_clean(features: torch.Tensor) -> bool:
    return bool(features.isfinite().all(1).any())
