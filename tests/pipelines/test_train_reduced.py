"""Training from images and their own reductions, from a folder to a model that enlarges."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import rasterio
from PIL import Image

from tilegan.errors import DatasetError, ResumeError, SettingError, SkippedImageWarning
from tilegan.geometry import Window
from tilegan.images.stores.store import Store
from tilegan.methods.registry import method_settings
from tilegan.pipelines import evaluate, stylize
from tilegan.pipelines.train import plan, resume, train
from tilegan.training.settings import TrainSettings
from tilegan.translator import Translator, load

pytestmark = pytest.mark.usefixtures("no_curves")

SMALL = TrainSettings.of(
    method_settings("srgan", {}),
    tile_size=16,
    short_side=132,
    batch=2,
    steps=3,
    learning_rate=1e-2,  # far from bicubic enlargement after three steps
    generator={"name": "srresnet", "channels": 4, "blocks": 1, "scale": 4},
    discriminator={"name": "patch", "channels": 4, "layers": 2},
)


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four images of blots, 140 x 150 to 140 x 153 pixels; to be read only."""
    folder = tmp_path_factory.mktemp("reduced") / "photos"
    folder.mkdir()
    for number in range(4):
        blots = np.random.default_rng(number).integers(0, 256, (20, 22, 3), dtype=np.uint8)
        Image.fromarray(blots).resize((150 + number, 140), Image.Resampling.BICUBIC).save(folder / f"{number}.png")
    return folder


