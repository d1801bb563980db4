from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tilegan.cli.info import show


def rows(output: str) -> dict[str, str]:
    """The table that the command prints."""
    return {line.split("  ")[0]: line.split("  ")[-1].strip() for line in output.splitlines()}


def test_a_model(run, model: Path) -> None:
    result = run("info", model)
    assert result.exit_code == 0, result.output
    found = rows(result.stdout)
    assert found["style"] == "dots"
    assert found["tile size"] == "64 px"
    assert found["stride"] == "4 px"
    assert found["scale"] == "1"
    assert found["architecture"] == "residual (blocks 1, channels 4, detail 2, stride 4)"
    assert found["steps"] == "3"
    assert found["losses"] == "content 0.1235, generator 2"
    assert "init" not in found


def test_an_image(run, photo: Path) -> None:
    found = rows(run("info", photo).stdout)
    assert found["height x width"] == "70 x 90 px (0.01 MP)"
    assert found["bands"] == "3 (uint8)"
    assert "crs" not in found


def test_what_a_file_says_is_shown_in_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    show([("made by", "a\nb\x1b[31m"), ("width", "7 µm")])
    assert capsys.readouterr().out == "made by  a\\nb\\x1b[31m\nwidth    7 µm\n"


def test_neither(run) -> None:
    result = run("info", "nothing.png")
    assert result.exit_code == 1
    assert "nothing.png" in result.stderr
    assert result.stderr.count("\n") == 1


def test_what_an_image_means(run, tmp_path: Path) -> None:
    values = np.arange(10_000, dtype=np.uint16).reshape(100, 100)
    Image.fromarray(values).save(tmp_path / "a.png", dpi=(300, 300), transparency=5)
    found = rows(run("info", tmp_path / "a.png").stdout)
    assert found["opacity"] == "by its alpha"
    assert found["levels"] == "from 0 to 65535 (dtype)"
    assert found["resolution"] == "299.999 x 299.999 per inch"
    assert found["decoded"] == "from the top only"
