"""Checkpoints of generators, against the networks that they are of."""

import pickle
import zipfile
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from tilegan.errors import ModelError
from tilegan.foreign.checkpoint_reader import read_checkpoint
from tilegan.foreign.options import ImportOptions
from tilegan.foreign.prepare import prepared
from tilegan.pipelines import import_network
from tilegan.translator import load

GIVEN = ImportOptions(range="-1-1", output_range="-1-1")


class Block(nn.Module):
    def __init__(self, channels: int, norm: type[nn.Module], dropout: bool) -> None:
        super().__init__()
        first = [nn.ReflectionPad2d(1), nn.Conv2d(channels, channels, 3), norm(channels), nn.ReLU(True)]
        dropped = [nn.Dropout(0.5)] if dropout else []
        last = [nn.ReflectionPad2d(1), nn.Conv2d(channels, channels, 3), norm(channels)]
        self.conv_block = nn.Sequential(*first, *dropped, *last)

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        return features + self.conv_block(features)


class Downsample(nn.Module):
    """Of CUT: a filter, then every second pixel."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        row = torch.tensor([1.0, 2.0, 1.0])
        self.register_buffer("filt", (row[:, None] * row / 16).repeat(channels, 1, 1, 1))

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        padded = nn.functional.pad(image, (1, 1, 1, 1), "reflect")
        return nn.functional.conv2d(padded, self.filt, stride=2, groups=image.shape[1])


class Upsample(nn.Module):
    """Of CUT: zeros between pixels, then a filter."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        row = torch.tensor([1.0, 3.0, 3.0, 1.0])
        self.register_buffer("filt", (row[:, None] * row / 16).repeat(channels, 1, 1, 1))

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        padded = nn.functional.pad(image, (1, 1, 1, 1), "replicate")
        made = nn.functional.conv_transpose2d(padded, self.filt, stride=2, padding=2, groups=image.shape[1])
        return made[:, :, 1:, 1:][:, :, :-1, :-1]


