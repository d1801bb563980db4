"""What is found of a network's values by trial, and what is only assumed."""

import warnings
from pathlib import Path

import pytest
import torch
from torch import nn

from tilegan.foreign.options import ImportOptions
from tilegan.foreign.order import order_of
from tilegan.foreign.plausible import IMAGENET, is_found, trials
from tilegan.foreign.prepare import Prepared, prepared
from tilegan.foreign.torchscript_reader import read_torchscript
from tilegan.foreign.values import RANGES
from tilegan.pipelines.networks import _picture

MEAN, DEVIATION = (torch.tensor(each).reshape(1, 3, 1, 1) for each in IMAGENET)


class Network(nn.Module):
    """A filter that keeps colors."""

    def __init__(self, takes: str, makes: str, normal: bool = False, cancels: bool = False) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.takes, self.makes, self.normal, self.cancels = RANGES[takes], RANGES[makes], normal, cancels
        self.first, self.last, self.norm = nn.Conv2d(3, 8, 3, 1, 1), nn.Conv2d(8, 3, 3, 1, 1), nn.InstanceNorm2d(8)

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        low, high = self.takes
        image = image * DEVIATION + MEAN if self.normal else (image - low) / (high - low)
        if self.cancels:
            made = torch.sigmoid(self.last(torch.relu(self.norm(self.first(image)))))
        else:
            made = (image + 0.15 * torch.tanh(self.last(torch.relu(self.first(image))))).clamp(0, 1)
        return made * (self.makes[1] - self.makes[0]) + self.makes[0]


class Ordered(nn.Module):
    """Keeps the colors of what is blue, and changes all others."""

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        blue = torch.sigmoid(20 * (image[:, 2:] - image[:, :1]))
        return image * blue + (1 - image) * (1 - blue)


class Swapped(nn.Module):
    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        return self.network(image.flip(1)).flip(1)


def read(network: nn.Module, folder: Path) -> Prepared:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # deprecated
        torch.jit.save(torch.jit.trace(network.eval(), torch.rand(1, 3, 64, 64)), folder / "x.pt")
    return prepared(read_torchscript(folder / "x.pt"), ImportOptions())


@pytest.fixture(scope="module")
def picture() -> torch.Tensor:
    return _picture(None, (None, None))


@pytest.mark.parametrize(
    ("takes", "makes", "found"),
    [("0-1", "0-255", True), ("-1-1", "0-1", True), ("-1-1", "-1-1", False), ("0-255", "-1-1", True)],
)
def test_ranges(takes: str, makes: str, found: bool, picture: torch.Tensor, tmp_path: Path) -> None:
    tried = trials(read(Network(takes, makes), tmp_path), ImportOptions(), picture)
    assert (tried[0].values.range, tried[0].values.output_range, tried[0].values.mean) == (takes, makes, (0, 0, 0))
    assert is_found(tried) == found  # from -1 to 1, the other reading is the same function of half of the contrast


def test_means_and_deviations(picture: torch.Tensor, tmp_path: Path) -> None:
    tried = trials(read(Network("0-1", "0-1", normal=True), tmp_path), ImportOptions(), picture)
    assert (tried[0].values.range, tried[0].values.mean) == ("0-1", IMAGENET[0])


def test_a_norm_cancels_the_range_so_that_it_is_assumed(picture: torch.Tensor, tmp_path: Path) -> None:
    assert not is_found(trials(read(Network("-1-1", "-1-1", cancels=True), tmp_path), ImportOptions(), picture))


def test_the_order_of_colors(picture: torch.Tensor, tmp_path: Path) -> None:
    blue = torch.cat([picture[:, :1] * 0.2 - 0.7, picture[:, 1:2] * 0.2 - 0.5, picture[:, 2:] * 0.2 + 0.4], 1)
    for network, order in ((Ordered(), "rgb"), (Swapped(Ordered()), "bgr"), (Network("0-1", "0-1"), "")):
        made = read(network, tmp_path)
        assert order_of(made, made.values, blue) == order


@pytest.mark.parametrize(("mean", "order"), [((123.68, 116.779, 103.939), "rgb"), ((103.939, 116.779, 123.68), "bgr")])
def test_the_order_of_means(mean: tuple[float, ...], order: str, picture: torch.Tensor, tmp_path: Path) -> None:
    class Centered(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.register_buffer("mean", torch.tensor(mean).reshape(1, 3, 1, 1))

        def forward(self, image: torch.Tensor) -> torch.Tensor:
            return (image - self.mean).abs()

    made = read(Centered(), tmp_path)
    assert order_of(made, made.values, picture) == order
