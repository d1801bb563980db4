"""A generator without padding: with a halo, padded pixels at the edges would be computed only to be discarded."""

import torch
from torch import nn

from tilegan.tiling.layers import input_channels, meta_copy, number_format, sharing_copy
from tilegan.tiling.places import Shrunk
from tilegan.tiling.reach import CANVASES, Reach, follow

PADS = (nn.ReflectionPad2d, nn.ReplicationPad2d, nn.ZeroPad2d, nn.ConstantPad2d, nn.CircularPad2d)


def trim_to(features: torch.Tensor, other: torch.Tensor) -> torch.Tensor:
    """Crop the center of ``features`` to the size of ``other``, for skip connections around unpadded convolutions.

    (N, C, h, w) and (N, D, h', w') -> (N, C, h', w'), a view; if the sizes are equal, ``features`` itself.
    """
    height, width = other.shape[-2:]
    if features.shape[-2:] == (height, width):
        return features
    top, left = (features.shape[-2] - height) // 2, (features.shape[-1] - width) // 2
    return features[..., top : top + height, left : left + width]


def trim_together(first: torch.Tensor, second: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Crop the center of the larger of two tensors to the size of the smaller one, as ``trim_to``; return both."""
    if first.shape[-2] > second.shape[-2]:
        return trim_to(first, second), second
    return first, trim_to(second, first)


def unpadded(generator: nn.Module, reach: Reach, lost: int | None = None) -> tuple[nn.Module, int] | None:
    """Remove the padding of a generator, if possible: it has to trim its skip connections (see ``trim_to``).

    The output is verified to be the center of the padded one by comparing the dependencies of each pixel.

    Args:
        generator: the generator with padding; it is not changed.
        reach: its reach; bounded.
        lost: result of an earlier verification: number of lost pixels, 0 if padding is needed; None to verify.

    Returns:
        A network that shares the weights of the generator, and the number of output pixels per side by which its
        output is smaller. None if the generator needs padding.
    """
    twin = _without_padding(generator)
    canvas = next((side for side in CANVASES if side >= 8 * (reach.radius + reach.stride)), CANVASES[-1])
    if lost is None:
        lost = _lost(generator, twin, canvas)
    if not lost:
        return None
    _note_lost(generator, twin, canvas)
    return twin, lost


def _lost(generator: nn.Module, twin: nn.Module, canvas: int) -> int:
    """Return by how many pixels per side the twin's output is smaller; 0 if it is not the generator's center."""
    try:
        whole, middle = follow(generator, canvas), follow(twin, canvas)
        full, side = whole.output.shape[-1], middle.output.shape[-1]
        trim = int(full - side) // 2
        inner = slice(side // 4, side - side // 4)
        for padded, plain in zip(whole.bounds(), middle.bounds(), strict=True):
            if not torch.equal(padded[trim : full - trim][inner], plain[inner]):
                return 0
    except Exception:  # the generator may raise anything when its layers return less than expected
        return 0
    return trim


def _without_padding(generator: nn.Module) -> nn.Module:
    twin = sharing_copy(generator)
    for module in list(twin.modules()):
        for name, layer in list(module.named_children()):
            setattr(module, name, _plain(layer))
    return _plain(twin)


def _note_lost(generator: nn.Module, twin: nn.Module, canvas: int) -> None:
    """Set the number of lost positions of layers that need it: the same at either end, as in ``trim_to``."""
    layers = [module for module in twin.modules() if isinstance(module, Shrunk)]
    if layers:
        whole, middle = _heights(generator, canvas), _heights(twin, canvas)
        for layer, full, side in zip(layers, whole, middle, strict=True):
            layer.lost = (full - side) // 2


def _heights(network: nn.Module, canvas: int) -> list[int]:
    """Return the input rows of each such layer, in the order of ``modules``, for an image of ``canvas`` rows."""
    copy = meta_copy(network)
    layers = [module for module in copy.modules() if isinstance(module, Shrunk)]
    found: dict[nn.Module, int] = {}
    for layer in layers:
        layer.register_forward_pre_hook(lambda layer, inputs: found.update({layer: inputs[0].shape[-2]}))
    shape = (1, input_channels(network), canvas, canvas)
    with torch.no_grad():
        copy(torch.empty(shape, device="meta", dtype=number_format(network)))
    return [found[layer] for layer in layers]


def _plain(layer: nn.Module) -> nn.Module:
    """Return the layer without padding."""
    forward = type(layer).forward
    if isinstance(layer, PADS):
        return nn.Identity()
    if isinstance(layer, nn.Conv2d) and forward is nn.Conv2d.forward and layer.padding not in ("valid", (0, 0)):
        # windows must begin at the same phase of the stride, so pixels may have to be removed
        pads = layer._reversed_padding_repeated_twice
        cuts = [-(-pad % layer.stride[1 - number // 2]) for number, pad in enumerate(pads)]
        layer.padding, layer.padding_mode = (0, 0), "zeros"
        return nn.Sequential(nn.ZeroPad2d(tuple(cuts)), layer) if any(cuts) else layer  # type: ignore[arg-type]
    if isinstance(layer, nn.ConvTranspose2d) and forward is nn.ConvTranspose2d.forward:
        # here 'padding' crops the output; the same amount is incomplete at its edges
        layer.padding = tuple(2 * int(side) for side in layer.padding)
    elif isinstance(layer, (nn.MaxPool2d, nn.AvgPool2d)):
        layer.padding = 0
    return layer
