import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from runs import losses
from tilegan.errors import (
    DatasetError,
    ModelError,
    OutputExistsError,
    SettingError,
    SkippedImageWarning,
    TileganWarning,
)
from tilegan.pipelines.train import TrainStep, plan, resume, train
from tilegan.pipelines.train_data import with_colors
from tilegan.pipelines.train_settings import TrainRequest
from tilegan.training.dataset import Dataset
from tilegan.training.folders import Folders
from tilegan.training.settings import TrainSettings
from tilegan.translator import load

pytestmark = pytest.mark.usefixtures("no_curves")


@pytest.fixture(scope="module")
def whole(
    tiny_training: TrainSettings, training_folders: tuple[Path, Path], tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """The run folder of an uninterrupted training, curves included; to be read only."""
    return train(*training_folders, tmp_path_factory.mktemp("whole") / "run", settings=tiny_training, device="cpu").run


def test_a_run_folder_holds_everything(
    tiny_training: TrainSettings, training_folders: tuple[Path, Path], tmp_path: Path
) -> None:
    steps: list[TrainStep] = []
    every = {"sample_every": 4, "checkpoint_every": 4}
    result = train(
        *training_folders, tmp_path / "run", settings=tiny_training, device="cpu", progress=steps.append, **every
    )
    assert (result.steps, result.finished, result.model) == (6, True, tmp_path / "run" / "translator.safetensors")
    assert [step.step for step in steps] == [1, 2, 3, 4, 5, 6]
    assert set(result.losses) == set(steps[0].losses)
    assert [step for step, _ in losses(tmp_path / "run")] == [1, 2, 3, 4, 5, 6]
    assert sorted(path.name for path in (tmp_path / "run" / "samples").iterdir()) == ["0000004.png", "0000006.png"]
    config = json.loads((tmp_path / "run" / "config.json").read_text())
    assert config["settings"]["batch"] == 2
    assert config["settings"]["method"]["margin"] == tiny_training.method.margin
    (color_map,) = config["settings"]["method"]["color_maps"]
    assert np.shape(color_map) == (20, 3) and np.any(color_map)
    assert load(tmp_path / "run").facts["settings"]["method"]["color_maps"] == []  # of no use in a model
    translator = load(tmp_path / "run")
    assert translator.name == "paintings"
    assert translator.facts["steps"] == 6
    assert translator.facts["source_images"] == 3
    assert not list(tmp_path.rglob("*.partial"))


def test_figures_are_measured_on_images_that_are_held_out(
    tiny_training: TrainSettings, training_folders: tuple[Path, Path], tmp_path: Path
) -> None:
    steps: list[TrainStep] = []
    settings = replace(tiny_training, hold_out=3)
    result = train(
        *training_folders, tmp_path / "run", settings=settings, device="cpu", progress=steps.append, sample_every=4
    )
    lines = [json.loads(line) for line in (tmp_path / "run" / "metrics.jsonl").read_text().splitlines()]
    assert [line["step"] for line in lines if "figures" in line] == [4, 6]
    assert [bool(step.figures) for step in steps] == [False, False, False, True, True, True]
    assert set(result.figures) >= {"content", "palette", "spread_between", "spread_within"}
    assert result.figures["content"] > 0.9  # the generator starts from the identity
    facts = load(tmp_path / "run").facts
    assert (facts["source_images"], facts["target_images"]) == (2, 2)
    assert facts["figures"]["content"] == round(result.figures["content"], 3)


def test_figures_go_on_after_a_resume_and_are_those_of_the_model(
    tiny_training: TrainSettings, training_folders: tuple[Path, Path], whole: Path, tmp_path: Path
) -> None:
    asked = iter([False, False, False, True])
    stopped = train(*training_folders, tmp_path / "cut", settings=tiny_training, device="cpu", stop=lambda: next(asked))
    assert load(tmp_path / "cut").facts["figures"]["content"] == round(stopped.figures["content"], 3)
    told: list[TrainStep] = []
    resume(tmp_path / "cut", progress=told.append)
    assert told[0].figures == stopped.figures
    assert load(tmp_path / "cut").facts["figures"] == load(whole).facts["figures"]


def test_colors_that_are_held_out_are_not_fitted_to(tmp_path: Path) -> None:
    for folder, levels in (("photos", (90, 10)), ("paintings", (90, 250))):
        (tmp_path / folder).mkdir()
        for number, level in enumerate(levels):
            Image.new("RGB", (64, 64), (level,) * 3).save(tmp_path / folder / f"{number}.png")
    settings = TrainSettings(tile_size=16, short_side=64, hold_out=2)
    dataset = Dataset.for_training(Folders(tmp_path / "photos", tmp_path / "paintings"), settings)
    (color_map,) = with_colors(settings, dataset).method.color_maps
    assert not np.any(color_map)  # what is left is of one color
    with_all = with_colors(replace(settings, hold_out=0), replace(dataset, hold_out=0))
    assert np.any(with_all.method.color_maps)
    assert with_all.method.unfitted() == settings.method


def test_a_run_is_not_replaced_by_one_that_cannot_begin(
    tiny_training: TrainSettings, training_folders: tuple[Path, Path], tmp_path: Path
) -> None:
    short = replace(tiny_training, steps=1)
    train(*training_folders, tmp_path / "run", settings=short, device="cpu")
    before = (tmp_path / "run" / "translator.safetensors").read_bytes()
    one = tmp_path / "one"
    one.mkdir()
    (one / "0.txt").write_text("a note")
    shutil.copy(training_folders[0] / "0.png", one / "1.png")
    with pytest.warns(SkippedImageWarning), pytest.raises(DatasetError, match="are held out"):
        train(
            one,
            training_folders[1],
            tmp_path / "run",
            settings=replace(short, hold_out=2),
            device="cpu",
            overwrite=True,
        )
    assert (tmp_path / "run" / "translator.safetensors").read_bytes() == before


def test_nothing_held_out_is_told(
    tiny_training: TrainSettings, training_folders: tuple[Path, Path], tmp_path: Path
) -> None:
    with pytest.warns(TileganWarning, match="has no 5th usable file to hold out"):
        train(*training_folders, tmp_path / "run", settings=replace(tiny_training, steps=1, hold_out=5), device="cpu")


def test_curves_are_drawn_where_matplotlib_is(whole: Path) -> None:
    pytest.importorskip("matplotlib")
    assert Image.open(whole / "curves.png").width > 100


def test_a_stopped_run_goes_on_to_the_same_end(
    tiny_training: TrainSettings, training_folders: tuple[Path, Path], whole: Path, tmp_path: Path
) -> None:
    asked = iter([False, False, True])
    stopped = train(*training_folders, tmp_path / "cut", settings=tiny_training, device="cpu", stop=lambda: next(asked))
    assert (stopped.steps, stopped.finished) == (3, False)
    assert resume(tmp_path / "cut").finished
    assert losses(tmp_path / "cut") == losses(whole)
    assert load(tmp_path / "cut").fingerprint() == load(whole).fingerprint()


@pytest.mark.parametrize("name", ["sample_every", "checkpoint_every"])
def test_a_run_that_would_never_be_shown_or_kept_is_refused_before_it_replaces_another(
    tiny_training: TrainSettings, training_folders: tuple[Path, Path], tmp_path: Path, name: str
) -> None:
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "config.json").write_text("an earlier run")
    with pytest.raises(SettingError, match="at least 1 step, not 0"):
        train(*training_folders, tmp_path / "run", settings=tiny_training, device="cpu", overwrite=True, **{name: 0})
    assert (tmp_path / "run" / "config.json").read_text() == "an earlier run"


