"""Painting that is interrupted or killed, and goes on: the same file in the end, and no part painted twice."""

import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tilegan.errors import OutputExistsError, ResumeError
from tilegan.images.encoding import ExportOptions
from tilegan.pipelines import stylize_video
from tilegan.translator import Translator
from tilegan.video.joined import join
from tilegan.video.parts import Parts

SMALL = "tilegan.pipelines.video_run.PART"


def interrupted(clip: Path, output: Path, translator: Translator, after: int) -> None:
    """Paint until some parts are written."""
    write = Parts.write

    def failing(parts: Parts, number: int, *more: Any) -> Any:
        if number == after:
            raise KeyboardInterrupt
        return write(parts, number, *more)

    with pytest.MonkeyPatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(Parts, "write", failing)
        stylize_video(clip, output, translator)


def test_finished_parts_are_kept(
    clip: Path, random_translator: Translator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(SMALL, 4)
    output, whole = tmp_path / "b.mp4", tmp_path / "whole.mp4"
    stylize_video(clip, whole, random_translator)
    interrupted(clip, output, random_translator, 2)
    assert not output.exists()
    with pytest.raises(OutputExistsError, match="--resume continues"):
        stylize_video(clip, output, random_translator)
    with pytest.raises(ResumeError, match="encoding changed: quality was 95, now 60"):
        stylize_video(clip, output, random_translator, resume=True, options=ExportOptions(quality=60))
    parts = output.with_name("b.mp4.partial") / "parts"
    before = {path.name: path.stat().st_mtime_ns for path in parts.iterdir()}
    kept: dict[str, int] = {}
    monkeypatch.setattr(
        "tilegan.pipelines.video_run.join",
        _noting(kept, parts, join),
    )
    result = stylize_video(clip, output, random_translator, resume=True)
    assert {name: kept[name] for name in before} == before and len(kept) == 3
    assert result.frames == 10 and output.read_bytes() == whole.read_bytes()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["b.mp4", "whole.mp4"]


def _noting(kept: dict[str, int], parts: Path, join: Callable[..., None]) -> Callable[..., None]:
    def noting(*given: Any, **named: Any) -> None:
        kept.update({path.name: path.stat().st_mtime_ns for path in parts.iterdir()})
        join(*given, **named)

    return noting


def test_nothing_is_left_where_nothing_was_finished(clip: Path, random_translator: Translator, tmp_path: Path) -> None:
    interrupted(clip, tmp_path / "b.mp4", random_translator, 0)
    assert not list(tmp_path.iterdir())


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_a_killed_process_goes_on(
    make_clip: Callable[..., Path], random_translator: Translator, tmp_path: Path, number: signal.Signals
) -> None:
    frames = [np.full((96, 96, 3), 3 * level, np.uint8) for level in range(72)]
    clip, model = make_clip(tmp_path / "a.mp4", frames=frames), tmp_path / "m.safetensors"
    random_translator.save(model)
    arguments = ["stylize", str(clip), "--model", str(model), "--device", "cpu", "--progress", "json", "-o"]
    command = [sys.executable, "-c", "from tilegan.cli.main import main; main()", *arguments]
    output, whole = tmp_path / "b.mp4", tmp_path / "whole.mp4"
    process = subprocess.Popen(
        [*command, str(output)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    notes = tmp_path / "b.mp4.partial" / "journal" / "parts"
    while process.poll() is None and not (notes.is_dir() and list(notes.glob("*.json"))):
        time.sleep(0.005)
    process.send_signal(number)
    told, errors = process.communicate(timeout=60)
    assert not output.exists() and "Traceback" not in errors
    if number == signal.SIGINT:
        assert process.returncode == 130 and "--resume to continue" in errors
        assert json.loads(told.splitlines()[-1]) == {"event": "interrupted"}
    for path, resume in ((output, True), (whole, False)):
        stylize_video(clip, path, model, device="cpu", resume=resume)
    assert output.read_bytes() == whole.read_bytes()
