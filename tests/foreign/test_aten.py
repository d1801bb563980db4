"""Operators of torch in graphs, against torch itself: each is traced, saved as TorchScript, and read."""

import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn
from torch.nn import functional as F  # noqa: N812 - the usual name

from tilegan.errors import ModelError
from tilegan.foreign.folding import folded
from tilegan.foreign.torchscript_reader import read_torchscript
from tilegan.foreign.values import Values
from tilegan.networks.graph import GraphGenerator

Function = Callable[[torch.Tensor], torch.Tensor]
torch.manual_seed(0)
WEIGHT, SIX, VECTOR = torch.randn(6, 3, 3, 3), torch.randn(6), torch.rand(3) + 0.5


def partial_change(x: torch.Tensor) -> torch.Tensor:
    y = x * 1
    y[:, :1].relu_()
    return y


CASES: dict[str, Function] = {
    "pointwise": lambda x: F.silu(x) + F.elu(x) * F.gelu(x) - F.hardtanh(x) / (x.abs().sqrt() + 1),
    "activations": lambda x: F.relu6(x) + F.leaky_relu(x, 0.2) + F.softplus(x) + F.hardswish(x) + F.hardsigmoid(x),
    "prelu": lambda x: F.prelu(x, VECTOR),
    "alpha": lambda x: torch.add(x, x.sin(), alpha=3) + torch.sub(x, x.cos(), alpha=0.5) + (2 - x) + torch.rsub(x, x),
    "compared": lambda x: torch.where(x > 0.5, x, x * x) + x.masked_fill(x < 0, 2.0) + (x != 0).float(),
    "clamped": lambda x: x.clamp(min=-0.5) + x.clamp(max=0.5) + torch.maximum(x, x.neg()).rsqrt().clamp(0, 9),
    "in place": lambda x: (x * 1).add_(1).mul_(x).relu_(),
    "convolution": lambda x: F.conv2d(x, WEIGHT, SIX, stride=2, padding=1),
    "same": lambda x: F.conv2d(x, WEIGHT, padding="same", dilation=2),
    "groups": lambda x: F.conv2d(x, WEIGHT[:3, :1], groups=3, padding=(1, 0)),
    "transposed": lambda x: F.conv_transpose2d(x, WEIGHT[:3], stride=2, padding=1, output_padding=1),
    "pools": lambda x: F.max_pool2d(x, 2) + F.avg_pool2d(x, 3, 2, 1) + F.avg_pool2d(x, 2, count_include_pad=False),
    "global": lambda x: F.adaptive_avg_pool2d(x, 1) + F.adaptive_max_pool2d(x, 1),
    "padded": lambda x: F.pad(x, (1, 2, 3, 0), "reflect") + F.pad(x, (1, 2, 3, 0), value=2.0),
    "edge": lambda x: F.pad(x, (1, 2, 3, 0), "replicate"),
    "nearest": lambda x: F.interpolate(x, scale_factor=2),
    "bilinear": lambda x: F.interpolate(x, scale_factor=2, mode="bilinear"),
    "bicubic": lambda x: F.interpolate(x, size=(24, 32), mode="bicubic", align_corners=True),
    "shuffled": lambda x: F.pixel_unshuffle(F.pixel_shuffle(torch.cat([x, x, x, x], 1), 2), 4),
    "group norm": lambda x: F.group_norm(torch.cat([x, x * 2], 1), 2, SIX, SIX),
    "instance norm": lambda x: F.instance_norm(x, weight=VECTOR, bias=VECTOR),
    "batch norm": lambda x: F.batch_norm(x, VECTOR, VECTOR, None, VECTOR),
    "layer norm": lambda x: F.layer_norm(x, (16,), torch.arange(16.0)),
    "linear": lambda x: F.linear(x.permute(0, 2, 3, 1), WEIGHT[0, 0], VECTOR).permute(0, 3, 1, 2),
    "shapes": lambda x: x.flatten(2).transpose(1, 2).reshape(1, 12, 16, 3).unsqueeze(0).squeeze(0),
    "sizes": lambda x: x.reshape(x.shape[0], x.shape[1] * x.shape[2], x.shape[3] // 2, 2),
    "parts": lambda x: x.split(5, 2)[2] + x.split([2, 10], 2)[0],
    "chunks": lambda x: torch.stack(x.chunk(2, 3)).sum(0) + x.unbind(1)[0][:, None, :, 8:],
    "indices": lambda x: x[:, [2, 1, 0]] + x.flip(3) + x.roll((1, -2), (2, 3)) + x[:, 1:2, ::1],
    "expanded": lambda x: x[:, :1].expand(-1, 3, -1, -1) + x.mean(1, True).expand_as(x) + x[:, :1].repeat(1, 3, 1, 1),
    "interleaved": lambda x: x.repeat_interleave(4, 1),
    "reduced": lambda x: x.mean((2, 3), True) + x.std((2, 3), keepdim=True, unbiased=False) + x.amax(1, True),
    "normalized": lambda x: F.normalize(x, dim=1) + torch.softmax(x, 1) + F.log_softmax(x, -1),
    "attention": lambda x: F.scaled_dot_product_attention(x, x, x) + x @ x.transpose(2, 3) @ x,
    "filled": lambda x: x + torch.zeros_like(x) + torch.full((1, 1, 12, 16), 2.0) + torch.arange(16),
    "dropout": lambda x: F.dropout(x, training=False).contiguous().to(torch.float32),
}


class Called(nn.Module):
    def __init__(self, function: Function) -> None:
        super().__init__()
        self.function = function

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        return self.function(image)


def read(function: Function, folder: Path) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # deprecated, and it warns of sizes
        torch.jit.save(torch.jit.trace(Called(function), torch.rand(1, 3, 12, 16), check_trace=False), folder / "x.pt")
    return read_torchscript(folder / "x.pt")


@pytest.mark.parametrize("name", CASES)
def test_as_in_torch(name: str, tmp_path: Path) -> None:
    found = read(CASES[name], tmp_path)
    graph, tensors = folded(found, *found.inputs, *found.outputs, {})
    network = GraphGenerator(graph.data(), Values().data())
    network.load_tensors(tensors)
    image = torch.rand(1, 3, 12, 16) * 4 - 2
    with torch.no_grad():
        ours, theirs = network.run(image), CASES[name](image)
    assert ours.shape == theirs.shape
    assert torch.allclose(ours, theirs, rtol=1e-4, atol=1e-5, equal_nan=True)


@pytest.mark.parametrize(
    ("function", "words"),
    [
        (partial_change, "changes a part of a tensor in place"),
        (lambda x: F.dropout(x), r"dropout.* in training"),
        (lambda x: F.adaptive_avg_pool2d(x, 2), "a fixed size other than 1 x 1"),
        (lambda x: torch.fft.fft2(x).real, "no operator 'real'|no operator 'fft_fft2'"),
        (lambda x: x.var(1, keepdim=True), "the variance of a sample"),
    ],
)
def test_what_is_not_supported_is_told_by_its_name(function: Function, words: str, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=words):
        read(function, tmp_path)


def test_what_the_output_does_not_depend_on_does_not_matter(tmp_path: Path) -> None:
    assert len(read(lambda x: (torch.fft.fft2(x), x + 1)[1], tmp_path).outputs) == 1