class ResNet(nn.Module):
    def __init__(self, blocks: int, norm: type[nn.Module], dropout: bool = False, smooth: bool = False) -> None:
        super().__init__()
        layers = [nn.ReflectionPad2d(3), nn.Conv2d(3, 4, 7), norm(4), nn.ReLU(True)]
        for count in (4, 8):
            layers += [nn.Conv2d(count, 2 * count, 3, 1 if smooth else 2, 1), norm(2 * count), nn.ReLU(True)]
            layers += [Downsample(2 * count)] if smooth else []
        layers += [Block(16, norm, dropout) for _ in range(blocks)]
        for count in (16, 8):
            if smooth:
                layers += [Upsample(count), nn.Conv2d(count, count // 2, 3, 1, 1)]
            else:
                layers += [nn.ConvTranspose2d(count, count // 2, 3, 2, 1, 1)]
            layers += [norm(count // 2), nn.ReLU(True)]
        self.model = nn.Sequential(*layers, nn.ReflectionPad2d(3), nn.Conv2d(4, 3, 7), nn.Tanh())

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        return self.model(image)


class Skip(nn.Module):
    """``UnetSkipConnectionBlock`` of pix2pix."""

    def __init__(self, outer: int, inner: int, inside: nn.Module | None, norm: type[nn.Module], last: bool) -> None:
        super().__init__()
        self.last = last
        down = nn.Conv2d(3 if last else outer, inner, 4, 2, 1)
        up = nn.ConvTranspose2d(inner if inside is None else 2 * inner, outer, 4, 2, 1)
        if last:
            layers = [down, inside, nn.ReLU(True), up, nn.Tanh()]
        elif inside is None:
            layers = [nn.LeakyReLU(0.2, True), down, nn.ReLU(True), up, norm(outer)]
        else:
            layers = [
                nn.LeakyReLU(0.2, True),
                down,
                norm(inner),
                inside,
                nn.ReLU(True),
                up,
                norm(outer),
                nn.Dropout(0.5),
            ]
        self.model = nn.Sequential(*layers)

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        return self.model(image) if self.last else torch.cat((image, self.model(image)), 1)


class UNet(nn.Module):
    def __init__(self, norm: type[nn.Module]) -> None:
        super().__init__()
        inside = Skip(8, 8, None, norm, False)
        for outer, inner in ((8, 8), (4, 8)):
            inside = Skip(outer, inner, inside, norm, False)
        self.model = Skip(3, 4, inside, norm, True)

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        return self.model(image)


INSTANCE, BATCH = nn.InstanceNorm2d, nn.BatchNorm2d
NETWORKS = {
    "CycleGAN, 9 blocks": partial(ResNet, 9, INSTANCE),
    "CycleGAN, 6 blocks, dropout": partial(ResNet, 6, INSTANCE, dropout=True),
    "pix2pix, batch norm": partial(ResNet, 2, BATCH, dropout=True),
    "CUT": partial(ResNet, 2, INSTANCE, smooth=True),
    "U-Net, batch norm": partial(UNet, BATCH),
    "U-Net, instance norm": partial(UNet, INSTANCE),
}


def trained(name: str) -> nn.Module:
    """The network with random weights and statistics."""
    torch.manual_seed(0)
    network = NETWORKS[name]().train()
    for _ in range(3):
        network(torch.rand(2, 3, 32, 32) * 2 - 1)
    return network.eval()


@pytest.mark.parametrize("name", NETWORKS)
def test_the_network_of_a_checkpoint_is_rebuilt(name: str, tmp_path: Path) -> None:
    network = trained(name)
    torch.save(network.state_dict(), tmp_path / "latest_net_G.pth")
    found = prepared(read_checkpoint(tmp_path / "latest_net_G.pth"), GIVEN)
    image = torch.rand(1, 3, 64, 96) * 2 - 1
    with torch.no_grad():
        assert torch.allclose(found.generator(found.values).run(image), network(image), atol=1e-5)


def test_it_is_imported_and_run(tmp_path: Path) -> None:
    torch.save({"state_dict": trained("CUT").state_dict()}, tmp_path / "cut.pth")
    made = import_network(tmp_path / "cut.pth", tmp_path / "cut.safetensors", options=GIVEN)
    assert made.info.verdict.words.startswith("exact with halo")
    assert len(made.info.verdict.statistics) == 9
    image = np.random.default_rng(0).integers(0, 256, (40, 60, 3)).astype(np.uint8)
    assert load(tmp_path / "cut.safetensors").translate(image).shape == (40, 60, 3)


class Evil:
    def __reduce__(self) -> tuple[object, ...]:
        return (Path("stolen").touch, ())


def test_other_files_are_refused_and_not_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "other.pth"
    torch.save({"model.1.weight": Evil()}, path)
    with pytest.raises(ModelError, match="more than weights"):
        read_checkpoint(path)
    path.write_bytes(pickle.dumps(Evil()))
    with pytest.raises(ModelError, match="not a checkpoint"):
        read_checkpoint(path)
    assert not (tmp_path / "stolen").exists()
    for newer in (True, False):
        torch.save({"model.1.weight": bytearray(9)}, path, _use_new_zipfile_serialization=newer)
        with pytest.raises(ModelError, match="more than weights"):
            read_checkpoint(path)
    deep = {f"model{'.model.1' + '.model.3' * 999}.model.1.weight": torch.zeros(1)}
    deep |= {f"model.model.1{'.model.3' * depth}.model.1.weight": torch.zeros(1, 1, 1, 1) for depth in range(999)}
    for state in (
        {},
        {"model.model.0.weight": torch.zeros(4, 3, 4, 4)} | deep,
        {"fc.weight": torch.zeros(3)},
        [1],
        {"model.1.weight": torch.zeros(4, 3, 7, 7)},
    ):
        torch.save(state, path)
        with pytest.raises(ModelError):
            read_checkpoint(path)
    torch.save(trained("CycleGAN, 6 blocks, dropout").state_dict(), path)
    path.write_bytes(path.read_bytes()[:-2000])
    with pytest.raises(ModelError, match="not a checkpoint"):
        read_checkpoint(path)


@pytest.mark.parametrize(
    ("tensors", "words"),
    [
        ([torch.zeros(3).to_sparse()], "sparse"),
        ([torch.zeros(3, device="meta")], "without values"),
        ([torch.zeros(1).expand(2**33)], "larger than its bytes"),
        ([torch.zeros(2**18).half()] * 9, "larger than its bytes"),
    ],
)
def test_tensors_that_are_no_weights(tensors: list[torch.Tensor], words: str, tmp_path: Path) -> None:
    torch.save({f"model.{number}.weight": tensor for number, tensor in enumerate(tensors)}, tmp_path / "x.pth")
    with pytest.raises(ModelError, match=words):
        read_checkpoint(tmp_path / "x.pth")


def test_parameters_are_weights(tmp_path: Path) -> None:
    network = trained("CUT")
    torch.save(dict([*network.named_parameters(), *network.named_buffers()]), tmp_path / "x.pth")
    assert read_checkpoint(tmp_path / "x.pth").source == "checkpoint of CUT, ResNet"


def test_archives_that_unpack_to_too_much_are_refused(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "bomb.pth", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("bomb/data.pkl", bytes(2**24))
    with pytest.raises(ModelError, match="would unpack to"):
        read_checkpoint(tmp_path / "bomb.pth")
