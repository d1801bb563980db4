import json
import subprocess
import sys
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import psutil
import pytest
import torch

from tilegan.errors import SettingError
from tilegan.pipelines.train import train
from tilegan.training.checkpoint import load_checkpoint
from tilegan.training.processes import Processes, joined, rank
from tilegan.training.settings import TrainSettings

# stops both processes after three steps, and lets them go on to the end
SCRIPT = """
import json, os, pathlib, sys
sys.modules["matplotlib"] = None  # no curves: they take long
from tilegan.pipelines.train import resume, train
from tilegan.training.settings import TrainSettings
photos, paintings, run, settings, init = sys.argv[1:]
told, asked = [], iter([False, False, True])
options = dict(settings=TrainSettings.from_json(json.loads(settings)), device="cpu", precision="float32", init=init)
stopped = train(photos, paintings, run, stop=lambda: next(asked), progress=told.append, **options)
assert not stopped.finished and stopped.steps == 3
result = resume(run, progress=told.append)
# a file each: lines that two processes print can mingle
pathlib.Path(f"{run}.told.{os.environ['RANK']}").write_text(f"{len(told)} {result.steps}")
"""


pytestmark = pytest.mark.usefixtures("no_curves")


def run_for(command: list[str], seconds: float) -> None:
    """Run a command that has to succeed; after so many seconds it and all that it has started are killed."""
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    try:
        _, errors = process.communicate(timeout=seconds)
    finally:
        if process.poll() is None:
            # torchrun gives each process that it starts a session of its own: no signal to a group reaches them all
            started = psutil.Process(process.pid).children(recursive=True)
            process.kill()
            for child in started:
                with suppress(psutil.NoSuchProcess):
                    child.kill()
            process.communicate()
    assert process.returncode == 0, errors


@pytest.mark.slow
@pytest.mark.parametrize("changes", [{}, {"keep_weight": 3.0, "adversarial_weight": 0.0, "content_weight": 0.0}])
def test_two_processes_learn_what_one_learns_with_the_whole_batch(
    tiny_training: TrainSettings, training_folders: tuple[Path, Path], tmp_path: Path, changes: dict[str, Any]
) -> None:
    settings = replace(tiny_training, batch=4, steps=5, method=replace(tiny_training.method, **changes))
    start = str(train(*training_folders, tmp_path / "start", settings=replace(tiny_training, steps=1)).model)
    (tmp_path / "script.py").write_text(SCRIPT)
    arguments = [*map(str, training_folders), str(tmp_path / "two"), json.dumps(settings.to_json()), start]
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2"]
    run_for([*command, str(tmp_path / "script.py"), *arguments], seconds=120)
    # only the first is told of the steps
    assert [(tmp_path / f"two.told.{rank}").read_text() for rank in (0, 1)] == ["5 5", "0 5"]
    train(*training_folders, tmp_path / "one", settings=settings, device="cpu", precision="float32", init=start)
    (one, _), (two, _) = (load_checkpoint(tmp_path / name) for name in ("one", "two"))
    assert one.keys() == two.keys()
    for name in one:
        assert torch.allclose(one[name], two[name], rtol=1e-2, atol=2e-5), name
    losses = [
        [json.loads(line)["losses"] for line in (tmp_path / name / "metrics.jsonl").read_text().splitlines()]
        for name in ("one", "two")
    ]
    for alone, together in zip(*losses, strict=True):
        assert together == pytest.approx(alone, rel=1e-3, abs=1e-5)


def test_a_batch_has_to_be_shared_equally(
    tiny_training: TrainSettings, training_folders: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.modules["tilegan.pipelines.train"], "joined", lambda _: _Three())
    with pytest.raises(SettingError, match="3 processes cannot share a batch of 4"):
        train(*training_folders, settings=replace(tiny_training, batch=4), device="cpu")


class _Three:
    def __enter__(self) -> Processes:
        return Processes(1, 3)

    def __exit__(self, *_: object) -> None:
        pass


def test_parts_make_up_the_batch_and_one_process_is_alone() -> None:
    assert [list(Processes(rank, 2).part(6)) for rank in (0, 1)] == [[0, 1, 2], [3, 4, 5]]
    assert rank() == 0
    with joined("cpu") as processes:
        assert processes == Processes(0, 1)
        assert processes.any(True)
        assert not processes.any(False)
        assert processes.mean(torch.tensor([2.0])) == 2
