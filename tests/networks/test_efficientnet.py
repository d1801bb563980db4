"""The frozen features, against a plain network with batch norms and TensorFlow's padding."""

from pathlib import Path

import pytest
import torch
from torch import nn

from tilegan.errors import ModelError
from tilegan.networks.efficientnet import CHANNELS, EPSILON, HALVING, TAPS, EfficientNetFeatures, packaged_weights

STRIDES = (2, 4, 8, 16)


def weights() -> dict[str, torch.Tensor]:
    loaded: dict[str, torch.Tensor] = torch.load(packaged_weights(), weights_only=True)
    return loaded


def plain(tensors: dict[str, torch.Tensor], images: torch.Tensor) -> list[torch.Tensor]:
    """The same, layer by layer: 'SAME' padding, convolution, batch norm, ReLU6."""

    def layer(features: torch.Tensor, name: str, norm: str, stride: int, activated: bool) -> torch.Tensor:
        weight = tensors[f"{name}.weight"]
        missing = max(weight.shape[-1] - stride, 0)
        pads = (missing // 2, missing - missing // 2) * 2
        groups = len(weight) if weight.shape[1] == 1 else 1
        features = nn.functional.conv2d(nn.functional.pad(features, pads), weight, None, stride, groups=groups)
        mean, variance, gain, bias = (tensors[f"{norm}.{x}"] for x in ("running_mean", "running_var", "weight", "bias"))
        features = nn.functional.batch_norm(features, mean, variance, gain, bias, eps=EPSILON)
        return features.clamp(0, 6) if activated else features

    found = []
    features = layer(images, "_conv_stem", "_bn0", 2, True)
    for number in range(TAPS[-1] + 1):
        given, block, stride = features, f"_blocks.{number}", 2 if number in HALVING else 1
        if number:
            features = layer(features, f"{block}._expand_conv", f"{block}._bn0", 1, True)
        features = layer(features, f"{block}._depthwise_conv", f"{block}._bn1", stride, True)
        features = layer(features, f"{block}._project_conv", f"{block}._bn2", 1, False)
        if features.shape == given.shape:
            features = features + given
        if number in TAPS:
            found.append(features)
    return found


def test_features_are_those_of_the_plain_network() -> None:
    images = torch.rand(2, 3, 64, 96, generator=torch.Generator().manual_seed(0)) * 2 - 1
    found = EfficientNetFeatures.read()(images)
    for features, wanted, channels, stride in zip(
        found, plain(weights(), images), CHANNELS, (2, 4, 8, 16), strict=True
    ):
        assert features.shape == (2, channels, 64 // stride, 96 // stride)
        torch.testing.assert_close(features, wanted, rtol=1e-4, atol=1e-4)


def test_they_pass_gradients_and_do_not_learn() -> None:
    network = EfficientNetFeatures.read()
    assert not list(network.parameters())
    assert not network.state_dict()
    images = torch.zeros(1, 3, 32, 32, requires_grad=True)
    sum(each.square().sum() for each in network(images)).backward()
    assert images.grad is not None
    assert images.grad.abs().sum() > 0


def test_another_network_is_refused(tmp_path: Path) -> None:
    file = f"{tmp_path}/other.pth"
    torch.save({"features.0.weight": torch.zeros(1)}, file)
    with pytest.raises(ModelError, match=r"no EfficientNet-Lite0 weights in .*other.pth: it holds no _conv_stem"):
        EfficientNetFeatures.read(file)


def test_code_in_a_file_is_not_run(tmp_path: Path) -> None:
    file = f"{tmp_path}/code.pth"
    torch.save({"network": nn.ReLU()}, file)
    with pytest.raises(ModelError, match="no EfficientNet-Lite0 weights"):
        EfficientNetFeatures.read(file)
    with pytest.raises(ModelError, match="No such file"):
        EfficientNetFeatures.read(f"{tmp_path}/none.pth")
