"""The command `tilegan batch`, and `tilegan stylize` of several images."""

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

FIXED = ("--device", "cpu", "--precision", "float32")


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """A folder of three images, one of them in a folder of its own, and a text."""
    folder = tmp_path / "photos"
    (folder / "more").mkdir(parents=True)
    draw = np.random.default_rng(0)
    for name, shape in {"a.png": (40, 50), "b.jpg": (30, 60), "more/c.webp": (50, 20)}.items():
        Image.fromarray(draw.integers(0, 256, (*shape, 3), np.uint8)).save(folder / name)
    (folder / "notes.txt").write_text("of the journey")
    return folder


def start(*arguments: object) -> "subprocess.Popen[str]":
    command = [sys.executable, "-c", "from tilegan.cli.main import main; main()", *map(str, arguments)]
    return subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )


def names(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def events(text: str) -> list[dict]:
    return [json.loads(line) for line in text.splitlines()]


def lines(folder: Path) -> list[dict]:
    return events((folder / "results.jsonl").read_text())


def test_a_folder_is_mirrored_and_counted(run, photos: Path, model: Path) -> None:
    arguments = ("batch", photos, "out", "--model", model, *FIXED)
    result = run(*arguments)
    assert result.exit_code == 0, result.output
    assert result.stdout.startswith("out: 3 made, 0 skipped, 0 failed, 1 other file passed over; 0.0 MP in ")
    assert names(Path("out")) == {"a.png", "b.jpg", "more/c.webp", "results.jsonl"}
    again = run(*arguments)
    assert again.stdout.startswith("out: 0 made, 3 skipped, 0 failed, 1 other file passed over")
    assert run("stylize", photos / "b.jpg", "-o", "alone.jpg", "--model", model, *FIXED).exit_code == 0
    assert Path("alone.jpg").read_bytes() == Path("out/b.jpg").read_bytes()


def test_a_failed_image_is_told_and_decides_the_exit_code(run, photos: Path, model: Path) -> None:
    (photos / "broken.jpg").write_bytes(b"no image")
    result = run("batch", photos, "out", "--to", "png", "--model", model)
    assert result.exit_code == 1
    assert "3 made, 0 skipped, 1 failed" in result.stdout
    failed, error = result.stderr.splitlines()[-2:]
    assert failed.startswith("Failed: ") and failed.count("broken.jpg") >= 1
    assert error == "Error: 1 of 4 images failed: see out/results.jsonl"
    assert run("batch", photos, "out", "--to", "png", "--model", model, "--exclude", "broken*").exit_code == 0


def test_options_choose_files_and_reach_the_work(run, photos: Path, model: Path) -> None:
    result = run("batch", photos, "out", "--include", "*.jpg", "--include", "more", "--exclude", "a*", "--to", "tif",
                 "--model", model, "--strength", "0", *FIXED)  # fmt: skip
    assert result.exit_code == 0, result.output
    assert names(Path("out")) == {"b.tif", "more/c.tif", "results.jsonl"}
    assert Image.open("out/more/c.tif").tobytes() == Image.open(photos / "more" / "c.webp").convert("RGB").tobytes()


def test_a_dry_run_in_words_and_in_json(run, photos: Path, model: Path) -> None:
    (photos / "d.gif").write_bytes(b"no image")
    arguments = ("batch", photos, "out", "--model", model, "--dry-run")
    result = run(*arguments)
    assert result.exit_code == 1  # as the run itself would end
    told = result.stdout.splitlines()
    assert told[:5] == [
        "images:  4",
        "others:  1 .txt: passed over",
        "to make: 3, 0.0 MP, in out",
        "skipped: 0: their outputs exist",
        "failed:  1",
    ]
    assert "d.gif" in told[5]
    assert told[6] == "note:    1 image of .gif will be .tif: this format is not written"
    (event,) = events(run(*arguments, "--progress", "json").stdout)
    assert (event["event"], event["images"], event["to_make"], event["failed"]) == ("plan", 4, 3, 1)
    assert (event["passed_over"], event["megapixels"]) == ({".txt": 1}, 0.0048)
    assert not Path("out").exists()


def test_json_events(run, photos: Path, model: Path) -> None:
    (photos / "broken.jpg").write_bytes(b"no image")
    large = photos / "large.png"
    Image.open(photos / "a.png").resize((200, 200)).save(large)
    result = run("batch", photos, "out", "--model", model, "--window", 32, "--shard", 64, "--progress", "json")
    assert result.exit_code == 1
    told = events(result.stdout)
    assert (told[0]["event"], told[0]["images"], told[0]["to_make"]) == ("plan", 5, None)
    images = [event for event in told if event["event"] == "image"]
    assert [event["ended"] for event in images] == [1, 2, 3, 4, 5]
    assert {(event["output"], event["status"]) for event in images} == {
        ("a.png", "done"), ("b.jpg", "done"), ("large.png", "done"), ("more/c.webp", "done"), ("broken.jpg", "failed"),
    }  # fmt: skip
    parts = [event for event in told if event["event"] == "part"]
    assert {event["path"] for event in parts} == {str(large)}
    assert (parts[-1]["done"], parts[-1]["total"]) == (40000, 40000)
    assert (told[-1]["event"], told[-1]["done"], told[-1]["failed"]) == ("finished", 4, 1)
    refused = run("batch", photos, "out", "--model", model, "--strength", 0.5, "--progress", "json")
    assert refused.exit_code == 1
    assert events(refused.stdout)[-1]["event"] == "error"
    assert "--overwrite" in refused.stderr


@pytest.mark.parametrize(
    "arguments",
    [("in",), ("in", "out", "--to", "gif"), ("in", "out", "--watch", "--dry-run"), ("in", "out", "--resume")],
)
def test_usage_errors(run, arguments: tuple[str, ...]) -> None:
    assert run("batch", *arguments).exit_code == 2


def test_stylize_takes_several_images_and_folders(run, photos: Path, photo: Path, model: Path) -> None:
    result = run("stylize", photo, photos, "-o", "out", "--model", model, *FIXED)
    assert result.exit_code == 0, result.output
    assert names(Path("out")) == {
        "photo.png", "photos/a.png", "photos/b.jpg", "photos/more/c.webp", "results.jsonl",
    }  # fmt: skip
    assert run("stylize", photos, "-o", "lone", "--model", model, *FIXED).exit_code == 0
    assert names(Path("lone")) == {"a.png", "b.jpg", "more/c.webp", "results.jsonl"}
    assert Path("lone/b.jpg").read_bytes() == Path("out/photos/b.jpg").read_bytes()
    assert "3 skipped" in run("batch", photos, "lone", "--model", model, *FIXED).stdout
    without = run("stylize", photo, photos, "--model", model)
    assert without.exit_code == 2
    assert "by -o" in without.stderr
    dry = run("stylize", photo, photos, "-o", "dry", "--model", model, "--dry-run")
    assert dry.stdout.startswith("images:  4\n")
    assert not Path("dry").exists()


def many(folder: Path, count: int, side: int = 90) -> set[str]:
    folder.mkdir(exist_ok=True)
    draw = np.random.default_rng(1)
    for number in range(count):
        Image.fromarray(draw.integers(0, 256, (side, side, 3), np.uint8)).save(folder / f"{number:03}.png")
    return {f"{number:03}.png" for number in range(count)}


def test_killed_in_the_midst_of_it_the_same_command_goes_on(run, tmp_path: Path, model: Path) -> None:
    all_names = many(tmp_path / "in", 60)
    arguments = ("batch", tmp_path / "in", tmp_path / "out", "--model", model, *FIXED)
    results = tmp_path / "out" / "results.jsonl"
    process = start(*arguments)
    while process.poll() is None and not (results.exists() and results.read_bytes().count(b"\n") > 5):
        time.sleep(0.005)
    process.kill()
    process.communicate()
    assert process.returncode == -signal.SIGKILL
    with results.open("ab") as file:
        file.write(b'{"path": "/in/0')  # as if it had come at the worst moment
    made = {name: (tmp_path / "out" / name).stat().st_mtime_ns for name in names(tmp_path / "out") & all_names}
    assert 5 < len(made) < 60
    for name in made:
        Image.open(tmp_path / "out" / name).load()  # whole, or not there
    result = run(*arguments)
    assert result.exit_code == 0, result.output
    assert f"{60 - len(made)} made, {len(made)} skipped, 0 failed" in result.stdout
    assert names(tmp_path / "out") == all_names | {"results.jsonl"}
    assert {name: (tmp_path / "out" / name).stat().st_mtime_ns for name in made} == made
    assert {line["output"] for line in lines(tmp_path / "out")} == all_names
    assert run("batch", tmp_path / "in", tmp_path / "whole", "--model", model, *FIXED).exit_code == 0
    for name in all_names:
        assert (tmp_path / "out" / name).read_bytes() == (tmp_path / "whole" / name).read_bytes()


def test_an_interrupted_batch_leaves_only_whole_images(run, tmp_path: Path, model: Path) -> None:
    all_names = many(tmp_path / "in", 60)
    arguments = ("batch", tmp_path / "in", tmp_path / "out", "--model", model, *FIXED, "--progress", "json")
    results = tmp_path / "out" / "results.jsonl"
    process = start(*arguments)
    while process.poll() is None and not (results.exists() and results.read_bytes().count(b"\n") > 5):
        time.sleep(0.005)
    process.send_signal(signal.SIGINT)
    told, errors = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "repeat the command to continue" in errors and "Traceback" not in errors
    assert events(told)[-1] == {"event": "interrupted"}
    made = names(tmp_path / "out") - {"results.jsonl"}
    # the line of an image follows the image, and the interruption may come between the two
    assert {line["output"] for line in lines(tmp_path / "out") if line["status"] == "done"} <= made
    assert 5 < len(made) < 60
    for name in made:
        Image.open(tmp_path / "out" / name).load()
    assert f"{60 - len(made)} made, {len(made)} skipped" in run(*arguments[:-2]).stdout
    assert names(tmp_path / "out") == all_names | {"results.jsonl"}


@pytest.mark.slow
def test_a_watched_folder(tmp_path: Path, photos: Path, model: Path) -> None:
    """What comes is made once it is whole, what changes is made anew, and SIGINT is the usual end."""
    out = tmp_path / "out"
    process = start("batch", photos, out, "--watch", "--model", model, *FIXED)
    whole = (photos / "b.jpg").read_bytes()

    def wait_for(ready) -> None:
        until = time.monotonic() + 60
        while not ready():
            assert process.poll() is None, process.communicate()
            assert time.monotonic() < until, names(out)
            time.sleep(0.02)

    wait_for(lambda: (out / "results.jsonl").exists() and len(lines(out)) == 3)
    (photos / "late.jpg").write_bytes(whole)
    wait_for(lambda: (out / "late.jpg").exists() and len(lines(out)) == 4)
    before = (out / "late.jpg").read_bytes()
    Image.open(photos / "a.png").save(photos / "late.jpg")
    wait_for(lambda: len(lines(out)) == 5)
    assert (out / "late.jpg").read_bytes() != before
    process.send_signal(signal.SIGINT)
    told, errors = process.communicate(timeout=60)
    assert (process.returncode, errors) == (0, "")
    assert "5 made, 0 skipped, 0 failed" in told
    assert all(line["status"] == "done" for line in lines(out))


@pytest.mark.slow
def test_workers_make_the_same(run, tmp_path: Path, photos: Path, model: Path) -> None:
    many(photos, 20)
    (photos / "broken.jpg").write_bytes(b"no image")
    arguments = ("batch", photos, "out", "--model", model, *FIXED)
    assert run(*arguments).exit_code == 1
    process = start("batch", photos, tmp_path / "spread", "--workers", 2, "--model", model, *FIXED)
    told, errors = process.communicate(timeout=120)
    assert process.returncode == 1, errors
    assert "23 made, 0 skipped, 1 failed" in told
    assert names(tmp_path / "spread") == names(Path("out"))
    for name in names(Path("out")) - {"results.jsonl"}:
        assert (tmp_path / "spread" / name).read_bytes() == Path("out", name).read_bytes()
