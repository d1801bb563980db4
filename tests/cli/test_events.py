import json
from pathlib import Path

import pytest


def events(result) -> list[dict]:
    return [json.loads(line) for line in result.stdout.splitlines()]


def test_json_events_tell_plan_shards_and_result(run, photo: Path, model: Path) -> None:
    result = run(
        "stylize", photo, "-o", "out.zarr", "--model", model, "--shard", 64, "--window", 32, "--progress", "json"
    )
    assert result.exit_code == 0, result.output
    told = events(result)
    assert [event["event"] for event in told] == ["plan", *["shard"] * (len(told) - 2), "finished"]
    assert (told[0]["shards"], told[0]["window"], told[0]["region"]) == (4, 32, [0, 0, 90, 70])
    assert 0 < told[0]["memory"]["total"] <= told[0]["memory"]["limit"]
    assert told[1] == {"event": "shard", "phase": "stylize", "done": 0, "total": 70 * 90}
    assert told[-2]["done"] == told[-2]["total"]
    assert (told[-1]["height"], told[-1]["width"]) == (70, 90)
    assert told[-1]["output"] == str(photo.with_name("out.zarr"))


def test_a_json_error_has_the_line_that_people_get(run, photo: Path, model: Path) -> None:
    result = run("stylize", photo, "--model", model, "--memory", "1MB", "--progress", "json")
    assert result.exit_code == 1
    (event,) = events(result)
    assert (event["event"], event["type"]) == ("error", "SettingError")
    assert result.stderr == f"Error: {event['message']}\n"


def test_a_dry_run_in_words(run, photo: Path, model: Path) -> None:
    result = run("stylize", photo, "-o", "out.zarr", "--model", model, "--region", "10,20,30,40", "--dry-run")
    assert result.exit_code == 0, result.output
    lines = dict(line.split(":", 1) for line in result.stdout.splitlines())
    assert lines["source"].endswith("photo.png: 40 x 30 pixels from row 20, column 10")
    assert lines["output"].endswith("out.zarr: 40 x 30 pixels")
    assert "1 shards of 2048 pixels" in lines["work"]
    assert "1 process; in each: shards in flight 3, forward passes at once 1" in lines["device"]
    assert " MiB: in each process" in lines["memory"]
    assert not Path("out.zarr").exists()
    assert not Path("out.zarr.partial").exists()


def test_a_dry_run_in_json(run, photo: Path, model: Path) -> None:
    result = run("stylize", photo, "-o", "out.zarr", "--model", model, "--dry-run", "--progress", "json")
    assert [event["event"] for event in events(result)] == ["plan"]


@pytest.mark.parametrize("region", ["1,2,3", "a,b,c,d", "1;2;3;4", ""])
def test_a_region_that_is_none_is_a_usage_error(run, photo: Path, region: str) -> None:
    result = run("stylize", photo, "--region", region)
    assert result.exit_code == 2
    assert "x,y,width,height" in result.stderr
