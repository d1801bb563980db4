"""Training on one painting: a file in place of the folder of targets."""

import warnings
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import load_file

from tilegan.errors import DatasetError, ModelError, ResumeError, TileganWarning
from tilegan.methods.neural_style import NeuralStyleSettings
from tilegan.methods.siamese_settings import SiameseSettings
from tilegan.pipelines.evaluate import evaluate
from tilegan.pipelines.evaluation.painting import parts_of_painting
from tilegan.pipelines.train import resume, train
from tilegan.pipelines.train_settings import TrainRequest
from tilegan.training.checkpoint import NAME
from tilegan.training.dataset import Dataset
from tilegan.training.folders import Folders
from tilegan.training.painting import find_painting
from tilegan.training.settings import TrainSettings
from tilegan.translator import load
from tiny_vgg import random_vgg

pytestmark = pytest.mark.usefixtures("no_curves")


@pytest.fixture(scope="module")
def painting(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file of 100 x 160 pixels; to be read only."""
    path = tmp_path_factory.mktemp("painting") / "night.png"
    Image.fromarray(np.random.default_rng(5).integers(0, 256, (100, 160, 3), np.uint8)).save(path)
    return path


@pytest.fixture(scope="module")
def tiny(tiny_training: TrainSettings) -> TrainSettings:
    judge = {"name": "patch-and-features", "channels": 4, "layers": 2, "width": 4}
    return replace(tiny_training, steps=3, discriminator=judge, method=NeuralStyleSettings())


@pytest.mark.parametrize(
    ("file", "values", "expected"),
    [
        (True, {}, ("neural-style", "vangogh", 150)),
        (True, {"steps": 7, "init": "none"}, ("neural-style", None, 7)),
        (True, {"generator_set": {"channels": 8}}, ("neural-style", None, 6000)),
        (True, {"method": "siamese"}, ("siamese", None, 6000)),
        (False, {}, ("siamese", "vangogh", 2000)),
        (False, {"context": True, "steps": 7}, ("siamese", "vangogh", 7)),
        (False, {"init": "none"}, ("siamese", None, 6000)),
        (False, {"init": "monet"}, ("siamese", "monet", 2000)),
        (False, {"generator": "residual"}, ("siamese", None, 6000)),
        (False, {"method": "cyclegan"}, ("cyclegan", None, 6000)),
        (False, {"method": "cyclegan", "init": "monet"}, ("cyclegan", "monet", 6000)),
        (False, {"captions": "names"}, ("stackgan", "vangogh", 400)),
        (False, {"captions": "names", "init": "none"}, ("stackgan", None, 6000)),
    ],
)
def test_the_target_and_captions_decide_on_method_start_and_steps(
    painting: Path,
    file: bool,
    values: dict[str, Any],
    expected: tuple[str, str | None, int],
) -> None:
    made = TrainRequest.of(target=painting if file else painting.parent, **values)
    assert (made.settings.method_type.name, made.network.init, made.settings.steps) == expected


def test_the_loss_on_style_starts_at_once_from_a_model(tmp_path: Path) -> None:
    def style_start(**values: Any) -> float:
        method = TrainRequest.of(target=tmp_path, **values).settings.method
        assert isinstance(method, SiameseSettings)
        return method.style_start

    assert (style_start(), style_start(init="none"), style_start(style_start=0.5)) == (0, 0.25, 0.5)


@pytest.mark.slow
def test_a_run_goes_on_with_the_painting_elsewhere_and_is_evaluated_on_its_parts(
    painting: Path, training_folders: tuple[Path, Path], tiny: TrainSettings, tmp_path: Path
) -> None:
    source, copy = training_folders[0], tmp_path / "night.png"
    copy.write_bytes(painting.read_bytes())
    whole = train(source, painting, tmp_path / "whole", settings=tiny, device="cpu")
    asked = iter([False, True])
    with warnings.catch_warnings():
        warnings.simplefilter("error", TileganWarning)  # one painting is not held out, and nobody expects it
        held = replace(tiny, hold_out=3)
        train(source, copy, tmp_path / "run", settings=held, device="cpu", stop=lambda: next(asked))
    moved = tmp_path / "moved.png"
    copy.rename(moved)
    with pytest.raises(ResumeError, match=r"no folder or file .*night\.png"):
        resume(tmp_path / "run")
    result = resume(tmp_path / "run", source, moved)
    assert (result.steps, result.finished) == (3, True)
    facts = load(whole.model).facts
    assert (load(whole.model).name, facts["method"], facts["target_images"]) == ("night", "neural-style", 1)
    figures = evaluate(whole.run, painting.parent, painting, tmp_path / "evaluation", short_side=80, images=1)
    white, black = figures.targets
    assert white == ["row 1, column 1", "row 1, column 3", "row 2, column 2", "row 2, column 4"]
    assert black == ["row 1, column 2", "row 1, column 4", "row 2, column 1", "row 2, column 3"]
    assert figures.figures["exact"].whole.maximum <= 1


@pytest.mark.slow
def test_the_features_of_a_vgg_file_are_compared_and_the_file_is_needed_to_go_on(
    painting: Path, training_folders: tuple[Path, Path], tiny: TrainSettings, tmp_path: Path
) -> None:
    source, file, asked = training_folders[0], tmp_path / "vgg.safetensors", iter([True])
    settings = replace(tiny, steps=2, method=NeuralStyleSettings(vgg=str(file)))
    with pytest.raises(ModelError, match=r"no VGG weights in .*vgg\.safetensors: .*: give a \.safetensors file"):
        train(tmp_path / "nowhere", painting, tmp_path / "run", settings=settings)  # before photographs are looked for
    random_vgg(file)
    whole = train(source, painting, tmp_path / "whole", settings=settings, device="cpu")
    train(source, painting, tmp_path / "run", settings=settings, device="cpu", stop=lambda: next(asked))
    elsewhere = file.rename(tmp_path / "elsewhere.safetensors")
    with pytest.raises(ModelError, match=r"no VGG weights in .*vgg\.safetensors"):
        resume(tmp_path / "run")
    elsewhere.rename(file)
    result = resume(tmp_path / "run")
    assert (result.steps, result.finished) == (2, True)
    file.unlink()  # models do not need it
    models = [load(each.model) for each in (whole, result)]
    assert all(torch.equal(value, models[1].weights()[name]) for name, value in models[0].weights().items())
    assert "frozen" not in " ".join(load_file(tmp_path / "run" / NAME))


def test_what_does_not_go_together_is_told(
    painting: Path, training_folders: tuple[Path, Path], tiny: TrainSettings, tmp_path: Path
) -> None:
    source = training_folders[0]
    with pytest.raises(DatasetError, match="several styles need one with a subfolder"):
        train(source, painting, tmp_path / "run", styles=True)
    with pytest.raises(DatasetError, match="160 x 100 pixels, and parts of it are compared: they need 96 x 96"):
        parts_of_painting(find_painting(painting, 16, 512)[0], 96)
    alone = tmp_path / "alone"
    alone.mkdir()
    (alone / painting.name).write_bytes(painting.read_bytes())
    with pytest.warns(TileganWarning, match="only one image in .*alone.: give the file itself"):
        Dataset.for_training(Folders(source, alone), tiny)
    assert not (tmp_path / "run").exists()
