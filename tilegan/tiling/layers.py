"""Copies of networks that share weights or need none, and tracking of the layer that is running."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from copy import deepcopy
from functools import partial
from itertools import chain
from typing import Any

import torch
from torch import nn


def sharing_copy(network: nn.Module) -> nn.Module:
    """Return a copy with its own layers, which shares the weights of the network."""
    return _copy(network, lambda tensor: tensor)


def meta_copy(network: nn.Module) -> nn.Module:
    """Return a copy in evaluation mode on the ``meta`` device, where tensors have no data and passes cost nothing."""
    return _copy(network, lambda tensor: nn.Parameter(torch.empty_like(tensor, device="meta"), False)).eval()


def _copy(network: nn.Module, replacement: Callable[[torch.Tensor], torch.Tensor]) -> nn.Module:
    return deepcopy(
        network, {id(tensor): replacement(tensor) for tensor in chain(network.parameters(), network.buffers())}
    )


def input_channels(generator: nn.Module) -> int:
    """Return the number of image channels that a generator takes: its ``inputs``, 3 if it has no such attribute."""
    return int(getattr(generator, "inputs", 3))


def fixed_side(generator: nn.Module) -> int:
    """Return the side of the only images that a generator takes: its ``fixed_side``; 0 for any."""
    return int(getattr(generator, "fixed_side", 0))


def number_format(network: nn.Module) -> torch.dtype:
    """Return the dtype of the network's weights; float32 if it has none."""
    return next((value.dtype for value in network.parameters() if value.is_floating_point()), torch.float32)


@contextmanager
def running_layer(network: nn.Module) -> Iterator[list[str]]:
    """Within the context, the list contains the running layers, outermost first; the first is the network.

    A layer is named by its dotted name and its class, such as ``body.3.norm (InstanceNorm2d)``.
    """
    names: list[str] = []
    hooks = []
    for name, module in network.named_modules():
        text = layer_name(name, module)
        hooks.append(module.register_forward_pre_hook(partial(_enter, names, text)))
        hooks.append(module.register_forward_hook(partial(_leave, names)))
    try:
        yield names
    finally:
        for hook in hooks:
            hook.remove()


def layer_name(name: str, module: nn.Module) -> str:
    """Return the dotted name of a module, and its class or its ``title``; the network itself has no dotted name."""
    return f"{name} ({getattr(module, 'title', type(module).__name__)})".lstrip()


def _enter(names: list[str], text: str, *_: Any) -> None:
    names.append(text)


def _leave(names: list[str], *_: Any) -> None:
    names.pop()
