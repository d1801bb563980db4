import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from PIL import Image


def test_default_output_lies_beside_the_image(run, photo: Path, model: Path) -> None:
    result = run("stylize", photo, "--model", model, "--device", "cpu")
    assert result.exit_code == 0, result.output
    assert result.stdout.startswith(f"{photo.with_name('photo.dots.png')}: 70 x 90 pixels")
    assert "MP/s" in result.stdout
    assert Image.open(photo.with_name("photo.dots.png")).size == (90, 70)


def test_a_dry_run_names_the_default_output(run, photo: Path, model: Path) -> None:
    result = run("stylize", photo, "--model", model, "--dry-run")
    assert result.exit_code == 0, result.output
    assert str(photo.with_name("photo.dots.png")) in result.stdout
    events = run("stylize", photo, "--model", model, "--dry-run", "--progress", "json")
    assert json.loads(events.stdout)["output"] == str(photo.with_name("photo.dots.png"))
    assert not photo.with_name("photo.dots.png").exists()


def test_settings_reach_the_work_and_rounding_is_reported(run, photo: Path, model: Path) -> None:
    result = run("stylize", photo, "-o", "out.tif", "--model", model, "--window", 30, "--precision", "float32")
    assert result.exit_code == 0, result.output
    assert "window 32, cpu, float32" in result.stdout
    assert "Note: window 30 rounded up to 32" in result.stderr


def test_what_a_user_should_know_of_the_image_is_told(run, photo: Path, model: Path) -> None:
    """As `tilegan info` tells it: frames that are left out, a profile that cannot be read."""
    with Image.open(photo) as image:
        image.save("a.gif", save_all=True, append_images=[image.rotate(90), image.rotate(180)])
        image.save("b.jpg", icc_profile=b"broken")
    for name in ("a.gif", "b.jpg"):
        remarks = [line.removeprefix("remark").strip() for line in run("info", name).stdout.splitlines()[-1:]]
        result = run("stylize", name, "-o", f"{name}.png", "--model", model, "--device", "cpu")
        assert f"Note: {remarks[0]}\n" in result.stderr
        options = ("--model", model, "--device", "cpu", "--progress", "json", "--overwrite")
        events = map(json.loads, run("stylize", name, "-o", f"{name}.png", *options).stdout.splitlines())
        told = [event["notes"] for event in events if event["event"] in ("plan", "finished")]
        assert told == [remarks, remarks]


def test_resume_with_nothing_to_resume_starts(run, photo: Path, model: Path) -> None:
    arguments = ("stylize", photo, "-o", "out.zarr", "--model", model, "--resume")
    assert run(*arguments).exit_code == 0
    again = run(*arguments)
    assert again.exit_code == 0
    assert "finished already" in again.stderr


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (("nothing.jpg",), "nothing.jpg"),
        (("broken.jpg",), "broken.jpg"),
        (("photo.png", "--model", "nothing"), "nothing"),
        (("photo.png", "--model", "photo.png"), "photo.png"),
        (("photo.png", "-o", "photo.png", "--overwrite"), "photo.png"),
        (("photo.png", "-o", "out.xyz"), "out.xyz"),
        (("photo.png", "-o", "nowhere/out.png"), "nowhere"),
        (("photo.png", "-o", "there.png"), "there.png"),
        (("photo.png", "--device", "toaster"), "toaster"),
    ],
)
def test_mistakes_are_one_line(run, photo: Path, model: Path, arguments: tuple[str, ...], named: str) -> None:
    photo.with_name("broken.jpg").write_bytes(b"not a jpeg")
    photo.with_name("there.png").write_bytes(b"mine")
    before = {path.name for path in photo.parent.iterdir()}
    if "--model" not in arguments:
        arguments = (*arguments, "--model", str(model))
    result = run("stylize", *arguments)
    assert result.exit_code == 1, result.output
    assert result.stdout == ""
    assert result.stderr.startswith("Error: ")
    assert result.stderr.count("\n") == 1
    assert named in result.stderr
    assert {path.name for path in photo.parent.iterdir()} == before
    assert photo.with_name("there.png").read_bytes() == b"mine"


@pytest.mark.parametrize(
    "arguments", [(), ("a.png", "--seams", "glue"), ("a.png", "--window", "0"), ("a.png", "--foo")]
)
def test_usage_errors(run, arguments: tuple[str, ...]) -> None:
    assert run("stylize", *arguments).exit_code == 2


@pytest.mark.parametrize("number", [signal.SIGINT, pytest.param(signal.SIGTERM, marks=pytest.mark.slow)])
def test_interrupted_work_is_kept_and_goes_on(run, photo: Path, model: Path, number: signal.Signals) -> None:
    large = photo.with_name("large.png")
    Image.open(photo).resize((640, 640)).save(large)
    arguments = ["stylize", str(large), "--model", str(model), "--window", "32", "--shard", "64", "--device", "cpu"]
    arguments += ["--progress", "json"]
    command = [sys.executable, "-c", "from tilegan.cli.main import main; main()", *arguments]
    # a shell that runs the tests in the background has made SIGINT be ignored, and children inherit that
    process = subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    markers = photo.with_name("large.dots.png.partial") / "journal" / "0"
    while process.poll() is None and not (markers.is_dir() and len(list(markers.iterdir())) > 3):
        time.sleep(0.01)
    process.send_signal(number)
    events, errors = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "--resume to continue" in errors
    assert "Traceback" not in errors
    assert json.loads(events.splitlines()[-1]) == {"event": "interrupted"}
    assert not photo.with_name("large.dots.png").exists()
    assert run(*arguments, "--resume").exit_code == 0
    assert Image.open(photo.with_name("large.dots.png")).size == (640, 640)


def test_strength_and_colors(run, photo: Path, model: Path) -> None:
    arguments = ("stylize", photo, "-o", "out.png", "--model", model)
    plan = run(*arguments, "--strength", 0.5, "--keep-colors", "--dry-run")
    assert "style:   strength 0.5, colors of the source; strokes as large as the model paints them" in plan.stdout
    assert run(*arguments, "--strength", 0).exit_code == 0
    assert Image.open("out.png").convert("RGB").tobytes() == Image.open(photo).convert("RGB").tobytes()
    for wrong in ("-0.1", "1.1", "half"):
        assert run(*arguments, "--strength", wrong).exit_code == 2
    assert run(*arguments, "--strength", "nan").exit_code == 1


def test_strokes(run, photo: Path, model: Path) -> None:
    arguments = ("stylize", photo, "-o", "out.png", "--model", model)
    assert "strokes 3 times as large as the model paints them" in run(*arguments, "--stroke", 3, "--dry-run").stdout
    told = run(*arguments, "--stroke", "auto", "--dry-run", "--progress", "json")
    assert json.loads(told.stdout)["stroke"] == 1
    done = run(*arguments, "--stroke", 3, "--progress", "json")
    assert json.loads(done.stdout.splitlines()[-1])["stroke"] == 3
    assert "stroke 2, window" in run(*arguments, "--stroke", 2, "--overwrite").stdout
    for wrong in ("-1", "1.5", "huge"):
        assert run(*arguments, "--stroke", wrong).exit_code == 2
    assert run(*arguments, "--stroke", 257).exit_code == 1
