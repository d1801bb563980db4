import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

from tilegan.model_file import bundled


@pytest.mark.usefixtures("bundled_models")
def test_models_and_their_styles_are_listed_a_line_each(run) -> None:
    result = run("models")
    assert result.exit_code == 0, result.output
    names = [line.split()[0] for line in result.stdout.splitlines()]
    assert names == ["both", "dark", "light", "one"]
    assert "one      noise, in colors\n" in result.stdout
    assert "  light  a style of 'both'\n" in result.stdout


def test_what_ships_is_listed(run) -> None:
    listed = {line.split()[0] for line in run("models").stdout.splitlines()}
    assert listed == set(bundled())


def test_the_list_needs_no_torch() -> None:
    code = (
        "import sys; from click.testing import CliRunner; from tilegan.cli.main import main;"
        "result = CliRunner().invoke(main, ['models']); assert result.exit_code == 0, result.output;"
        "assert not {'torch', 'dask', 'zarr', 'rasterio'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.usefixtures("bundled_models")
def test_a_sheet_of_a_photograph(run, photo: Path) -> None:
    result = run("models", "--sheet", photo, "--device", "cpu")
    assert result.exit_code == 0, result.output
    sheet = photo.with_name("photo.models.png")
    width, height = Image.open(sheet).size
    assert result.stdout.startswith(f"{sheet}: dark, light, one: {height} x {width} pixels in ")
    again = run("models", "--sheet", photo)
    assert again.exit_code == 1
    assert again.stderr.count("\n") == 1 and "photo.models.png exists" in again.stderr
    assert run("models", "--sheet", photo, "--overwrite", "--device", "cpu").exit_code == 0
    assert run("models", "--sheet", photo, "-o", "sheet.jpg", "--device", "cpu").exit_code == 0
    assert Path("sheet.jpg").is_file()


def test_what_cannot_be_is_told_in_a_line(run) -> None:
    result = run("models", "--sheet", "nowhere.jpg")
    assert result.exit_code == 1
    assert result.stderr.count("\n") == 1 and "nowhere.jpg" in result.stderr
    assert run("models", "-o", "sheet.png").exit_code == 2
    assert run("models", "--overwrite").exit_code == 2


@pytest.mark.usefixtures("bundled_models")
def test_a_style_is_a_name_for_other_commands(run, photo: Path) -> None:
    result = run("stylize", photo, "--model", "light", "--device", "cpu")
    assert result.exit_code == 0, result.output
    assert photo.with_name("photo.light.png").is_file()
    assert "both.safetensors" in run("info", "dark").stdout
