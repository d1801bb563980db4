from pathlib import Path

from PIL import Image


def test_writes_and_says_so(run, tmp_path: Path) -> None:
    result = run("sample", "a.png", "--size", "30x40", "--seed", "1")
    assert result.exit_code == 0, result.output
    assert result.stdout.startswith("a.png: 30 x 40 pixels")
    assert result.stdout.count("\n") == 1
    assert Image.open(tmp_path / "a.png").size == (40, 30)


def test_does_not_replace_unasked(run) -> None:
    assert run("sample", "a.png", "--size", "3x4").exit_code == 0
    refused = run("sample", "a.png", "--size", "3x4")
    assert refused.exit_code == 1
    assert refused.stderr.startswith("Error: a.png exists")
    assert run("sample", "a.png", "--size", "3x4", "--overwrite").exit_code == 0


def test_nonsense_size_is_a_usage_error(run) -> None:
    result = run("sample", "a.png", "--size", "big")
    assert result.exit_code == 2
    assert "900x1200" in result.stderr
