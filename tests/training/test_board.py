import sys
from pathlib import Path

import pytest

from tilegan.training.board import Board


def test_curves_are_read_by_tensorboard_and_what_is_done_again_counts_once(tmp_path: Path) -> None:
    pytest.importorskip("tensorboard")
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    first = Board(tmp_path, 0)
    for step in (1, 2, 3):
        first.write("losses", step, {"length": step / 2})
    first.close()
    # files are read in the order of their names, which hold whole seconds: a run goes on later than it began
    (file,) = (tmp_path / "tensorboard").iterdir()
    file.rename(file.with_name("events.out.tfevents.1000000000.host.1.0"))
    second = Board(tmp_path, 2)  # the checkpoint was of step 2
    second.write("losses", 3, {"length": 9.0})
    second.close()
    found = EventAccumulator(str(tmp_path / "tensorboard"))
    found.Reload()
    assert [(event.step, event.value) for event in found.Scalars("losses/length")] == [(1, 0.5), (2, 1.0), (3, 9.0)]


def test_without_tensorboard_nothing_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torch.utils.tensorboard", None)
    board = Board(tmp_path, 0)
    board.write("losses", 1, {"length": 1.0})
    board.close()
    assert not list(tmp_path.iterdir())
