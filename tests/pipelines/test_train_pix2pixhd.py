"""pix2pixHD from folders to pictures: on plain images and on label maps, whose looks are chosen."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner
from numpy.typing import NDArray
from PIL import Image

from pictures import are_equal
from tilegan.cli.main import main
from tilegan.pipelines.stylize import stylize
from tilegan.pipelines.train import plan, resume, train
from tilegan.translator import load
from tiny_networks import tiny_pix2pixhd

pytestmark = pytest.mark.usefixtures("no_curves")

COLORS = np.array([[0, 0, 0], [255, 255, 0], [255, 0, 0]], np.uint8)
SETTINGS = tiny_pix2pixhd(steps=6)
OPTIONS: dict[str, Any] = {"paired": "by-name", "settings": SETTINGS, "device": "cpu"}


def drawing(seed: int, height: int, width: int) -> NDArray[np.uint8]:
    """A label map of some even areas."""
    areas = np.random.default_rng(seed).integers(0, 3, (-(-height // 11), -(-width // 11)))
    return COLORS[areas.repeat(11, 0).repeat(11, 1)[:height, :width]]


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Drawings, and the same in other colors, a little different in each."""
    root = tmp_path_factory.mktemp("pairs")
    for number in range(3):
        drawn = drawing(number, 44, 48)
        for name, image in (("drawings", drawn), ("maps", 200 - drawn // 2 + 10 * number)):
            (root / name).mkdir(exist_ok=True)
            Image.fromarray(image.astype(np.uint8)).save(root / name / f"{number}.png")
    return root / "drawings", root / "maps"


@pytest.fixture(scope="module")
def run(folders: tuple[Path, Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("run") / "run"
    train(*folders, folder, labels="auto", **OPTIONS)
    return folder


@pytest.mark.slow
@pytest.mark.parametrize(("labels", "done"), [(None, 1), ("auto", 3)])  # in the first and in the second phase
def test_a_cut_training_goes_on_in_its_phase(
    folders: tuple[Path, Path], run: Path, tmp_path: Path, labels: str | None, done: int
) -> None:
    whole = run
    if labels is None:
        whole = tmp_path / "whole"
        train(*folders, whole, **OPTIONS)
    asked = iter([False] * (done - 1) + [True])
    cut = train(*folders, tmp_path / "cut", labels=labels, stop=lambda: next(asked), **OPTIONS)
    assert cut.steps == done
    resume(tmp_path / "cut")
    assert load(tmp_path / "cut", "cpu", "float32").fingerprint() == load(whole, "cpu", "float32").fingerprint()


def test_any_look_of_labels_is_painted_exactly(run: Path, tmp_path: Path) -> None:
    pixels = drawing(9, 70, 90)
    Image.fromarray(pixels).save(tmp_path / "big.png")
    model = load(run, "cpu", "float32")
    assert (model.looks, model.architecture["labels"]) == (3, sorted(COLORS.tolist()))
    for number, (chosen, seed) in enumerate((({}, None), ({0: 2, 2: 1}, None), ({1: 1}, 5))):
        output = tmp_path / f"{number}.png"
        options: dict[str, Any] = {"window": 16, "shard": 32, "device": "cpu", "precision": "float32"}
        stylize(tmp_path / "big.png", output, run, looks=chosen, look_seed=seed, **options)
        painted = np.asarray(Image.open(output))
        whole = model.in_look(chosen, seed).translate(pixels)
        assert are_equal(painted, whole)


def test_looks_on_the_command_line(run: Path, tmp_path: Path) -> None:
    Image.fromarray(drawing(9, 40, 40)).save(tmp_path / "map.png")
    command = ["stylize", str(tmp_path / "map.png"), "--model", str(run), "--device", "cpu", "--precision", "float32"]

    def painted(*options: str) -> NDArray[np.uint8]:
        result = CliRunner().invoke(main, [*command, "-o", str(tmp_path / "out.png"), "--overwrite", *options])
        assert result.exit_code == 0, result.output
        return np.asarray(Image.open(tmp_path / "out.png"))

    model = load(run, "cpu", "float32").in_look({0: 1, 2: 2}, 7)
    assert np.array_equal(painted("--look", "0=1,2=2", "--look-seed", "7"), model.translate(drawing(9, 40, 40)))
    for options, message in (
        (["--look", "0"], "are not looks of labels: give label=look"),
        (["--look", "0=9"], "has no look 9 of label 0: choose from 0 to 2"),
        (["--look", "7=0"], "has no label 7: choose from 0 to 2"),
        (["--model", "monet", "--look-seed", "1"], "has no looks to choose from"),
    ):
        result = CliRunner().invoke(main, [*command, "-o", str(tmp_path / "other.png"), *options])
        assert result.exit_code != 0
        assert message in " ".join(result.output.split())


def test_a_plan_times_all_that_learns_in_the_end(folders: tuple[Path, Path]) -> None:
    made = plan(*folders, labels="auto", **OPTIONS)
    assert made.parameters["generator"] > 0
    assert made.seconds_per_step > 0
