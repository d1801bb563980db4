from pathlib import Path

import numpy as np
import pytest
from PIL import Image

SMALL = ("--tile-size", 16, "--short-side", 48, "--batch", 2, "--device", "cpu")


@pytest.fixture
def folders(tmp_path: Path) -> tuple[Path, Path]:
    random = np.random.default_rng(0)
    for name in ("photos", "dots"):
        (tmp_path / name).mkdir()
        for number in range(2):
            pixels = random.integers(0, 256, (60, 70, 3), np.uint8)
            Image.fromarray(pixels).save(tmp_path / name / f"{number}.png")
    return tmp_path / "photos", tmp_path / "dots"


def test_train_then_resume_then_stylize(run, folders: tuple[Path, Path], photo: Path) -> None:
    trained = run("train", *folders, *SMALL, "--steps", 2)
    assert trained.exit_code == 0, trained.output
    assert trained.stdout.startswith(str(Path("runs/dots/translator.safetensors")))
    resumed = run("train", "--resume", "runs/dots", "--steps", 3)
    assert resumed.exit_code == 0, resumed.output
    assert "3 steps" in resumed.stdout
    stylized = run("stylize", photo, "--model", "runs/dots")
    assert stylized.exit_code == 0, stylized.output
    assert photo.with_name("photo.dots.png").is_file()


def test_dry_run_writes_nothing(run, folders: tuple[Path, Path]) -> None:
    result = run("train", *folders, *SMALL, "--dry-run")
    assert result.exit_code == 0, result.output
    assert "2 source, 2 target" in result.stdout
    assert not Path("runs").exists()


def test_small_images_are_named_and_skipped(run, folders: tuple[Path, Path]) -> None:
    Image.new("RGB", (20, 20)).save(folders[0] / "tiny.png")
    (folders[0] / "broken.png").write_bytes(b"no image")
    result = run("train", *folders, *SMALL, "--dry-run")
    assert result.exit_code == 0, result.output
    assert "tiny.png" in result.stderr
    assert "broken.png" in result.stderr
    assert "Warning: " in result.stderr


@pytest.mark.parametrize("source", ["empty", "nowhere"])
def test_no_usable_image_is_one_line(run, folders: tuple[Path, Path], source: str) -> None:
    folders[0].with_name("empty").mkdir()
    result = run("train", folders[0].with_name(source), folders[1], *SMALL)
    assert result.exit_code == 1, result.output
    assert result.stderr.startswith("Error: ")
    assert result.stderr.count("\n") == 1
    assert source in result.stderr
    assert not Path("runs").exists()


@pytest.mark.parametrize("arguments", [(), ("a",), ("a", "b", "--resume", "c"), ("a", "b", "--time", "soon")])
def test_usage_errors(run, arguments: tuple[str, ...]) -> None:
    assert run("train", *arguments).exit_code == 2
