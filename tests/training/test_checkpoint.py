from pathlib import Path

import pytest
import torch

from tilegan.errors import OutputError, ResumeError
from tilegan.training.checkpoint import NAME, load_checkpoint, save_checkpoint

TENSORS = {"generator/weight": torch.arange(6.0).reshape(2, 3), "adam/generator/0/step": torch.tensor(4.0)}


def test_a_checkpoint_comes_back_as_it_was(tmp_path: Path) -> None:
    save_checkpoint(tmp_path, TENSORS, {"step": 4, "seconds": 1.5})
    tensors, facts = load_checkpoint(tmp_path)
    assert facts == {"step": 4, "seconds": 1.5}
    assert {name: value.tolist() for name, value in tensors.items()} == {
        name: value.tolist() for name, value in TENSORS.items()
    }


def test_a_full_disk_keeps_the_previous_checkpoint(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    save_checkpoint(tmp_path, TENSORS, {"step": 4})

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OutputError, match="No space left on device"):
        save_checkpoint(tmp_path, {}, {"step": 5})
    assert load_checkpoint(tmp_path)[1] == {"step": 4}
    assert [path.name for path in tmp_path.iterdir()] == [NAME]


def test_what_is_no_checkpoint_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ResumeError, match="nothing to resume"):
        load_checkpoint(tmp_path)
    (tmp_path / NAME).write_bytes(b"nonsense")
    with pytest.raises(ResumeError, match="damaged checkpoint"):
        load_checkpoint(tmp_path)
