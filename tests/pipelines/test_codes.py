"""Codes, from a training to pictures."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from click.testing import CliRunner, Result
from PIL import Image

from tilegan.cli.main import main
from tilegan.errors import ResumeError, SettingError
from tilegan.inference.array import stylize_array
from tilegan.methods.registry import method_settings
from tilegan.model_file import read_header
from tilegan.networks.build import build_generator
from tilegan.pipelines import evaluate, stylize
from tilegan.pipelines.train import resume, train
from tilegan.pipelines.train_data import with_networks
from tilegan.pipelines.train_settings import TrainRequest
from tilegan.settling import Choices
from tilegan.training.settings import TrainSettings
from tilegan.translator import Translator, load

pytestmark = pytest.mark.usefixtures("no_curves")

CODES = {"continuous": 1, "categorical": 2}
CODE = {"c0": -0.8, "k": 1}


def run(*arguments: object) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


@pytest.fixture(scope="module")
def trained(training_folders: tuple[Path, Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    settings = TrainSettings.of(
        method_settings("siamese", {}),
        tile_size=16,
        short_side=64,
        batch=2,
        steps=3,
        hold_out=3,
        learning_rate=0.05,
        generator={"name": "residual", "channels": 8, "blocks": 1, "stride": 4, "detail": 4, "noise": 2},
        discriminator={"name": "joint", "channels": [4, 4, 8, 8], "cell_values": 4, "width": 8, "textures": True},
    )
    folder = tmp_path_factory.mktemp("run") / "run"
    asked = iter([False, True])  # curves are drawn at the end only
    train(*training_folders, folder, settings=settings, codes=CODES, device="cpu", stop=lambda: next(asked))
    return folder


def test_a_training_learns_codes_and_tells_how_well_they_are_recovered(trained: Path) -> None:
    lines = [json.loads(line) for line in (trained / "metrics.jsonl").read_text().splitlines()]
    assert all("generator_codes" in line["losses"] for line in lines)
    model = load(trained, "cpu", "float32")
    assert model.codes.names == ("c0", "k")
    for figures in (lines[-1]["figures"], model.facts["figures"]):
        assert -1 <= figures["recovered_c0"] <= 1 and 0 <= figures["recovered_k"] <= 1
    pixels = np.random.default_rng(0).integers(0, 256, (32, 32, 3), np.uint8)
    default = model.settled(Choices()).translate(pixels)
    assert np.array_equal(default, model.translate(pixels))
    assert not np.array_equal(default, model.settled(Choices(code={"c0": 1.0})).translate(pixels))


@pytest.mark.slow
def test_a_training_continues_and_starts_from_its_model(trained: Path, training_folders: tuple[Path, Path]) -> None:
    resumed = resume(trained)
    assert resumed.finished and "recovered_k" in resumed.figures
    other = ("--init", trained, "--codes", "continuous=2")
    again = run("train", *training_folders, "-o", trained.parent / "again", *other)
    assert again.exit_code == 1
    assert again.stderr == "Error: the model to start from has other codes: leave out --codes, or start anew\n"


def test_a_model_without_codes_can_be_started_from() -> None:
    request = TrainRequest.of(codes=CODES, init="vangogh")
    generator = with_networks(request.settings, "vangogh", []).generator
    assert generator == read_header("vangogh")["architecture"] | {"codes": CODES}
    assert with_networks(TrainSettings(), "vangogh", []).generator == read_header("vangogh")["architecture"]


def test_what_is_tiled_is_the_whole_with_any_code(
    coded_translator: Translator, picture: Path, pixels: np.ndarray, tmp_path: Path
) -> None:
    whole = coded_translator.settled(Choices(code=CODE)).translate(pixels)
    stylize(picture, tmp_path / "out.png", coded_translator, code=CODE, window=64, shard=128)
    assert np.abs(np.asarray(Image.open(tmp_path / "out.png")).astype(int) - whole).max() <= 1
    array = stylize_array(pixels, coded_translator, code=CODE, window=64).compute()
    assert np.abs(array.astype(int) - whole).max() <= 1
    assert np.abs(whole.astype(int) - coded_translator.translate(pixels)).mean() > 2


class EnoughError(Exception):
    """Stops a run after its first shard."""


def stop(_phase: str, done: int, _total: int) -> None:
    if done:
        raise EnoughError


def test_work_is_not_resumed_with_another_code(coded_translator: Translator, picture: Path, tmp_path: Path) -> None:
    given = {"window": 64, "shard": 128}
    with pytest.raises(EnoughError):
        stylize(picture, tmp_path / "out.png", coded_translator, code=CODE, progress=stop, **given)
    with pytest.raises(ResumeError):
        stylize(picture, tmp_path / "out.png", coded_translator, code={"c0": 0.8, "k": 1}, resume=True)
    assert stylize(picture, tmp_path / "out.png", coded_translator, code=CODE, resume=True).output.is_file()


@pytest.mark.slow
def test_a_sheet_shows_each_code_and_tells_what_it_changes(
    coded_translator: Translator, picture: Path, tmp_path: Path
) -> None:
    weights = coded_translator.weights()
    weights["code_film.film.weight"][:, 1] = 0  # c1 does nothing
    other = build_generator(coded_translator.architecture)
    other.load_state_dict(weights)
    Translator.of(other, coded_translator.architecture, 16).save(tmp_path / "coded.safetensors")
    result = run("codes", tmp_path / "coded.safetensors", picture, "--short-side", 32, "--device", "cpu")
    assert result.exit_code == 0, result.output
    sheet = Image.open(picture.with_name(f"{picture.stem}.codes.png"))
    first, *lines = result.stdout.splitlines()
    assert f": {sheet.height} x {sheet.width} pixels in " in first
    assert [line.split()[0] for line in lines] == ["c0", "c1", "k"]
    assert [line.endswith(": does nothing that is visible") for line in lines] == [False, True, False]
    assert "0.0 levels, 0.0 Lab, features 0%" in lines[1]


@pytest.mark.slow
def test_an_evaluation_is_of_the_chosen_codes(coded_translator: Translator, tmp_path: Path) -> None:
    folders = [tmp_path / "model.safetensors", tmp_path / "photos", tmp_path / "paintings"]
    coded_translator.save(folders[0])
    for number, folder in enumerate(folders[1:]):
        folder.mkdir()
        for image in range(2):
            pixels = np.random.default_rng((number, image)).integers(0, 256, (80, 80, 3), np.uint8)
            Image.fromarray(pixels).save(folder / f"{image}.png")
    how = {"images": 1, "device": "cpu", "precision": "float32"}
    one, other = (evaluate(*folders, tmp_path / str(len(code)), code=code, **how) for code in ({}, CODE))
    assert (one.code, other.code) == ({}, CODE)
    assert one.figures["exact"].style_distance != other.figures["exact"].style_distance
    assert one.figures["identity"] == other.figures["identity"]
    assert json.loads((other.output / "evaluate.json").read_text())["code"] == CODE
    assert "Codes: c0=-0.8, k=1." in (other.output / "evaluate.html").read_text()


@pytest.mark.slow
def test_an_export_is_of_the_chosen_codes(coded_translator: Translator, tmp_path: Path) -> None:
    coded_translator.save(tmp_path / "coded.safetensors")
    given = ",".join(f"{name}={value}" for name, value in CODE.items())
    result = run("export", tmp_path / "coded.safetensors", tmp_path / "out.pt2", "--code", given)
    assert result.exit_code == 0, result.output
    images = torch.rand(1, 3, 32, 48)
    with torch.no_grad():
        made = torch.export.load(tmp_path / "out.pt2").module()(images)
        generator = coded_translator.settled(Choices(code=CODE)).generator
        generator.noise = None
        wanted = generator(2 * images - 1) / 2 + 0.5
    assert (made - wanted).abs().max() < 1e-4


def test_what_cannot_be_is_told_in_a_line(trained: Path, picture: Path, training_folders: tuple[Path, Path]) -> None:
    stylized = ("stylize", picture, "-o", picture.with_name("out.png"))
    training = ("train", *training_folders)
    said = {
        (*stylized, "--code", "c0=3"): "'vangogh' was trained without codes: leave out c0",
        (*stylized, "--model", trained, "--code", "c1=1"): "has no code 'c1': choose from c0, k",
        (*stylized, "--model", trained, "--code", "k=2"): "no category k=2 in 'paintings'",
        ("batch", picture, picture.with_name("out"), "--model", trained, "--code", "k=0.5"): "no category k=0.5",
        ("evaluate", trained, *training_folders, "--code", "c1=1"): "has no code 'c1': choose from c0, k",
        ("export", trained, picture.with_name("m.pt2"), "--code", "k=2"): "no category k=2 in 'paintings'",
        ("codes", "vangogh", picture): "the model 'vangogh' was trained without codes: there are none to draw",
        (*training, "--method", "cyclegan", "--codes", "continuous=1"): "cyclegan learns no codes",
        (*training, "--generator", "unet", "--codes", "continuous=1"): "generator 'unet' takes no codes",
        (*training, "--codes", "other=1"): "no codes 'other'",
    }
    for arguments, line in said.items():
        result = run(*arguments)
        assert (result.exit_code, result.stderr.count("\n")) == (1, 1), result.output
        assert line in result.stderr
    assert run("stylize", picture, "--code", "c0").exit_code == 2
    assert run("train", *training_folders, "--codes", "2").exit_code == 2


def test_a_code_beyond_the_trained_ones_is_used_and_told(trained: Path, picture: Path) -> None:
    result = run("stylize", picture, "-o", picture.with_name("out.png"), "--model", trained, "--code", "c0=1.5")
    assert result.exit_code == 0, result.output
    assert "Warning: code c0=1.5: beyond what was trained, -1 to 1: the effect is extrapolated\n" in result.stderr
    with pytest.raises(SettingError, match="give -2 to 2"):
        load(trained, "cpu").settled(Choices(code={"c0": 2.5}))
