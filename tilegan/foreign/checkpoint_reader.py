"""Read checkpoints of generators of pytorch-CycleGAN-and-pix2pix and CUT: weights alone, whose names tell the network.

(Zhu et al. 2017, 'Unpaired Image-to-Image Translation using Cycle-Consistent Adversarial Networks'; Isola et al. 2017,
'Image-to-Image Translation with Conditional Adversarial Networks'; Park et al. 2020, 'Contrastive Learning for Unpaired
Image-to-Image Translation'.) Such a file is opened by torch's restricted unpickler (see ``weights``).
"""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch

from tilegan.errors import ModelError
from tilegan.foreign.graph import Node
from tilegan.foreign.read import Array, OtherKindError, Read, Reader, line
from tilegan.foreign.weights import load_state

PREFIXES = ("module.", "netG.", "generator.")  # of names, that wrappers add
SAME: dict[str, Any] = {"pads": [1, 1, 1, 1]}
HALF: dict[str, Any] = {"pads": [1, 1, 1, 1], "strides": [2, 2]}


def read_checkpoint(path: Path) -> Read:
    """Read a checkpoint of a ResNet generator, with 6, 9 or any number of blocks, or of a U-Net.

    Raises:
        ModelError: it is none, or of another network.
    """
    weights = _weights(path)
    made = _Builder(weights)
    if "model.model.0.weight" in weights:
        kind = _built(path, made.unet)
    elif "model.1.weight" in weights and made.first_block:
        kind = _built(path, made.resnet)
    else:
        names = ", ".join(list(weights)[:3])
        raise OtherKindError(f"no generator of CycleGAN, CUT or pix2pix: {path}: it holds {names or 'nothing'}")
    sides = (1, 3, None, None)
    return Read(tuple(made.nodes), made.constants, {"image": sides}, {made.last: sides}, kind)


def _built(path: Path, build: Callable[[], str]) -> str:
    try:
        return build()
    except ModelError:
        raise
    except Exception as error:  # of names or shapes that fit no layer
        raise ModelError(f"no generator of CycleGAN, CUT or pix2pix: {path}: {line(error)}") from error


def _weights(path: Path) -> dict[str, Array]:
    state = load_state(path)
    if isinstance(state.get("state_dict"), dict):
        state = state["state_dict"]
    if not all(isinstance(value, torch.Tensor) for value in state.values()):
        raise OtherKindError(f"no generator of CycleGAN, CUT or pix2pix: {path}: it is no state_dict of one")
    named = {}
    for name, value in state.items():
        for prefix in PREFIXES:
            name = str(name).removeprefix(prefix)
        named[name] = value.detach().float().numpy()
    return named


