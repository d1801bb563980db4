import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from click.testing import CliRunner
from PIL import Image

from tilegan.cli.main import main
from tilegan.methods.siamese import Siamese
from tilegan.methods.srgan import SRGan
from tilegan.training.settings import TrainSettings
from tiny_networks import NETWORKS

pytestmark = pytest.mark.usefixtures("no_curves", "tiny_siamese")
QUICK = ["--tile-size", "16", "--short-side", "40", "--batch", "2", "--device", "cpu"]
RATES = ["--learning-rate", "1e-4", "--discriminator-rate", "4e-4"]


@pytest.fixture
def tiny_siamese(monkeypatch: pytest.MonkeyPatch) -> None:
    """The method by default trains tiny networks."""
    monkeypatch.setattr(Siamese, "architectures", NETWORKS["siamese"])


@pytest.fixture
def folders(training_folders: tuple[Path, Path]) -> list[str]:
    """The two arguments of the command."""
    return [str(folder) for folder in training_folders]


def test_a_run_goes_to_runs_and_the_targets_name_by_default(
    folders: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(
        main, ["train", *folders, *QUICK, "--steps", "2", "--margin", "3", "--set", "palette=0.5", *RATES]
    )
    assert result.exit_code == 0, result.output
    assert "runs/paintings/translator.safetensors: 2 steps" in result.output
    config = json.loads((tmp_path / "runs" / "paintings" / "config.json").read_text())
    assert (
        config["settings"]["method"] | {"name": "siamese", "margin": 3, "palette": 0.5} == config["settings"]["method"]
    )
    assert config["settings"]["tile_size"] == 16
    assert (config["settings"]["learning_rate"], config["settings"]["discriminator_rate"]) == (1e-4, 4e-4)
    again = CliRunner().invoke(main, ["train", *folders, *QUICK, "--steps", "2"])
    assert again.exit_code == 1
    assert "--overwrite replaces it" in again.output
    longer = CliRunner().invoke(main, ["train", "--resume", "runs/paintings", "--steps", "3"])
    assert longer.exit_code == 0, longer.output
    assert "3 steps" in longer.output
    fewer = CliRunner().invoke(main, ["train", "--resume", "runs/paintings", "--steps", "2"])
    assert fewer.exit_code == 1
    assert "has 3 steps already" in fewer.output
    assert json.loads((tmp_path / "runs" / "paintings" / "config.json").read_text())["settings"]["steps"] == 3


def test_the_help_tells_the_defaults() -> None:
    shown = " ".join(CliRunner().invoke(main, ["train", "--help"]).output.split())
    settings = TrainSettings()
    for told in (
        "[default: 2000 with siamese, 400 with stackgan, 150 with neural-style, from a model; 6000 otherwise]",
        f"Crops per step [default: {settings.batch}]",
        f"in which learning rates fall [default: {settings.rate_decay}]",
        f"Seed of initial weights and crops [default: {settings.seed}]",
    ):
        assert told in shown


def test_a_dry_run_tells_the_plan_and_writes_nothing(
    folders: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(main, ["train", *folders, *QUICK, "--dry-run"])
    assert result.exit_code == 0, result.output
    assert "3 source, 3 target" in result.output
    assert "start      vangogh\n" in result.output
    assert "generator" in result.output
    assert "minutes" in result.output
    anew = ["--init", "none", "--generator-set", "noise=2"]
    assert (
        "start      from scratch\n" in CliRunner().invoke(main, ["train", *folders, *QUICK, *anew, "--dry-run"]).output
    )
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "folders are needed"),
        (["--resume", "run", "--batch", "4"], "leave out: batch"),
        (["--resume", "run", "--set", "a=1", "--context"], "leave out: set, context"),
        (["a", "b", "--resume", "run", "--seed", "1"], "leave out: seed"),
        (["a", "b", "--time", "soon"], "is not a time"),
        (["a", "b", "--set", "palette"], "give name=value"),
        (["a", "b", "--norm", "group"], "'group' is not one of"),
        (["a", "b", "--init", "monet", "--generator", "resnet"], "leave out --generator and --generator-set"),
        (["a", "b", "--init", "monet", "--generator-set", "blocks=2"], "leave out --generator and --generator-set"),
    ],
)
def test_usage_errors_end_with_2(arguments: list[str], message: str) -> None:
    result = CliRunner().invoke(main, ["train", *arguments])
    assert result.exit_code == 2
    assert message in result.output


