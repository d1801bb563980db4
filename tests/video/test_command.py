"""`tilegan stylize` of a video: what it prints, and errors in one line."""

import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from tilegan.cli.main import main
from tilegan.translator import Translator


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    """Run the command in an empty folder, without a terminal."""
    monkeypatch.chdir(tmp_path)
    return lambda *arguments: CliRunner().invoke(main, ["stylize", *map(str, arguments)])


@pytest.fixture(scope="session")
def model(random_translator: Translator, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("model") / "dots.safetensors"
    random_translator.save(path)
    return path


def test_lines_and_events(run: Callable[..., Result], clip: Path, model: Path) -> None:
    plan = run(clip, "-o", "out.mp4", "--model", model, "--dry-run")
    assert plan.exit_code == 0, plan.output
    assert "about 10 frames at 25.00 per second" in plan.stdout
    assert "1 stream of sound or subtitles copied" in plan.stdout
    done = run(clip, "-o", "out.mp4", "--model", model, "--device", "cpu")
    assert done.exit_code == 0, done.output
    assert "out.mp4: 10 frames of 48 x 64 pixels in" in done.stdout and "frames/s" in done.stdout
    again = run(clip, "-o", "out.mp4", "--model", model, "--overwrite", "--progress", "json", "--device", "cpu")
    events = [json.loads(line) for line in again.stdout.splitlines()]
    assert [events[0]["event"], events[0]["frames"], events[-1]["event"]] == ["plan", 10, "finished"]
    assert {event["phase"] for event in events if event["event"] == "shard"} == {"stylize", "export"}
    assert "finished already" in run(clip, "-o", "out.mp4", "--model", model, "--resume").stderr


@pytest.mark.parametrize(
    ("arguments", "named"),
    [(("-o", "out.png"), "written as one of .mp4"), (("--workers", "2"), "one process"), (("--lossless",), "quality")],
)
def test_refusals(run: Callable[..., Result], clip: Path, model: Path, arguments: tuple[str, ...], named: str) -> None:
    result = run(clip, "--model", model, *arguments)
    assert result.exit_code == 1 and result.stderr.count("\n") == 1
    assert result.stderr.startswith("Error: ") and named in result.stderr


def test_without_the_extra(
    run: Callable[..., Result], clip: Path, model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "av", None)
    result = run(clip, "--model", model)
    assert result.exit_code == 1
    assert result.stderr == "Error: videos need the extra video: pip install 'tilegan[video]'\n"