class _Builder:
    """Adds one node after the other."""

    def __init__(self, weights: dict[str, Array]) -> None:
        self.weights, self.constants = weights, dict(weights)
        self.nodes: list[Node] = []
        self.last = "image"

    @property
    def first_block(self) -> int:
        """Return the number of the first residual block among the layers; 0 if there is none."""
        found = [re.fullmatch(r"model\.(\d+)\.conv_block\..+", name) for name in self.weights]
        return min((int(match[1]) for match in found if match), default=0)

    def add(self, operator: str, *inputs: str, name: str = "", **attributes: Any) -> None:
        """Add an operator on the last value, and what else it takes."""
        output = f"value {len(self.nodes)}"
        label = f"{name or operator} {len(self.nodes)}".replace(".", "/")
        self.nodes.append(Node(operator, label, (self.last, *inputs), (output,), attributes))
        self.last = output

    def constant(self, value: Any) -> str:
        """Add a constant, and return its name."""
        name = f"constant {len(self.constants)}"
        self.constants[name] = np.asarray(value)
        return name

    def convolution(self, name: str, operator: str = "Conv", **attributes: Any) -> None:
        """Add a convolution with its weights."""
        if f"{name}.weight" not in self.weights:
            raise ModelError(f"no generator of CycleGAN, CUT or pix2pix: it has no '{name}.weight'")
        bias = [f"{name}.bias"] if f"{name}.bias" in self.weights else []
        self.add(operator, f"{name}.weight", *bias, name=name, **attributes)

    def norm(self, name: str, channels: int) -> None:
        """Add a batch norm, if there are its statistics, or else an instance norm."""
        ones, zeros = np.ones(channels, np.float32), np.zeros(channels, np.float32)
        gain, bias = (
            f"{name}.{key}" if f"{name}.{key}" in self.weights else self.constant(value)
            for key, value in (("weight", ones), ("bias", zeros))
        )
        if f"{name}.running_mean" in self.weights:
            statistics = (f"{name}.running_mean", f"{name}.running_var")
            self.add("BatchNormalization", gain, bias, *statistics, name=name, epsilon=1e-5)
        else:
            self.add("InstanceNormalization", gain, bias, name=name, epsilon=1e-5)

    def pad(self, side: int, mode: str = "reflect") -> None:
        """Add padding of rows and columns."""
        self.add("Pad", self.constant(np.array([0, 0, side, side] * 2, np.int64)), mode=mode)

    def channels(self, name: str, axis: int = 0) -> int:
        """Return the number of channels that a convolution makes."""
        return int(self.weights[f"{name}.weight"].shape[axis])

    def resnet(self) -> str:
        """Build ``ResnetGenerator``: numbers of layers are those of its Sequential."""
        place, smooth = 4, "model.7.filt" in self.weights
        self.pad(3)
        self.convolution("model.1")
        self.norm("model.2", self.channels("model.1"))
        self.add("Relu")
        while place < self.first_block:
            self.convolution(f"model.{place}", **(SAME if smooth else HALF))
            self.norm(f"model.{place + 1}", self.channels(f"model.{place}"))
            self.add("Relu")
            place += 3
            if smooth:
                self.pad(1)
                self.add("Conv", f"model.{place}.filt", strides=[2, 2], group=len(self.weights[f"model.{place}.filt"]))
                place += 1
        while any(name.startswith(f"model.{place}.conv_block.") for name in self.weights):
            self._block(f"model.{place}.conv_block")
            place += 1
        final = max(int(name.split(".")[1]) for name in self.weights if re.fullmatch(r"model\.\d+\.weight", name))
        while place + 1 < final:
            self._up(place, smooth)
            place += 4 if smooth else 3
        self.pad(3)
        self.convolution(f"model.{final}")
        self.add("Tanh")
        return f"checkpoint of {'CUT' if smooth else 'CycleGAN'}, ResNet"

    def _block(self, name: str) -> None:
        before = self.last
        places = sorted(int(key.split(".")[3]) for key in self.weights if re.fullmatch(rf"{name}\.\d+\.weight", key))
        convolutions = [place for place in places if self.weights[f"{name}.{place}.weight"].ndim == 4]
        if len(convolutions) != 2:
            raise ModelError(f"no generator of CycleGAN, CUT or pix2pix: '{name}' has {len(convolutions)} convolutions")
        for number, place in enumerate(convolutions):
            self.pad(1)
            self.convolution(f"{name}.{place}")
            self.norm(f"{name}.{place + 1}", self.channels(f"{name}.{place}"))
            if not number:
                self.add("Relu")
        self.add("Add", before)

    def _up(self, place: int, smooth: bool) -> None:
        if smooth:
            filters = f"model.{place}.filt"
            self.pad(1, "edge")
            self.add("ConvTranspose", filters, strides=[2, 2], pads=[2, 2, 2, 2], group=len(self.weights[filters]))
            ends = (np.array(value, np.int64) for value in ([1, 1], [-1, -1], [2, 3]))
            self.add("Slice", *(self.constant(value) for value in ends))
            place += 1
            self.convolution(f"model.{place}", **SAME)
            count = self.channels(f"model.{place}")
        else:
            self.convolution(f"model.{place}", "ConvTranspose", **HALF, output_padding=[1, 1])
            count = self.channels(f"model.{place}", 1)
        self.norm(f"model.{place + 1}", count)
        self.add("Relu")

    def unet(self) -> str:
        """Build ``UnetGenerator``: blocks in blocks, each with a skip connection around the inner one."""
        self._skip("model", "outermost")
        self.add("Tanh")
        return "checkpoint of pix2pix, U-Net"

    def _skip(self, name: str, where: str) -> None:
        down, inner = (0, 1) if where == "outermost" else (1, 3)
        before, layers = self.last, f"{name}.model"
        if where != "outermost":
            self.add("LeakyRelu", alpha=0.2)
        self.convolution(f"{layers}.{down}", **HALF)
        innermost = not any(key.startswith(f"{layers}.{inner}.model.") for key in self.weights)
        if not innermost:
            if where != "outermost":
                self.norm(f"{layers}.2", self.channels(f"{layers}.{down}"))
            self._skip(f"{layers}.{inner}", "inner")
        up = 3 if innermost or where == "outermost" else 5
        self.add("Relu")
        self.convolution(f"{layers}.{up}", "ConvTranspose", **HALF)
        if where != "outermost":
            self.norm(f"{layers}.{up + 1}", self.channels(f"{layers}.{up}", 1))
            made, self.last = self.last, before
            self.add("Concat", made, axis=1)


READER = Reader((".pth", ".pt"), read_checkpoint, "checkpoint of CycleGAN, CUT or pix2pix")
