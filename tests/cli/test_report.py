import sys
from types import SimpleNamespace

import click
import pytest

from tilegan.cli import report


def test_pixel_bars_shows_megapixels(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    with report.pixel_bars() as progress:
        progress("stylize", 0, 4_000_000)
        progress("stylize", 4_000_000, 4_000_000)
        progress("pyramid", 1_000_000, 1_000_000)
        progress("stylize", 4_000_000, 4_000_000)  # phases take turns
    output, errors = capsys.readouterr()
    assert output == ""
    assert "stylize: 100%" in errors
    assert "4.0/4.0 MP" in errors
    assert "MP/s" in errors
    assert "pyramid: 100%" in errors


def test_pixel_bars_is_quiet_elsewhere(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [0.0]
    monkeypatch.setattr(report.time, "monotonic", lambda: clock[0])
    with report.pixel_bars() as progress:
        for done in range(5):
            progress("stylize", done * 1_000_000, 4_000_000)
            clock[0] += 10
    assert capsys.readouterr().err == "stylize: 3.0 of 4.0 MP\n"


def test_step_bar_shows_losses(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    with report.step_bar() as progress:
        for step in (11, 12):
            progress(SimpleNamespace(step=step, steps=12, figures={"style": 0.5}, losses={"content": 0.25}))
    errors = capsys.readouterr().err
    assert "12/12" in errors
    assert "content 0.250" in errors


def test_interrupted_ends_with_130(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(click.exceptions.Exit) as ended:
        report.interrupted("saved")
    assert ended.value.exit_code == 130
    assert capsys.readouterr().err == "saved\n"
