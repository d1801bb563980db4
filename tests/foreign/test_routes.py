"""The same network by all routes gives the same pictures, and windows give what the whole image gives."""

import warnings
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from tilegan import stylize_array
from tilegan.errors import ModelError
from tilegan.foreign.options import ImportOptions
from tilegan.foreign.upscaler_reader import import_spandrel
from tilegan.pipelines import import_network, info, network_info
from tilegan.translator import Translator, load

GIVEN = ImportOptions(range="-1-1", output_range="-1-1")
RANDOM = np.random.default_rng(0)
# darker to the right, so that parts have other statistics than the whole
IMAGE = (RANDOM.random((80, 128, 3)) * np.linspace(255, 60, 128)[None, :, None]).astype(np.uint8)


class LayerNorm(nn.Module):
    """Of U-GAT-IT: over channels and positions, written out, with a gain for each channel."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.gamma = nn.Parameter(torch.rand(1, channels, 1, 1))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        apart = x - torch.mean(x, dim=[1, 2, 3], keepdim=True)
        return apart / torch.sqrt(torch.var(x, dim=[1, 2, 3], keepdim=True) + 1e-5) * self.gamma


class WholeNorm(nn.Module):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return nn.functional.layer_norm(x, x.shape[1:])


def group_norm() -> nn.Module:
    norm = nn.GroupNorm(4, 8)
    nn.init.normal_(norm.weight)
    nn.init.normal_(norm.bias)
    return norm


NORMS: dict[str, Callable[[], nn.Module]] = {
    "group": group_norm,
    "layer, in parts": lambda: LayerNorm(8),
    "layer": WholeNorm,
}


def normalized(name: str) -> nn.Module:
    torch.manual_seed(0)
    layers = [nn.Conv2d(3, 8, 3, 1, 1), NORMS[name](), nn.ReLU(), nn.Conv2d(8, 8, 3, 2, 1), nn.GroupNorm(2, 8)]
    return nn.Sequential(*layers, nn.ReLU(), nn.ConvTranspose2d(8, 3, 4, 2, 1), nn.Tanh()).eval()


def saved(network: nn.Module, path: Path) -> Path:
    """Save a network by the usual function for the file's ending."""
    image = torch.rand(1, 3, 64, 64)
    axes = {2: "height", 3: "width"}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of what is deprecated
        match path.suffix:
            case ".pt":
                torch.jit.save(torch.jit.trace(network, image), path)
            case ".pt2":
                any_size = {2: torch.export.Dim.AUTO, 3: torch.export.Dim.AUTO}
                torch.export.save(torch.export.export(network, (image,), dynamic_shapes=(any_size,)), path)
            case ".onnx":
                given = {"input_names": ["image"], "dynamic_axes": {"image": axes}}
                torch.onnx.export(network, (image,), str(path), dynamo=False, **given)
    return path


def imported(path: Path) -> Translator:
    return load(import_network(path, path.with_suffix(".safetensors"), options=GIVEN).output, "cpu", "float32")


def check(network: nn.Module, made: Translator) -> None:
    """The picture is that of the network itself, and windows with settled statistics give that of the whole."""
    pixels = torch.from_numpy(IMAGE).permute(2, 0, 1)[None].float() / 127.5 - 1
    with torch.no_grad():
        assert (made.generator(pixels) - network(pixels)).abs().max() * 127.5 < 1
    whole = made.with_statistics_of(IMAGE).translate(IMAGE)
    tiled = stylize_array(IMAGE, made, window=64, statistics="global").compute()
    assert np.abs(whole.astype(int) - tiled).max() <= 1


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=[] if name == "group" else pytest.mark.slow) for name in NORMS]
)
def test_norms_over_the_whole_image_are_settled(name: str, tmp_path: Path) -> None:
    network = normalized(name)
    made = imported(saved(network, tmp_path / "network.pt"))
    assert made.facts["exact"] == "exact with halo 4 after 2 statistics are settled"
    check(network, made)


@pytest.mark.slow
def test_group_norms_in_onnx_are_settled(tmp_path: Path) -> None:
    network = normalized("group")
    check(network, imported(saved(network, tmp_path / "network.onnx")))


@pytest.mark.slow
@pytest.mark.parametrize("name", ["resnet", "unet"])
def test_all_routes_give_the_same_pictures(
    name: str, networks: dict[str, Callable[[], nn.Module]], tmp_path: Path
) -> None:
    torch.manual_seed(0)
    network = (networks[name]() if name == "unet" else networks[name](4, 1)).eval()
    for ending in (".pt", ".pt2", ".onnx"):
        path = saved(network, tmp_path / f"network{ending}")
        check(network, imported(path))
        path.with_suffix(".safetensors").rename(tmp_path / f"{ending}.safetensors")
    facts = info(tmp_path / ".pt2.safetensors")
    halo = {"resnet": (20, 4), "unet": (24, 8)}[name]
    assert (facts.halo, facts.stride) == halo  # type: ignore[union-attr]


@pytest.mark.slow
@pytest.mark.skipif(not find_spec("spandrel"), reason="spandrel is not installed")
@pytest.mark.parametrize("name", ["ESRGAN", "Compact"])
def test_upscalers(name: str, tmp_path: Path) -> None:
    spandrel = import_spandrel()  # also beside a torchvision of another build than torch
    from spandrel import architectures

    torch.manual_seed(0)
    network = {
        "ESRGAN": lambda: architectures.ESRGAN.ESRGAN(num_filters=8, num_blocks=1, scale=4),
        "Compact": lambda: architectures.Compact.Compact(num_feat=8, num_conv=2, upscale=2),
    }[name]()
    torch.save({"params_ema": network.state_dict()}, tmp_path / "x.pth")
    found = import_network(tmp_path / "x.pth", tmp_path / "x.safetensors").info
    assert found.verdict.words.startswith("exact with halo")
    assert found.known["range"] == found.known["order"] == "declared"
    assert found.verdict.reach.scale == {"ESRGAN": 4, "Compact": 2}[name]
    made = load(tmp_path / "x.safetensors", "cpu", "float32")
    pixels = torch.rand(1, 3, 24, 32)
    with torch.no_grad():
        expected = spandrel.ModelLoader("cpu").load_from_state_dict(network.state_dict()).model.eval()(pixels) * 2 - 1
        assert torch.allclose(made.generator(pixels * 2 - 1), expected, atol=1e-4)


def test_weights_of_other_networks(tmp_path: Path) -> None:
    torch.save({"fc.weight": torch.zeros(3)}, tmp_path / "x.pth")
    with pytest.raises(ModelError, match=r"it holds fc\.weight"):
        network_info(tmp_path / "x.pth")