@pytest.mark.slow
def test_a_generator_and_its_norm_are_chosen(
    folders: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tiny = {"resnet": {"name": "resnet", "channels": 4, "blocks": 9}}
    monkeypatch.setattr("tilegan.networks.build.NAMED_GENERATORS", tiny)
    options = [*QUICK, "--steps", "1", "--generator", "resnet", "--norm", "instance", "-o", str(tmp_path / "run")]
    options += ["--generator-set", "blocks=1"]
    result = CliRunner().invoke(main, ["train", *folders, *options])
    assert result.exit_code == 0, result.output
    config = json.loads((tmp_path / "run" / "config.json").read_text())
    assert config["settings"]["generator"] == tiny["resnet"] | {"norm": "instance", "blocks": 1}
    more = ["--init", str(tmp_path / "run"), "--norm", "channel", "-o", str(tmp_path / "more")]
    result = CliRunner().invoke(main, ["train", *folders, *QUICK, "--steps", "1", *more])
    assert result.exit_code == 0, result.output
    config = json.loads((tmp_path / "more" / "config.json").read_text())
    assert config["settings"]["generator"] == tiny["resnet"] | {"norm": "channel", "blocks": 1}


def test_mistakes_are_one_line(folders: list[str], tmp_path: Path) -> None:
    for arguments, message in (
        ([folders[0], str(tmp_path / "missing"), *QUICK], "no folder"),
        ([folders[0], str(tmp_path), *QUICK], "no usable image"),
        ([*folders, "--tile-size", "17"], "multiple of 16"),
        ([*folders, "--method", "magic"], "no method 'magic'"),
        ([*folders, "--method", "pix2pix"], "pix2pix learns from pairs"),
        ([*folders, "--method", "srgan"], "srgan learns from one folder"),
        ([folders[0], *QUICK], "is both: give sources, then targets"),
        ([*folders, "--set", "depth=3"], "siamese has no depth"),
        ([*folders, "--tile-size", "48", "--short-side", "96"], "both sides must have at least 96"),
        (["--resume", str(tmp_path)], "nothing to resume"),
    ):
        result = CliRunner().invoke(main, ["train", *arguments])
        assert result.exit_code == 1
        assert message in result.stderr
        assert result.stderr.strip().splitlines()[-1].startswith("Error: ")
        assert "Traceback" not in result.stderr


@pytest.mark.parametrize("number", [signal.SIGINT, pytest.param(signal.SIGTERM, marks=pytest.mark.slow)])
def test_an_interrupt_saves_first(folders: list[str], tmp_path: Path, number: signal.Signals) -> None:
    run = tmp_path / "run"
    code = (
        "from tilegan.cli.main import main; from tilegan.methods.siamese import Siamese;"
        f"Siamese.architectures = {NETWORKS['siamese']!r}; main()"
    )
    command = [sys.executable, "-c", code, "train", *folders, *QUICK, "-o", str(run)]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    metrics = run / "metrics.jsonl"
    while process.poll() is None and not (metrics.is_file() and metrics.read_text().count("\n") >= 2):
        time.sleep(0.05)
    os.kill(process.pid, number)
    _, errors = process.communicate(timeout=300)
    assert process.returncode == 130
    assert f"continue with tilegan train --resume {run}" in errors
    assert "Traceback" not in errors
    steps = len(metrics.read_text().splitlines())
    resumed = CliRunner().invoke(main, ["train", "--resume", str(run), "--steps", str(steps + 1)])
    assert resumed.exit_code == 0, resumed.output
    assert f"{steps + 1} steps" in resumed.output


def test_one_folder_is_enough_to_learn_to_enlarge(
    training_folders: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The networks are small ones; all else is what the command does by itself."""
    generator, discriminator = {"channels": 4, "blocks": 1}, {"channels": 4, "layers": 2}
    small = zip(SRGan.architectures, (generator, discriminator), strict=True)
    monkeypatch.setattr(SRGan, "architectures", tuple(network | numbers for network, numbers in small))
    large = tmp_path / "photos"
    large.mkdir()
    for path in training_folders[0].iterdir():
        with Image.open(path) as image:
            image.resize((180, 140)).save(large / path.name)
    monkeypatch.chdir(tmp_path)
    chosen = ["train", "photos", "--method", "srgan", "--tile-size", "16", "--batch", "2", "--device", "cpu"]
    planned = CliRunner().invoke(main, [*chosen, "--dry-run"])
    assert planned.exit_code == 0, planned.output
    assert "3 source, 3 target" in planned.output
    assert sorted(path.name for path in tmp_path.iterdir()) == ["photos"]
    result = CliRunner().invoke(main, [*chosen, "--steps", "2", "--set", "adversarial_weight=0.01"])
    assert result.exit_code == 0, result.output
    assert "runs/photos/translator.safetensors: 2 steps" in result.output
    assert "psnr" in result.output
    settings = json.loads((tmp_path / "runs" / "photos" / "config.json").read_text())["settings"]
    assert (settings["short_side"], settings["learning_rate"]) == (1024, 1e-4)
    assert settings["method"]["adversarial_weight"] == 0.01
    told = CliRunner().invoke(main, ["info", "runs/photos"])
    assert "scale" in told.output
    stylized = CliRunner().invoke(main, ["stylize", "photos/0.png", "--model", "runs/photos", "--device", "cpu"])
    assert stylized.exit_code == 0, stylized.output
    with Image.open(tmp_path / "photos" / "0.photos.png") as image:
        assert image.size == (720, 560)
