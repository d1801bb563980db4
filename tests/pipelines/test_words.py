import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result
from PIL import Image

from tilegan.cli.main import main
from tilegan.errors import ResumeError, SettingError, TileganWarning
from tilegan.inference.array import stylize_array
from tilegan.methods.registry import method_settings
from tilegan.pipelines.stylize import stylize
from tilegan.pipelines.train import resume, train
from tilegan.settling import Choices
from tilegan.training.settings import TrainSettings
from tilegan.translator import Translator, load

TEXT = "a wheat field under the night sky"  # field is not known; a, under and the say nothing


def run(*arguments: object) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("captions") / "captions.csv"
    path.write_text("file,caption\n0.png,blue night\n0.png,dark night\n1.png,blue wheat\n2.png,wheat\n")
    return path


@pytest.fixture(scope="module")
def trained(training_folders: tuple[Path, Path], table: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    settings = TrainSettings.of(
        method_settings("stackgan", {}),
        tile_size=32,
        short_side=64,
        batch=2,
        steps=4,
        learning_rate=0.05,
        generator={"name": "stacked", "channels": 8, "blocks": 1, "stride": 4, "detail": 4, "factor": 2, "squint": 5},
        discriminator={"name": "matching", "width": 8, "values": 4},
    )
    folder = tmp_path_factory.mktemp("run") / "run"
    asked = iter([False, True])  # curves are drawn at the end only
    given = {"captions": table, "settings": settings, "device": "cpu", "precision": "float32"}
    train(*training_folders, folder, **given, stop=lambda: next(asked))
    return folder


def test_a_training_learns_words_and_tells_how_often_captions_are_found(trained: Path) -> None:
    lines = [json.loads(line) for line in (trained / "metrics.jsonl").read_text().splitlines()]
    assert all({"match", "divergence", "real_wrong"} <= line["losses"].keys() for line in lines)
    model = load(trained, "cpu", "float32")
    assert model.vocabulary.words == ("blue", "night", "wheat")
    assert model.weights()["palette.film.weight"].abs().amax(0).min() > 0  # fitted before the first step
    for figures in (lines[-1]["figures"], model.facts["figures"]):
        assert 0 <= figures["caption_1"] <= figures["caption_5"] == figures["chance_5"] == 1
        assert figures["chance_1"] == pytest.approx((2 + 1 + 1) / 12, abs=1e-3)
    pixels = np.random.default_rng(0).integers(0, 256, (40, 40, 3), np.uint8)
    default = model.settled(Choices()).translate(pixels)
    assert np.array_equal(default, model.translate(pixels))
    assert not np.array_equal(default, model.settled(Choices(text="night")).translate(pixels))
    words = next(line for line in run("info", trained).stdout.splitlines() if line.startswith("words"))
    assert words.split(None, 1)[1] == "blue, night, wheat"


@pytest.mark.slow
def test_a_training_continues_as_if_it_had_not_stopped(trained: Path, table: Path) -> None:
    config = json.loads((trained / "config.json").read_text())
    assert config["captions"] == table.as_posix()
    resumed = resume(trained)
    assert resumed.finished and "caption_1" in resumed.figures
    lines = table.read_text()
    table.write_text(lines.replace("dark", "bright"))
    try:
        with pytest.raises(ResumeError, match=r"the images in .* are not those the run was started with"):
            resume(trained, steps=5)
        table.rename(table.with_suffix(".old"))
        with pytest.raises(ResumeError, match=r"captions\.csv"):
            resume(trained, steps=5)
    finally:
        table.write_text(lines)


def test_what_is_tiled_is_the_whole_with_any_text(
    worded_translator: Translator, picture: Path, pixels: np.ndarray, tmp_path: Path
) -> None:
    whole = worded_translator.settled(Choices(text="wheat night")).translate(pixels)
    stylize(picture, tmp_path / "out.png", worded_translator, text="night wheat", window=64, shard=128)
    assert np.abs(np.asarray(Image.open(tmp_path / "out.png")).astype(int) - whole).max() <= 1
    array = stylize_array(pixels, worded_translator, text="wheat night", window=64).compute()
    assert np.abs(array.astype(int) - whole).max() <= 1
    assert np.abs(whole.astype(int) - worded_translator.translate(pixels)).mean() > 2


class EnoughError(Exception):
    """Stops a run after its first shard."""


def stop(_phase: str, done: int, _total: int) -> None:
    if done:
        raise EnoughError


def test_work_is_not_resumed_with_another_text(worded_translator: Translator, picture: Path, tmp_path: Path) -> None:
    given = {"window": 64, "shard": 128}
    with pytest.raises(EnoughError):
        stylize(picture, tmp_path / "out.png", worded_translator, text="night", progress=stop, **given)
    with pytest.raises(ResumeError):
        stylize(picture, tmp_path / "out.png", worded_translator, text="wheat", resume=True)
    assert stylize(picture, tmp_path / "out.png", worded_translator, text="night", resume=True).output.is_file()
    worded_translator.save(tmp_path / "worded.safetensors")
    again = ("stylize", picture, "-o", tmp_path / "out.png", "--model", tmp_path / "worded.safetensors", "--resume")
    result = run(*again, "--text", "sky", "--device", "cpu", "--precision", "float32")
    assert result.exit_code == 1 and "with another model, style, code, text, seed or look" in result.stderr


def test_unknown_words_are_told_and_without_effect(worded_translator: Translator) -> None:
    with pytest.warns(TileganWarning, match="'worded' does not know field: without effect"):
        told = worded_translator.settled(Choices(text=TEXT)).weights()
    plain = worded_translator.settled(Choices(text="night sky wheat")).weights()
    assert all(np.array_equal(told[name], value) for name, value in plain.items())
    for text in ("moon", "under the"):
        with pytest.raises(
            SettingError, match=f"'worded' knows no word of '{text}': it knows words such as blue, night, sky, wheat"
        ):
            worded_translator.settled(Choices(text=text))


def test_what_cannot_be_is_told_in_a_line(
    picture: Path, training_folders: tuple[Path, Path], table: Path, tmp_path: Path
) -> None:
    training = ("train", *training_folders, "-o", tmp_path / "run", "--tile-size", 32)
    said = {
        ("stylize", picture, "-o", picture.with_name("out.png"), "--text", "night"): "trained without captions",
        (*training, "--captions", tmp_path / "no.csv"): "no table of captions",
        (*training, "--captions", "names"): "0 usable images",
        (*training, "--captions", table, "--method", "siamese"): "siamese learns from no captions",
        (*training, "--method", "stackgan"): "stackgan learns from captions of the targets: give them, --captions",
        (*training, "--captions", table, "--tile-size", 16): "the first stage sees 16 px a side",
        (*training[:2], training_folders[1] / "0.png", "--captions", table): "neural-style learns from no captions",
    }
    for arguments, line in said.items():
        result = run(*arguments)
        assert (result.exit_code, result.stderr.count("Error")) == (1, 1), result.output
        assert line in result.stderr.splitlines()[-1]
    assert not (tmp_path / "run").exists()
