"""One model of several styles, from folders to pictures."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from click.testing import CliRunner
from PIL import Image

from tilegan.cli.main import main
from tilegan.errors import SettingError
from tilegan.methods.color_map import move_colors
from tilegan.methods.registry import method_settings, methods
from tilegan.pipelines.evaluate import evaluate
from tilegan.pipelines.stylize import stylize
from tilegan.pipelines.train import plan, resume, train
from tilegan.training.settings import TrainSettings
from tilegan.translator import load

pytestmark = pytest.mark.usefixtures("no_curves")

NETWORKS = {
    "siamese": {"name": "siamese", "channels": [4, 4, 8, 8], "cell_values": 4},
    "cyclegan": {"name": "patch", "channels": 4, "layers": 2},
}


def settings_of(name: str) -> TrainSettings:
    return TrainSettings.of(
        method_settings(name, {}),
        tile_size=16,
        short_side=40,
        batch=2,
        steps=4,
        learning_rate=5e-3,
        generator={"name": "residual", "channels": 8, "blocks": 1, "stride": 4, "detail": 4},
        discriminator=NETWORKS[name],
    )


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    root = tmp_path_factory.mktemp("styles")
    for number, name in enumerate(("photos", "paintings/dark", "paintings/light")):
        (root / name).mkdir(parents=True)
        for image in range(3):
            pixels = np.random.default_rng((number, image)).integers(0, 128, (90, 100, 3)) + (0, 0, 127)[number]
            Image.fromarray(pixels.astype(np.uint8)).save(root / name / f"{image}.png")
    return root / "photos", root / "paintings"


@pytest.fixture(scope="module")
def run(folders: tuple[Path, Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("run") / "run"
    train(*folders, folder, styles=True, settings=settings_of("siamese"), device="cpu")
    return folder


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name, method in methods().items() if method.styles])
def test_styles_are_learned_and_resumed(folders: tuple[Path, Path], run: Path, tmp_path: Path, name: str) -> None:
    settings = settings_of(name)
    if name != "siamese":
        run = train(*folders, tmp_path / "whole", styles=True, settings=settings, device="cpu").run
    asked = iter([False, True])
    train(*folders, tmp_path / "cut", styles=True, settings=settings, device="cpu", stop=lambda: next(asked))
    resume(tmp_path / "cut")
    whole, cut = (load(each, "cpu", "float32") for each in (run, tmp_path / "cut"))
    assert whole.fingerprint() == cut.fingerprint()
    assert whole.styles == ("dark", "light")
    settings = json.loads((run / "config.json").read_text())["settings"]
    if maps := settings["method"].get("color_maps"):  # sources are dark
        source = torch.full((1, 3, 1, 1), -0.5)
        dark, light = (move_colors(source, torch.tensor([each]), 1, 1).mean().item() for each in maps)
        assert dark == pytest.approx(-0.5, abs=0.05) and light == pytest.approx(0.5, abs=0.05)
    assert bool(maps) == (name == "siamese")
    pixels = np.asarray(Image.open(folders[0] / "0.png"))
    dark, light = (whole.in_style({style: 1.0}).translate(pixels) for style in whole.styles)
    assert not np.array_equal(dark, light)


def test_an_image_is_stylized_in_a_style_or_a_mixture(run: Path, folders: tuple[Path, Path], tmp_path: Path) -> None:
    source = folders[0] / "0.png"
    model = load(run, "cpu", "float32")
    for text, shares in (("dark", {"dark": 1.0}), ("dark=0.5,light=1.5", {"dark": 0.25, "light": 0.75})):
        output = tmp_path / "out.png"
        arguments = [
            "stylize",
            str(source),
            "-o",
            str(output),
            "--model",
            str(run),
            "--style",
            text,
            "--stroke",
            "1",
            "--overwrite",
        ]
        result = CliRunner().invoke(main, [*arguments, "--device", "cpu", "--precision", "float32"])
        assert result.exit_code == 0, result.output
        expected = model.in_style(shares).translate(np.asarray(Image.open(source)))
        assert np.abs(np.asarray(Image.open(output)).astype(int) - expected).max() <= 1


def test_a_plan_counts_the_images_of_all_styles(folders: tuple[Path, Path]) -> None:
    made = plan(*folders, styles=True, settings=settings_of("siamese"), device="cpu")
    assert (made.source_images, made.target_images) == (3, 6)


def test_the_default_output_is_named_after_the_style(run: Path, tmp_path: Path) -> None:
    Image.fromarray(np.zeros((20, 20, 3), np.uint8)).save(tmp_path / "a.png")
    result = stylize(tmp_path / "a.png", model=run, style={"light": 1.0}, device="cpu")
    assert result.output == tmp_path / "a.light.png"


def test_an_evaluation_is_of_one_style(run: Path, folders: tuple[Path, Path], tmp_path: Path) -> None:
    dark = folders[1] / "dark"
    with pytest.raises(SettingError, match="several styles"):
        evaluate(run, folders[0], dark, tmp_path / "figures")
    result = evaluate(run, folders[0], dark, tmp_path / "figures", style={"dark": 1.0}, short_side=80)
    assert result.style == "dark"


def test_what_does_not_go_together_is_told(run: Path, folders: tuple[Path, Path], tmp_path: Path) -> None:
    source = folders[0] / "0.png"
    with pytest.raises(SettingError, match="several styles: choose from dark, light"):
        stylize(source, tmp_path / "out.png", run)
    with pytest.raises(SettingError, match="has only one style: leave out monet"):
        stylize(source, tmp_path / "out.png", "monet", style={"monet": 1.0})
    settings = settings_of("siamese")
    with pytest.raises(SettingError, match="to start from has the styles dark, light"):
        train(*folders, tmp_path / "run", settings=settings, init=run, device="cpu")
    pairs = TrainSettings.of(method_settings("pix2pix", {}))
    with pytest.raises(SettingError, match="pix2pix learns one style at a time"):
        train(*folders, tmp_path / "run", styles=True, settings=pairs, device="cpu")


@pytest.mark.slow
def test_several_styles_can_be_learned_on_from_a_model_of_one(
    run: Path, folders: tuple[Path, Path], tmp_path: Path
) -> None:
    settings = replace(settings_of("siamese"), steps=1)
    train(folders[0], folders[1] / "dark", tmp_path / "one", settings=settings, device="cpu")
    result = train(*folders, tmp_path / "two", styles=True, settings=settings, init=tmp_path / "one", device="cpu")
    assert load(result.model).styles == ("dark", "light")
    assert load(train(*folders, tmp_path / "on", styles=True, settings=settings, init=run, device="cpu").model).styles