@pytest.fixture(scope="module")
def run(photos: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The run folder of an uninterrupted training; to be read only."""
    return train(photos, run=tmp_path_factory.mktemp("whole") / "run", settings=SMALL, device="cpu").run


def test_a_folder_alone_makes_a_model_that_enlarges(run: Path) -> None:
    translator = load(run)
    assert (translator.scale, translator.tile_size, translator.name) == (4, 16, "photos")
    facts = translator.facts
    assert (facts["method"], facts["source_images"], facts["target_images"]) == ("srgan", 4, 4)
    assert facts["figures"]["psnr"] > 10
    assert facts["figures"]["content"] > 0.5
    lines = [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]
    assert set(lines[0]["losses"]) == {"pixels", "generator", "features", "perceptual", "real", "translated"}
    # sources are drawn as large as the rest: crops of 2 x 128 pixels, of which the images have 132, all multiples of 4
    with Image.open(run / "samples" / "0000003.png") as sheet:
        assert sheet.height == 3 * (132 + 8) + 8


@pytest.mark.slow
def test_a_cut_training_goes_on_as_if_nothing_had_happened(photos: Path, run: Path, tmp_path: Path) -> None:
    asked = iter([False, True])
    stopped = train(photos, run=tmp_path / "cut", settings=SMALL, device="cpu", stop=lambda: next(asked))
    assert not stopped.finished
    assert resume(tmp_path / "cut").finished
    assert load(tmp_path / "cut").fingerprint() == load(run).fingerprint()
    moved = tmp_path / "moved"
    moved.mkdir()
    for number in range(3):
        (moved / f"{number}.png").write_bytes((photos / f"{number}.png").read_bytes())
    train(moved, run=tmp_path / "other", settings=replace(SMALL, steps=1), device="cpu")
    (moved / "1.png").unlink()
    with pytest.raises(ResumeError, match="are not those"):
        resume(tmp_path / "other", steps=2)


def test_it_starts_from_a_finished_model_that_enlarges_and_from_no_other(
    photos: Path, run: Path, training_folders: tuple[Path, Path], random_translator: Translator, tmp_path: Path
) -> None:
    other = replace(SMALL, steps=1, learning_rate=1e-9, generator={**SMALL.generator, "channels": 6})
    train(photos, run=tmp_path / "run", settings=other, init=run, device="cpu")
    before, after = (load(folder).weights() for folder in (run, tmp_path / "run"))
    assert all(np.allclose(after[name], weights, atol=1e-6) for name, weights in before.items())
    random_translator.save(tmp_path / "same.safetensors")
    with pytest.raises(SettingError, match="srgan learns to enlarge, and its generator does not"):
        train(photos, run=tmp_path / "none", settings=SMALL, init=tmp_path / "same.safetensors", device="cpu")
    siamese = TrainSettings(tile_size=16, short_side=48)
    with pytest.raises(SettingError, match="siamese does not learn to enlarge, and its generator does, 4 x"):
        train(*training_folders, tmp_path / "none", settings=siamese, init=run, device="cpu")
    assert not (tmp_path / "none").exists()


def test_figures_are_of_images_that_are_held_out(photos: Path, tmp_path: Path) -> None:
    settings = replace(SMALL, hold_out=4, steps=1)
    result = train(photos, run=tmp_path / "run", settings=settings, device="cpu")
    assert load(result.model).facts["target_images"] == 3
    assert result.figures["psnr"] > 10


def test_a_plan_counts_each_image_once_and_steps_fit_the_scale(photos: Path) -> None:
    made = plan(photos, settings=SMALL, device="cpu")
    assert (made.source_images, made.target_images) == (4, 4)
    sides = [round((150 + number) * 132 / 140) for number in range(4)]
    assert made.cache_needed == 3 * 132 * sum(sides)
    assert made.seconds_per_step > 0


def test_what_does_not_go_together_is_told(photos: Path, tmp_path: Path) -> None:
    flat = {"name": "residual", "channels": 8, "blocks": 1, "stride": 4, "detail": 4}
    for folders, paired, settings, message in (
        ((photos, tmp_path), "", SMALL, "srgan learns from one folder, whose images it reduces itself: give just that"),
        ((photos,), "side-by-side", SMALL, "srgan does not learn from pairs"),
        ((photos,), "", TrainSettings(tile_size=16, short_side=40), "is both: give sources, then targets"),
        ((photos,), "", replace(SMALL, short_side=127), "at least 2 tile sizes x 4, 128, not 127"),
        ((photos,), "", replace(SMALL, generator=flat), "srgan learns to enlarge, and its generator does not"),
    ):
        with pytest.raises(SettingError, match=message):
            train(*folders, run=tmp_path / "run", paired=paired, settings=settings, device="cpu")
    with pytest.warns(SkippedImageWarning), pytest.raises(DatasetError, match="at least 256 x 256 pixels"):
        train(photos, run=tmp_path / "run", settings=replace(SMALL, tile_size=32, short_side=256), device="cpu")
    assert not (tmp_path / "run").exists()


def test_tiled_equals_whole_and_the_place_is_kept(run: Path, tmp_path: Path) -> None:
    values = np.random.default_rng(0).integers(0, 256, (3, 90, 130), dtype=np.uint8)
    transform = rasterio.Affine(8, 6, 500_000, 6, -8, 5_100_000)
    profile = {"driver": "GTiff", "height": 90, "width": 130, "count": 3, "dtype": "uint8", "crs": "EPSG:32631"}
    with rasterio.open(tmp_path / "in.tif", "w", **profile, transform=transform) as dataset:
        dataset.write(values)
    translator = load(run, "cpu", "float32")
    stylize(tmp_path / "in.tif", tmp_path / "out.tif", translator, window=32, shard=64)
    stylize(tmp_path / "in.tif", tmp_path / "part.tif", translator, window=48, shard=48, region=(20, 11, 60, 70))
    whole = translator.translate(values.transpose(1, 2, 0)).transpose(2, 0, 1)
    with rasterio.open(tmp_path / "out.tif") as dataset:
        assert (dataset.width, dataset.height) == (520, 360)
        assert dataset.crs == rasterio.CRS.from_epsg(32631)
        assert dataset.transform == rasterio.Affine(2, 1.5, 500_000, 1.5, -2, 5_100_000)
        tiled = dataset.read()
    assert np.abs(tiled.astype(int) - whole).max() <= 1
    with rasterio.open(tmp_path / "part.tif") as dataset:
        assert dataset.transform == rasterio.Affine(2, 1.5, 500_226, 1.5, -2, 5_100_032)  # 20 right, 11 down
        part = dataset.read()
    inside = (slice(None), slice(44, 44 + 280), slice(80, 80 + 240))
    assert np.abs(part.astype(int) - whole[inside]).max() <= 1


def test_the_store_and_the_tiles_of_combo_are_enlarged(run: Path, photos: Path, tmp_path: Path) -> None:
    stylize(photos / "0.png", tmp_path / "out.zarr", load(run, "cpu", "float32"), seams="combo", window=32, shard=64)
    store = Store.open(tmp_path / "out.zarr")
    assert store.shape(0) == (560, 600)
    assert store.read(0, Window(0, 0, 560, 600)).std() > 10


def test_it_is_measured_against_the_same_folder(run: Path, photos: Path, tmp_path: Path) -> None:
    large = tmp_path / "large"
    large.mkdir()
    for photo in sorted(photos.iterdir())[:2]:
        with Image.open(photo) as image:
            image.resize((340, 330)).save(large / photo.name)
    result = evaluate(run, large, large, tmp_path / "out", images=2, device="cpu", precision="float32")
    assert (result.short_side, result.enlarged) == (80, 4)  # what five tiles need: more than the 33 pixels of training
    exact = result.figures["exact"]
    assert exact.whole is not None
    assert exact.whole.maximum <= 1
    assert exact.content[0] > 0.5
    assert exact.psnr is not None
    assert exact.psnr > 15
    assert (tmp_path / "out" / "evaluate.html").is_file()
