"""Training from label maps, from folder to picture."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import rasterio
from click.testing import CliRunner
from numpy.typing import NDArray
from PIL import Image

from tilegan.cli.main import main
from tilegan.errors import DatasetError, ImageError, SettingError
from tilegan.methods.registry import method_settings
from tilegan.methods.spade import Spade
from tilegan.pipelines.evaluate import evaluate
from tilegan.pipelines.stylize import stylize
from tilegan.pipelines.train import plan, resume, train
from tilegan.training.settings import TrainSettings
from tilegan.translator import load

pytestmark = pytest.mark.usefixtures("no_curves")

COLORS = [[0, 0, 0], [200, 40, 40], [250, 250, 0]]
SMALL = TrainSettings.of(
    method_settings("spade", {}),
    tile_size=16,
    short_side=40,
    batch=2,
    steps=3,
    generator={"name": "spade", "channels": 4, "downs": 2, "hidden": 4},
    discriminator={"name": "multiscale", "channels": 4, "layers": 2, "scales": 2},
)


def drawing(seed: int, height: int = 88, width: int = 96) -> NDArray[np.uint8]:
    """Rectangles of three labels, (height, width)."""
    random = np.random.default_rng(seed)
    drawn = np.zeros((height, width), np.uint8)
    for number in range(12):
        top, left = random.integers(0, height - 30), random.integers(0, width - 30)
        drawn[top : top + 30, left : left + 25] = number % 3
    return drawn


@pytest.fixture
def folders(tmp_path: Path) -> tuple[Path, Path]:
    """Label maps in colors, and noise whose mean tells the label."""
    maps, pictures = tmp_path / "maps", tmp_path / "pictures"
    for number in range(3):
        drawn = drawing(number)
        noise = np.random.default_rng(number).integers(0, 60, (*drawn.shape, 3))
        for folder, pixels in ((maps, np.array(COLORS)[drawn]), (pictures, noise + 90 * drawn[..., None])):
            folder.mkdir(exist_ok=True)
            Image.fromarray(pixels.astype(np.uint8)).save(folder / f"{number}.png")
    return maps, pictures


@pytest.mark.slow
def test_labels_are_found_learned_resumed_and_painted_exactly(
    folders: tuple[Path, Path], tmp_path: Path, worst: Callable[..., int]
) -> None:
    arguments = {"paired": "by-name", "settings": SMALL, "device": "cpu", "precision": "float32"}
    train(*folders, tmp_path / "whole", **arguments)  # type: ignore[arg-type]
    asked = iter([False, True])
    train(*folders, tmp_path / "cut", **arguments, stop=lambda: next(asked))  # type: ignore[arg-type]
    resume(tmp_path / "cut")
    whole, cut = (load(tmp_path / run, "cpu", "float32") for run in ("whole", "cut"))
    assert whole.fingerprint() == cut.fingerprint()
    config = json.loads((tmp_path / "whole" / "config.json").read_text())["settings"]
    assert whole.architecture["labels"] == config["generator"]["labels"] == COLORS

    large = np.array(COLORS, np.uint8)[drawing(9, 150, 210)]
    Image.fromarray(large).save(tmp_path / "large.png")
    placed = {"model": tmp_path / "whole", "window": 32, "device": "cpu", "precision": "float32"}
    stylize(tmp_path / "large.png", tmp_path / "painted.png", **placed)  # type: ignore[arg-type]
    assert worst(np.asarray(Image.open(tmp_path / "painted.png")), whole.translate(large)) <= 1
    with pytest.raises(SettingError, match="no larger strokes: 'pictures' paints label maps"):
        stylize(tmp_path / "large.png", tmp_path / "other.png", **placed, stroke=2)  # type: ignore[arg-type]
    Image.fromarray(large[..., 0].astype(np.uint16) * 100).save(tmp_path / "deep.png")
    with pytest.raises(ImageError, match=r"not a label map: .*deep.png has values of uint16: save it with 8 bits"):
        stylize(tmp_path / "deep.png", tmp_path / "other.png", **placed)  # type: ignore[arg-type]
    result = evaluate(tmp_path / "whole", *folders, tmp_path / "figures", short_side=84, images=1, device="cpu")
    assert {"identity", "exact"} <= result.figures.keys()


@pytest.mark.slow
def test_a_table_is_read_and_told(folders: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Spade, "architectures", (SMALL.generator, SMALL.discriminator))
    table = tmp_path / "table.csv"
    table.write_text("250,250,0,water\n0,0,0\n200,40,40\n9\n")
    chosen = ["--method", "spade", "--paired", "by-name", "--labels", str(table), "--tile-size", "16", "--batch", "2"]
    run = tmp_path / "run"
    short = ["--short-side", "40", "--steps", "1", "--device", "cpu", "-o", str(run)]
    result = CliRunner().invoke(main, ["train", *map(str, folders), *chosen, *short])
    assert result.exit_code == 0, result.output
    settings = json.loads((run / "config.json").read_text())["settings"]
    assert settings["generator"]["labels"] == [[250, 250, 0], [0, 0, 0], [200, 40, 40], [9, 9, 9]]
    told = CliRunner().invoke(main, ["info", str(run)])
    assert "4: 250,250,0 (water) 0,0,0 200,40,40 9,9,9" in told.output


@pytest.mark.slow
def test_numbers_of_one_band_are_labels(folders: tuple[Path, Path], tmp_path: Path, worst: Callable[..., int]) -> None:
    for number in range(3):
        Image.fromarray(drawing(number)).save(folders[0] / f"{number}.png")
    made = plan(*folders, paired="by-name", settings=SMALL, device="cpu")
    assert (made.source_images, made.target_images) == (3, 3)
    run = train(*folders, tmp_path / "run", paired="by-name", settings=replace(SMALL, steps=1), device="cpu").run
    model = load(run, "cpu", "float32")
    assert model.architecture["labels"] == [[0, 0, 0], [1, 1, 1], [2, 2, 2]]
    drawn = drawing(9)
    profile = {"driver": "GTiff", "height": 88, "width": 96, "count": 1, "dtype": "uint8", "crs": "EPSG:25832"}
    place = rasterio.Affine(10, 0, 500_000, 0, -10, 5_600_000)
    with rasterio.open(tmp_path / "map.tif", "w", **profile, transform=place) as file:
        file.write(drawn, 1)
    stylize(tmp_path / "map.tif", tmp_path / "out.tif", run, window=32, device="cpu", precision="float32")
    with rasterio.open(tmp_path / "out.tif") as file:
        assert (file.crs.to_epsg(), file.transform) == (25832, place)
        painted = file.read().transpose(1, 2, 0)
    assert worst(painted, model.translate(np.stack([drawn] * 3, 2))) <= 1


@pytest.mark.slow
def test_a_training_goes_on_from_a_model_with_its_labels(folders: tuple[Path, Path], tmp_path: Path) -> None:
    settings = replace(SMALL, steps=1)
    arguments = {"paired": "by-name", "settings": settings, "device": "cpu"}
    first = train(*folders, tmp_path / "first", **arguments)  # type: ignore[arg-type]
    (folders[0] / "0.png").unlink()
    Image.new("RGB", (96, 88), "green").save(folders[0] / "0.png")  # no label of the model's
    second = train(*folders, tmp_path / "second", **arguments, init=first.run)  # type: ignore[arg-type]
    assert load(second.model).architecture["labels"] == COLORS
    (tmp_path / "table.csv").write_text("1\n2\n")
    with pytest.raises(SettingError, match="has other labels"):
        train(*folders, tmp_path / "third", **arguments, init=first.run, labels=tmp_path / "table.csv")  # type: ignore[arg-type]


def test_what_does_not_go_together_is_told(folders: tuple[Path, Path], tmp_path: Path) -> None:
    arguments = {"run": tmp_path / "run", "paired": "by-name", "device": "cpu"}
    maps, pictures = folders
    with pytest.raises(DatasetError, match=r"the images in '.*pictures' are no label maps"):
        train(pictures, maps, settings=SMALL, **arguments)  # type: ignore[arg-type]
    pairs = TrainSettings.of(method_settings("pix2pix", {}), tile_size=32, short_side=80)
    with pytest.raises(SettingError, match="pix2pix does not learn from label maps"):
        train(maps, pictures, settings=pairs, labels="auto", **arguments)  # type: ignore[arg-type]
    with pytest.raises(SettingError, match="to start from knows no labels"):
        train(maps, pictures, settings=SMALL, init="monet", **arguments)  # type: ignore[arg-type]
    assert not (tmp_path / "run").exists()
