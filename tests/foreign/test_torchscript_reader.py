"""TorchScript: graphs are read, and nothing is run; what would run when it is loaded is refused before."""

import warnings
import zipfile
from pathlib import Path

import pytest
import torch
from torch import nn

from tilegan.errors import ModelError
from tilegan.foreign.options import ImportOptions
from tilegan.foreign.prepare import prepared
from tilegan.foreign.torchscript_reader import read_torchscript
from tilegan.pipelines import network_info

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


class Checked(nn.Module):
    """What is usual in scripted code: checks, branches on settings, lists, and loops over layers."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.ModuleList(nn.Conv2d(3, 3, 3, 1, 1) for _ in range(2))
        self.norm, self.dropout, self.batch = nn.InstanceNorm2d(3), nn.Dropout(0.5), nn.BatchNorm2d(3)
        self.double = True

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        if image.dim() != 4:
            raise ValueError("no image")
        kept: list[torch.Tensor] = []
        for layer in self.layers:
            image = torch.relu(layer(image))
            kept.append(image)
        if self.double:
            image = image * 2
        return self.batch(self.dropout(self.norm(image))) + kept[-1]


class Writing(nn.Module):
    """Its file would write another one when it is loaded."""

    def __init__(self) -> None:
        super().__init__()
        self.training = False

    @torch.jit.export
    def __getstate__(self) -> tuple[torch.Tensor, bool]:
        return torch.zeros(1), self.training

    @torch.jit.export
    def __setstate__(self, state: tuple[torch.Tensor, bool]) -> None:
        torch.save(state[0], "stolen")
        self.training = state[1]

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        return image


class Endless(nn.Module):
    def forward(self, image: torch.Tensor) -> torch.Tensor:
        while bool(image.mean() > 0):
            image -= 1
        return image


class Undecided(nn.Module):
    def forward(self, image: torch.Tensor) -> torch.Tensor:
        if bool(image.mean() > 0):
            return image + 1
        return image


def scripted(network: nn.Module, folder: Path) -> Path:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it is deprecated
        torch.jit.save(torch.jit.script(network), folder / "network.pt")
    return folder / "network.pt"


def test_scripted_code_is_followed(tmp_path: Path) -> None:
    network = Checked().eval()
    found = prepared(read_torchscript(scripted(network, tmp_path)), ImportOptions())
    image = torch.rand(1, 3, 16, 24)
    with torch.no_grad():
        assert torch.allclose(found.generator(found.values).run(image), network(image), atol=1e-5)
    assert found.statistics == 1


@pytest.mark.parametrize(("network", "words"), [(Endless(), "loop|branch"), (Undecided(), "branch")])
def test_code_that_depends_on_pixels_is_refused(network: nn.Module, words: str, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=words) as caught:
        network_info(scripted(network, tmp_path))
    assert "\n" not in str(caught.value)


def test_code_that_would_run_when_it_is_loaded_is_not_loaded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    path = scripted(Writing(), tmp_path)
    torch.jit.load(path)
    assert (tmp_path / "stolen").exists()  # so torch itself does it
    (tmp_path / "stolen").unlink()
    with pytest.raises(ModelError, match="would run code when it is loaded"):
        network_info(path)
    assert not (tmp_path / "stolen").exists()


class Simple(nn.Module):
    def forward(self, image: torch.Tensor) -> torch.Tensor:
        return image * 0.5


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("(" * 12_000 + "evil" + ")" * 12_000, "damaged"),  # torch's parser alone would end the process
        ("-" * 12_000 + "evil", "damaged"),
        ("-" * 31_000 + "image", "more than 30,000 characters"),
        ("torch.add(image, 5 % 0)", "torch does not write"),
        ("torch.add(image, " + '"' * 3 + ")", "torch does not write"),
        ("torch.evil(image)", "damaged"),
    ],
)
def test_code_that_would_crash_the_parser(tmp_path: Path, value: str, words: str) -> None:
    with zipfile.ZipFile(scripted(Simple(), tmp_path)) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(tmp_path / "network.pt", "w") as archive:
        for name, part in parts.items():
            code = part.replace(b"torch.mul(image, 0.5)", value.encode())
            archive.writestr(name, code if name.endswith(".py") else part)
    with pytest.raises(ModelError, match=words) as caught:
        network_info(tmp_path / "network.pt")
    assert "\n" not in str(caught.value)


class LoopsInLoops(nn.Module):
    def forward(self, image: torch.Tensor) -> torch.Tensor:
        for _ in range(200):
            for _ in range(200):
                for _ in range(200):
                    image = image + 1
        return image


class Doubling(nn.Module):
    def forward(self, image: torch.Tensor) -> torch.Tensor:
        values = [1.0]
        for _ in range(100):
            values = values + values
        return image + values[0]


class Repeating(nn.Module):
    def forward(self, image: torch.Tensor) -> torch.Tensor:
        return image + len([1.0] * 4_000_000_000)


@pytest.mark.parametrize(
    ("network", "words"),
    [(LoopsInLoops(), "more than 1,000 steps"), (Doubling(), "far too large"), (Repeating(), "far too large")],
)
def test_code_that_would_take_all_time_or_memory(
    network: nn.Module, words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tilegan.foreign.torchscript_reader.MOST", 1000)
    with pytest.raises(ModelError, match=words):
        network_info(scripted(network, tmp_path))


def test_damaged_archives_and_other_checkpoints(tmp_path: Path) -> None:
    path = scripted(Checked(), tmp_path)
    whole = path.read_bytes()
    for length in (100, len(whole) // 2):
        path.write_bytes(whole[:length])
        with pytest.raises(ModelError):
            network_info(path)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("x/code/x.py", "class X:\n  def forward(self):\n    return")
        archive.writestr("x/data.pkl", b"\x80\x02N.")
    with pytest.raises(ModelError, match="damaged TorchScript") as caught:
        network_info(path)
    assert "\n" not in str(caught.value)
    torch.save({"w": torch.zeros(3)}, path)
    with pytest.raises(ModelError, match="it holds w"):
        network_info(path)
