"""Trial passes: a network run without numbers, and which of its layers is running, to name it in messages."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import torch
from torch import nn
from torch.func import functional_call


def run_on_meta(network: nn.Module, image: torch.Tensor) -> Any:
    """What the network in evaluation makes of a tensor on the ``meta`` device, which has shapes and no numbers.

    The network's own tensors stay where they are.

    Raises:
        RuntimeError: it cannot be run on such an image.
    """
    tensors = {**dict(network.named_parameters()), **dict(network.named_buffers())}
    shapes = {name: torch.empty_like(value, device="meta") for name, value in tensors.items()}
    training = [module for module in network.modules() if module.training]
    network.eval()
    try:
        with torch.no_grad():
            return functional_call(network, shapes, (image,))
    finally:
        for module in training:
            module.training = True


def number_format(network: nn.Module) -> torch.dtype:
    """The number format of the network's weights; float32 if it has none."""
    return next((value.dtype for value in network.parameters() if value.is_floating_point()), torch.float32)


@contextmanager
def running_layer(network: nn.Module) -> Iterator[list[str]]:
    """While the context lasts, the list holds the layers that are running, outermost first; the first is the network.

    A layer is called by its dotted name and its class, such as ``body.3.norm (InstanceNorm2d)``.
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
    """Dotted name and class of a module; the network itself has no dotted name."""
    return f"{name} ({type(module).__name__})".lstrip()


def _enter(names: list[str], text: str, *_: Any) -> None:
    names.append(text)


def _leave(names: list[str], *_: Any) -> None:
    names.pop()
