"""Features of a VGG network against torch's own layers, and files that hold none."""

from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from torch import nn

from tilegan.errors import ModelError
from tilegan.networks.vgg import DEVIATIONS, MEANS, VggFeatures


def small_vgg() -> nn.Sequential:
    """Layers as torchvision lists them: two convolutions, a pooling, one more convolution."""
    torch.manual_seed(0)
    return nn.Sequential(
        nn.Conv2d(3, 4, 3, padding=1), nn.ReLU(), nn.Conv2d(4, 4, 3, padding=1), nn.ReLU(),
        nn.MaxPool2d(2), nn.Conv2d(4, 6, 3, padding=1), nn.ReLU(),
    )  # fmt: skip


def tensors_of(layers: nn.Sequential) -> dict[str, torch.Tensor]:
    return {f"features.{name}": value for name, value in layers.state_dict().items()}


def test_features_are_those_of_the_layers_that_the_names_tell(tmp_path: Path) -> None:
    layers, images = small_vgg(), torch.rand(2, 3, 12, 10) * 2 - 1
    save_file(tensors_of(layers) | {"classifier.0.weight": torch.zeros(2, 6)}, tmp_path / "vgg.safetensors")
    network = VggFeatures.read(tmp_path / "vgg.safetensors")
    normal = ((images + 1) / 2 - torch.tensor(MEANS)[:, None, None]) / torch.tensor(DEVIATIONS)[:, None, None]
    first, last = network(images)
    assert torch.allclose(first, layers[:4](normal), atol=1e-6)
    assert torch.allclose(last, layers(normal), atol=1e-6)
    assert (last.shape, network.channels) == ((2, 6, 6, 5), (4, 6))
    assert torch.equal(VggFeatures.read(tmp_path / "vgg.safetensors", 1)(images)[-1], first)
    assert not list(network.parameters())
    assert not network.state_dict()


def test_fewer_layers_give_earlier_features() -> None:
    first = VggFeatures({name: value for name, value in tensors_of(small_vgg()).items() if ".0." in name})
    assert [each.shape for each in first(torch.zeros(1, 3, 8, 8))] == [(1, 4, 8, 8)]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"features.0.weight": None}, "features.2 is no 3 x 3 convolution of 3 channels"),
        ({"features.2.bias": None}, "features.2 is no 3 x 3 convolution"),
        ({"features.2.weight": torch.ones(4)}, "batch norms are not supported"),
        ({"features.9.weight": torch.ones(2, 6, 3, 3), "features.9.bias": torch.ones(2)}, "features.5 is followed by"),
        (dict.fromkeys(tensors_of(small_vgg())), "holds no features.0.weight"),
    ],
)
def test_what_is_no_vgg_network_is_refused(change: dict[str, torch.Tensor | None], message: str) -> None:
    changed = {name: value for name, value in (tensors_of(small_vgg()) | change).items() if value is not None}
    with pytest.raises(ModelError, match=message):
        VggFeatures(changed)


def test_a_file_that_is_none_is_named(tmp_path: Path) -> None:
    (tmp_path / "vgg.pth").write_bytes(b"PK not weights")
    for name in ("vgg.pth", "missing.safetensors"):
        with pytest.raises(ModelError, match=rf"no VGG weights in .*{name}: .*: give a .safetensors file"):
            VggFeatures.read(tmp_path / name)