def test_the_clock_stops_a_run(
    tiny_training: TrainSettings, training_folders: tuple[Path, Path], tmp_path: Path
) -> None:
    result = train(
        *training_folders, tmp_path / "run", settings=replace(tiny_training, steps=10**6), time_limit=0.3, device="cpu"
    )
    assert not result.finished
    assert resume(tmp_path / "run", steps=result.steps + 1).finished


def test_fine_tuning_starts_from_the_given_model(
    tiny_training: TrainSettings, training_folders: tuple[Path, Path], whole: Path, tmp_path: Path
) -> None:
    tuned = replace(tiny_training, steps=1, learning_rate=1e-9, generator={"name": "residual"})
    train(*training_folders, tmp_path / "second", settings=tuned, init=whole, device="cpu")
    image = np.random.default_rng(0).integers(0, 256, (20, 30, 3), dtype=np.uint8)
    first, second = (load(run, "cpu").translate(image).astype(int) for run in (whole, tmp_path / "second"))
    assert np.abs(first - second).max() <= 1
    assert load(tmp_path / "second").facts["init"] == whole.name  # where it lay is nobody's business
    with pytest.raises(ModelError, match="no model 'nothing'"):
        train(*training_folders, tmp_path / "third", init="nothing")


def test_the_look_of_no_model_cannot_be_kept() -> None:
    with pytest.raises(SettingError, match="keep_weight keeps the look of a finished model: give one as init"):
        TrainRequest.of(init="none", method_settings={"keep_weight": "3"})
    assert TrainRequest.of(init="monet", method_settings={"keep_weight": "3"}).settings.method.keeps


@pytest.mark.slow
def test_another_run_is_not_overwritten_unasked(
    tiny_training: TrainSettings, training_folders: tuple[Path, Path], tmp_path: Path
) -> None:
    short = replace(tiny_training, steps=1)
    train(*training_folders, tmp_path / "run", settings=short, device="cpu")
    with pytest.raises(OutputExistsError, match="--overwrite replaces it"):
        train(*training_folders, tmp_path / "run", settings=short)
    train(*training_folders, tmp_path / "run", settings=replace(short, steps=2), device="cpu", overwrite=True)
    assert len(losses(tmp_path / "run")) == 2
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "letter.txt").touch()
    with pytest.raises(OutputExistsError, match="is no run"):
        train(*training_folders, tmp_path / "mine", settings=short, overwrite=True)


def test_nothing_is_written_when_there_is_nothing_to_train_on(
    tiny_training: TrainSettings, training_folders: tuple[Path, Path], tmp_path: Path
) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(DatasetError):
        train(training_folders[0], tmp_path / "empty", tmp_path / "run", settings=tiny_training)
    assert not (tmp_path / "run").exists()


def test_the_plan_counts_without_writing(
    tiny_training: TrainSettings, training_folders: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    made = plan(*training_folders, settings=tiny_training, device="cpu")
    assert (made.source_images, made.target_images, made.steps) == (3, 3, 6)
    assert made.cache_needed == sum(3 * 48 * round(width * 48 / 70) for width in (90, 91, 92)) * 2
    assert made.parameters.keys() == {"generator", "discriminator"}
    assert made.seconds_per_step > 0
    assert made.init is None
    assert list(tmp_path.iterdir()) == []
