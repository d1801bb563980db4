from pathlib import Path

import pytest

from tilegan.cli.suggestions import nearest, nearest_file
from tilegan.errors import ImageError, OutputError

from .conftest import Run


@pytest.mark.parametrize(
    ("word", "name"), [("styliz", "stylize"), ("STYLIZE", "stylize"), ("trian", "train"), ("paint", None), ("", None)]
)
def test_the_nearest_of_some_names(word: str, name: str | None) -> None:
    assert nearest(word, ["stylize", "train", "view"]) == name


def test_a_misspelt_command_suggests_the_nearest(run: Run) -> None:
    result = run("styliz", "x.png")
    assert result.exit_code == 2
    assert "Did you mean 'stylize'?" in result.stderr


def test_a_misspelt_flag_suggests_the_nearest(run: Run) -> None:
    result = run("stylize", "x.png", "--windo", "64")
    assert result.exit_code == 2
    assert "--window" in result.stderr


@pytest.mark.parametrize("command", ["stylize", "info", "view"])
def test_a_misspelt_image_suggests_the_nearest(run: Run, photo: Path, command: str) -> None:
    result = run(command, "phot.png")
    assert result.exit_code == 1
    assert f"(did you mean '{photo.name}'?)" in result.stderr
    assert result.stderr.count("\n") == 1


def test_a_misspelt_model_suggests_a_file_or_a_bundled_one(run: Run, photo: Path, model: Path) -> None:
    assert f"(did you mean '{model.name}'?)" in run("stylize", photo, "--model", "dot.safetensors").stderr
    assert "(did you mean 'vangogh'?)" in run("stylize", photo, "--model=vangoh").stderr


def test_a_misspelt_folder_suggests_the_nearest(run: Run, tmp_path: Path) -> None:
    (tmp_path / "photographs").mkdir()
    result = run("train", "photograph", "photographs", "-o", "run")
    assert "(did you mean 'photographs'?)" in result.stderr


def test_other_folders_are_looked_up_too(tmp_path: Path) -> None:
    (tmp_path / "Scene.tif").touch()
    misspelt = str(tmp_path / "scne.tif")
    assert nearest_file(ImageError(f"no such image: {misspelt}"), [misspelt]) == str(tmp_path / "Scene.tif")


def test_nothing_is_suggested_without_reason(tmp_path: Path) -> None:
    there, missing = str(tmp_path / "a1.png"), str(tmp_path / "a2.png")
    Path(there).touch()
    assert nearest_file(ImageError(f"not an image: {there}"), [there]) is None  # it exists
    assert nearest_file(ImageError("no such image: other"), [missing]) is None  # about something else
    assert nearest_file(OutputError(f"cannot write {missing}"), [missing]) is None  # need not exist
    far = str(tmp_path / "nowhere" / "a2.png")
    assert nearest_file(ImageError(f"no such image: {far}"), [far]) is None
    url = "https://host/a2.png"
    assert nearest_file(ImageError(f"no such image: {url}"), [url]) is None
