"""What a run was begun with: kept in its journal, read again, compared."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from tilegan.errors import ResumeError
from tilegan.geometry import Window
from tilegan.images.metadata.origin import Reading
from tilegan.inference.memory import Limits
from tilegan.inference.plan import Plan
from tilegan.inference.record import RunRecord
from tilegan.inference.rendering import Rendering

LIMITS = Limits(threads=3, streams=1, reader=2**20, recent=2**10, pyramid=True)
PLAN = Plan(Window(0, 0, 72, 88), "exact", 16, 32, 1, "cpu", "float32", Reading(bands=(3, 2, 1)))
RECORD = RunRecord(PLAN, LIMITS, {"bytes": 5}, {"fingerprint": "1f"}, "/maps/1.png")


def test_it_is_read_as_it_was_written(tmp_path: Path) -> None:
    assert RunRecord.read(tmp_path) is None
    RECORD.write(tmp_path)
    assert RunRecord.read(tmp_path) == RECORD
    copy = RunRecord(PLAN, LIMITS)
    copy.write(tmp_path)
    assert RunRecord.read(tmp_path) == copy


def test_limits_are_not_compared() -> None:
    RECORD.check(replace(RECORD, limits=replace(LIMITS, threads=1)))
    with pytest.raises(ResumeError, match="the settings changed: window was 16, now 64"):
        replace(RECORD, plan=replace(PLAN, window=64)).check(RECORD)
    with pytest.raises(ResumeError, match="the source changed: bytes was 5, now 6"):
        replace(RECORD, source={"bytes": 6}).check(RECORD)


def test_one_of_another_version_is_told(tmp_path: Path) -> None:
    RECORD.write(tmp_path)
    values = json.loads((tmp_path / "record.json").read_text())
    values["limits"]["hands"] = 2
    (tmp_path / "record.json").write_text(json.dumps(values))
    with pytest.raises(ResumeError, match="of another version: --overwrite starts again"):
        RunRecord.read(tmp_path)


def test_large_strokes_of_earlier_versions_are_not_continued(tmp_path: Path) -> None:
    record = replace(RECORD, plan=replace(PLAN, look=Rendering(stroke=8)))
    record.write(tmp_path)
    values = json.loads((tmp_path / "record.json").read_text())
    del values["settings"]["moved_back"]
    (tmp_path / "record.json").write_text(json.dumps(values))
    begun = RunRecord.read(tmp_path)
    assert begun is not None
    with pytest.raises(ResumeError, match="begun by a version that paints large strokes differently"):
        record.check(begun)
