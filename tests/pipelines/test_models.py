"""Which models there are inside the package, and a sheet of all."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tilegan.errors import ImageError, OutputError, OutputExistsError, SettingError
from tilegan.images.pixels.sheet import GAP, LETTERS
from tilegan.model_file import bundled
from tilegan.pipelines import evaluate, model_sheet, models, stylize, train
from tilegan.translator import Translator, load

LINE = 2 * LETTERS  # pixels beneath a picture


def by_name() -> dict[str, str]:
    return {model.name: model.summary for model in models()}


def test_files_are_listed_each_with_its_styles(bundled_models: Path) -> None:
    both, dark, light, one = models()
    assert [model.name for model in (both, dark, light, one)] == ["both", "dark", "light", "one"]
    assert both.styles == ("dark", "light") and dark.styles == one.styles == ()
    assert [model.style for model in (both, dark, light, one)] == ["", "dark", "light", ""]
    assert light.path == bundled_models / "both.safetensors"
    assert one.summary == "noise, in colors"


def test_what_a_header_does_not_say_is_made_up(
    bundled_models: Path, random_translator: Translator, styled_translator: Translator
) -> None:
    facts = {"method": "siamese", "target_images": 115}
    replace(random_translator, facts=facts).save(bundled_models / "two.safetensors")
    random_translator.save(bundled_models / "three.safetensors")
    found = by_name()
    assert found["two"] == "learned by siamese from 115 images"
    assert found["three"] == "without a description"
    assert found["dark"] == "a style of 'both'"
    assert found["both"] == "2 styles, to choose from or to mix by --style, without a description"
    for summary, expected in (
        ("grays", ("grays", "a style of 'both'")),
        ({"dark": "black"}, (found["both"], "black")),
        ({"": "grays", "dark": "black"}, ("grays", "black")),
        (7, (found["both"], "a style of 'both'")),
    ):
        replace(styled_translator, facts={"summary": summary}).save(bundled_models / "both.safetensors")
        assert (by_name()["both"], by_name()["dark"]) == expected


def test_what_ships_is_listed() -> None:
    assert [model.name for model in models()] and set(by_name()) == set(bundled())
    assert all(summary and "\n" not in summary for summary in by_name().values())
    assert not [name for name, summary in by_name().items() if summary.startswith("learned by")]  # no line of their own


@pytest.mark.usefixtures("bundled_models")
def test_a_sheet_shows_the_photograph_and_then_all_models(
    picture: Path, pixels: np.ndarray, random_translator: Translator, styled_translator: Translator
) -> None:
    told: list[tuple[str, int, int]] = []
    result = model_sheet(picture, device="cpu", precision="float32", progress=lambda *step: told.append(step))
    assert result.output == picture.with_name("picture.models.png")
    assert result.names == ("dark", "light", "one")
    sheet = np.asarray(Image.open(result.output))
    height, width, _ = pixels.shape
    assert sheet.shape == (2 * GAP + height + LINE, 4 * (width + GAP) + GAP, 3) == (result.height, result.width, 3)
    cells = [sheet[GAP:, GAP + number * (width + GAP) :][:, :width] for number in range(4)]
    expected = [
        pixels,
        styled_translator.in_style({"dark": 1.0}).translate(pixels),
        styled_translator.in_style({"light": 1.0}).translate(pixels),
        random_translator.translate(pixels),
    ]
    for cell, wanted in zip(cells, expected, strict=True):
        assert np.array_equal(cell[:height], wanted)
        assert cell[height : height + LINE].min() < 50  # a name in black
    assert told[-1] == ("sheet", 3 * height * width, 3 * height * width)


@pytest.mark.usefixtures("bundled_models")
@pytest.mark.parametrize(
    ("shape", "expected"), [((80, 120), (40, 60)), ((120, 80), (60, 40)), ((30, 36), (30, 36)), ((20, 800), (4, 160))]
)
def test_a_photograph_is_reduced(tmp_path: Path, shape: tuple[int, int], expected: tuple[int, int]) -> None:
    Image.fromarray(np.zeros((*shape, 3), np.uint8)).save(tmp_path / "a.tif")
    result = model_sheet(tmp_path / "a.tif", short_side=40, device="cpu", precision="float32")
    assert result.output == tmp_path / "a.models.png"  # of a kind that is no sheet's
    assert result.height == 2 * GAP + expected[0] + LINE


@pytest.mark.usefixtures("bundled_models")
def test_many_models_are_shown_in_rows(
    bundled_models: Path, random_translator: Translator, picture: Path, tmp_path: Path
) -> None:
    random_translator.save(bundled_models / "zebra.safetensors")
    result = model_sheet(picture, tmp_path / "sheet.jpg", short_side=32, device="cpu", precision="float32")
    assert Image.open(result.output).format == "JPEG"
    assert result.names == ("dark", "light", "one", "zebra")
    assert result.height == GAP + 2 * (32 + LINE + GAP)


@pytest.mark.usefixtures("bundled_models")
def test_what_cannot_be_is_refused(picture: Path, tmp_path: Path) -> None:
    with pytest.raises(ImageError, match="no such image"):
        model_sheet(tmp_path / "nowhere.png")
    with pytest.raises(OutputError, match="is the source itself"):
        model_sheet(picture, picture, overwrite=True)
    with pytest.raises(OutputError, match="no folder"):
        model_sheet(picture, tmp_path / "nowhere" / "sheet.png")
    for name in ("sheet.tif", "sheet.zarr", "sheet.dzi"):
        with pytest.raises(OutputError, match=r"use \.png, \.jpg or \.webp"):
            model_sheet(picture, tmp_path / name)
    with pytest.raises(OutputError, match="name an output"):
        model_sheet("/vsizip/a.zip/a.png")
    with pytest.raises(SettingError, match="short side of 0"):
        model_sheet(picture, short_side=0)
    (tmp_path / "sheet.png").write_bytes(b"mine")
    with pytest.raises(OutputExistsError, match="exists"):
        model_sheet(picture, tmp_path / "sheet.png")
    assert (tmp_path / "sheet.png").read_bytes() == b"mine"
    model_sheet(picture, tmp_path / "sheet.png", short_side=32, device="cpu", precision="float32", overwrite=True)
    assert Image.open(tmp_path / "sheet.png").size[0] > 32
    assert not list(tmp_path.glob("*.partial"))


@pytest.mark.usefixtures("bundled_models")
def test_an_image_is_stylized_in_a_style_by_its_name(
    picture: Path, pixels: np.ndarray, styled_translator: Translator
) -> None:
    result = stylize(picture, model="light", device="cpu", precision="float32")
    assert result.output == picture.with_name("picture.light.png")
    expected = styled_translator.in_style({"light": 1.0}).translate(pixels)
    assert np.abs(np.asarray(Image.open(result.output)).astype(int) - expected).max() <= 1
    mixed = stylize(picture, model="light", style={"dark": 1.0}, device="cpu", precision="float32")
    assert mixed.output == picture.with_name("picture.dark.png")
    again = stylize(picture, model=load("light", "cpu", "float32"), overwrite=True)
    assert again.output == result.output


@pytest.mark.usefixtures("bundled_models", "no_curves")
def test_training_goes_on_from_a_style_by_its_name(
    training_folders: tuple[Path, Path], tiny_training, tmp_path: Path, pixels: np.ndarray, styled_translator
) -> None:
    settings = replace(tiny_training, steps=1, learning_rate=1e-9)
    made = load(train(*training_folders, tmp_path / "run", settings=settings, init="light", device="cpu").model)
    assert made.styles == ()
    light = styled_translator.in_style({"light": 1.0})
    found = made.place("cpu", "float32").translate(pixels)
    assert np.abs(found.astype(int) - light.translate(pixels)).max() <= 1


@pytest.mark.usefixtures("bundled_models")
def test_a_style_is_evaluated_by_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for folder in ("photos", "paintings"):
        (tmp_path / folder).mkdir()
        for number in range(2):
            pixels = np.random.default_rng(number).integers(0, 256, (90, 100, 3), np.uint8)
            Image.fromarray(pixels).save(tmp_path / folder / f"{number}.png")
    monkeypatch.chdir(tmp_path)
    result = evaluate("light", "photos", "paintings", short_side=80, device="cpu")
    assert (result.style, result.output) == ("light", Path("light.evaluation"))
