"""Trainings that were stopped, killed, finished or moved go on as if nothing had happened."""

import json
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from runs import losses
from tilegan.errors import (
    ResumeError,
    SettingError,
    SkippedImageWarning,
)
from tilegan.methods.siamese import SiameseSettings
from tilegan.pipelines.train import resume, train
from tilegan.training.settings import TrainSettings
from tilegan.translator import load

pytestmark = pytest.mark.usefixtures("no_curves")


def test_other_files_beside_the_images_would_hold_out_others(
    tiny_training: TrainSettings, training_folders: tuple[Path, Path], tmp_path: Path
) -> None:
    copy = tmp_path / "photos"
    shutil.copytree(training_folders[0], copy)
    asked = iter([True])
    settings = replace(tiny_training, hold_out=3)
    train(copy, training_folders[1], tmp_path / "run", settings=settings, device="cpu", stop=lambda: next(asked))
    (copy / "0.txt").write_text("a note")
    with pytest.warns(SkippedImageWarning), pytest.raises(ResumeError, match="are not those the run was started with"):
        resume(tmp_path / "run")


@pytest.mark.slow
def test_a_killed_run_goes_on_from_its_last_checkpoint_to_the_same_end(
    tiny_training: TrainSettings, training_folders: tuple[Path, Path], tmp_path: Path
) -> None:
    settings = replace(tiny_training, steps=24)
    # all in processes of their own, alike: what other tests have set in this one may move the last digits
    code = (
        "import sys, time; sys.modules['matplotlib'] = None;"  # no curves: they take longer than all else
        "from pathlib import Path; from tilegan.pipelines.train import resume, train;"
        "from tilegan.training.settings import TrainSettings; import json;"
        "resume(sys.argv[3]) if Path(sys.argv[3]).exists() else "
        "train(sys.argv[1], sys.argv[2], sys.argv[3], settings=TrainSettings.from_json(json.loads(sys.argv[4])),"
        "checkpoint_every=5, device='cpu', progress=lambda step: time.sleep(float(sys.argv[5])))"
    )

    def command(run: str, pause: float) -> list[str]:
        given = (*training_folders, tmp_path / run, json.dumps(settings.to_json()), pause)
        return [sys.executable, "-c", code, *map(str, given)]

    whole = subprocess.Popen(command("whole", 0))
    process = subprocess.Popen(command("cut", 0.2))
    metrics = tmp_path / "cut" / "metrics.jsonl"
    while process.poll() is None and not (metrics.is_file() and metrics.read_text().count("\n") >= 8):
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert 8 <= len(losses(tmp_path / "cut")) < 24
    subprocess.run(command("cut", 0), check=True)
    assert whole.wait() == 0
    assert losses(tmp_path / "cut") == losses(tmp_path / "whole")
    assert load(tmp_path / "cut").fingerprint() == load(tmp_path / "whole").fingerprint()


@pytest.mark.slow
def test_a_finished_run_can_be_trained_further(
    tiny_training: TrainSettings, training_folders: tuple[Path, Path], tmp_path: Path
) -> None:
    # rates would have fallen by then, and the loss on seams begun
    settings = replace(tiny_training, rate_decay=0.0, method=SiameseSettings(seam_start=0))
    train(*training_folders, tmp_path / "run", settings=replace(settings, steps=3), device="cpu")
    train(*training_folders, tmp_path / "whole", settings=settings, device="cpu")
    assert resume(tmp_path / "run", steps=6).steps == 6
    assert losses(tmp_path / "run") == losses(tmp_path / "whole")


def test_resuming_needs_the_same_images(
    tiny_training: TrainSettings, training_folders: tuple[Path, Path], tmp_path: Path
) -> None:
    copy = tmp_path / "photos"
    copy.mkdir()
    for path in training_folders[0].iterdir():
        (copy / path.name).write_bytes(path.read_bytes())
    train(copy, training_folders[1], tmp_path / "run", settings=replace(tiny_training, steps=2), device="cpu")
    (copy / "2.png").unlink()
    with pytest.raises(ResumeError, match="are not those the run was started with"):
        resume(tmp_path / "run", steps=4)
    with pytest.raises(ResumeError, match="nothing to resume"):
        resume(tmp_path / "missing")


@pytest.mark.slow
def test_folders_that_have_moved_are_given_anew(
    tiny_training: TrainSettings, training_folders: tuple[Path, Path], tmp_path: Path
) -> None:
    before, after = tmp_path / "before", tmp_path / "after"
    for folder in training_folders:
        shutil.copytree(folder, before / folder.name)
    settings = replace(tiny_training, steps=2)
    train(before / "photos", before / "paintings", tmp_path / "run", settings=settings, device="cpu")
    train(before / "photos", before / "paintings", tmp_path / "stay", settings=settings, device="cpu")
    resume(tmp_path / "stay", steps=4)
    before.rename(after)
    with pytest.raises(ResumeError, match=r"no folder or file '.*before/photos', .* --resume RUN SOURCE TARGET"):
        resume(tmp_path / "run", steps=4)
    with pytest.raises(ResumeError, match=r"no folder or file '.*before/paintings'"):
        resume(tmp_path / "run", after / "photos", steps=4)
    with pytest.raises(SettingError, match="without instance maps"):
        resume(tmp_path / "run", after / "photos", after / "paintings", instances=after, steps=4)
    assert resume(tmp_path / "run", after / "photos", after / "paintings", steps=4).steps == 4
    assert len({load(tmp_path / name, "cpu", "float32").fingerprint() for name in ("run", "stay")}) == 1
    assert resume(tmp_path / "run", steps=5).steps == 5  # the run knows the new places
