"""Promises of docs/embedding.md to programs that embed the package; the examples have tests of their own."""

import json
import re
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import click
import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

import tilegan
from tilegan import errors
from tilegan.cli.main import COMMANDS, main
from tilegan.pipelines import batch, stylize

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "embedding.md"
FIXED = {"window": 32, "shard": 64, "device": "cpu", "precision": "float32"}
AS_OPTIONS = [word for name, value in FIXED.items() for word in (f"--{name}", str(value))]


class StopError(Exception):
    """Raised by a callback."""


def draw(path: Path, height: int = 150, width: int = 200, seed: int = 0) -> Path:
    Image.fromarray(np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8)).save(path)
    return path


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    return draw(tmp_path / "photo.png")


def run(*arguments: object) -> click.testing.Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


def told(output: str) -> list[dict]:
    return [json.loads(line) for line in output.splitlines()]


def test_an_exception_of_the_callback_cancels_and_resume_gives_the_same_bytes(photo, random_translator, tmp_path):
    whole, output = tmp_path / "whole.png", tmp_path / "out.png"
    stylize(photo, whole, random_translator, **FIXED)
    stop = threading.Event()

    def progress(phase: str, done: int, _: int) -> None:
        if done:
            threading.Thread(target=stop.set).start()  # whoever asks for it
            assert stop.wait(60)
            raise StopError(phase)

    with pytest.raises(StopError, match="stylize"):
        stylize(photo, output, random_translator, progress=progress, **FIXED)
    assert not output.exists()
    assert list((tmp_path / "out.png.partial" / "journal" / "0").iterdir())
    stylize(photo, output, random_translator, resume=True, device="cpu")
    assert output.read_bytes() == whole.read_bytes()
    assert not (tmp_path / "out.png.partial").exists()


def test_an_exception_of_the_callback_ends_a_batch_that_can_be_repeated(model, tmp_path):
    (tmp_path / "in").mkdir()
    for number in range(12):
        draw(tmp_path / "in" / f"{number}.png", 40, 40, number)

    def progress(_: object) -> None:
        raise StopError

    with pytest.raises(StopError):
        batch(tmp_path / "in", tmp_path / "out", model, progress=progress, **FIXED)
    result = batch(tmp_path / "in", tmp_path / "out", model, **FIXED)
    assert (result.done + result.skipped, result.failed) == (12, 0)
    assert result.skipped


def test_threads_share_a_translator(random_translator, tmp_path):
    photos = [draw(tmp_path / f"{number}.png", seed=number) for number in range(4)]
    alone = [random_translator.translate(np.asarray(Image.open(photo))) for photo in photos]

    def work(photo: Path) -> np.ndarray:
        stylize(photo, photo.with_suffix(".tif"), random_translator, **FIXED)
        lazy = tilegan.stylize_array(np.asarray(Image.open(photo)), random_translator).compute()
        file = np.asarray(Image.open(photo.with_suffix(".tif")))
        assert np.abs(lazy.astype(int) - file).max() <= 1
        return file

    with ThreadPoolExecutor(4) as pool:
        for made, reference in zip(pool.map(work, photos), alone, strict=True):
            assert np.abs(made.astype(int) - reference).max() <= 1


@pytest.mark.slow
def test_of_two_processes_on_one_output_one_is_refused(model, tmp_path):
    command = [sys.executable, "-m", "tilegan", "stylize", str(draw(tmp_path / "large.png", 700, 700))]
    command += ["-o", str(tmp_path / "out.png"), "--model", str(model), "--resume", *AS_OPTIONS]
    first = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    markers = tmp_path / "out.png.partial" / "journal" / "0"
    while first.poll() is None and not (markers.is_dir() and any(markers.iterdir())):
        time.sleep(0.01)
    first.send_signal(signal.SIGSTOP)  # it holds the lock, however slow this machine is
    try:
        second = subprocess.run(command, capture_output=True, text=True)
    finally:
        first.send_signal(signal.SIGCONT)
    _, told = first.communicate(timeout=300)
    assert (first.returncode, second.returncode) == (0, 1), told
    assert re.fullmatch(r"Error: another run is writing .*: wait for it, or name another output\n", second.stderr)


def test_repeated_commands_change_nothing(photo, model, tmp_path):
    output = tmp_path / "out.zarr"
    arguments = ("stylize", photo, "-o", output, "--model", model, "--resume", *AS_OPTIONS)
    assert run(*arguments).exit_code == 0
    before = {path: (path.stat().st_mtime_ns, path.read_bytes()) for path in output.rglob("*") if path.is_file()}
    assert run(*arguments).exit_code == 0
    after = {path: (path.stat().st_mtime_ns, path.read_bytes()) for path in output.rglob("*") if path.is_file()}
    assert after == before
    for command in (("convert", output, tmp_path / "a.png"), ("sample", tmp_path / "b.png", "--size", "30x40")):
        made = []
        for _ in range(2):
            assert run(*command, "--overwrite").exit_code == 0
            made.append(Path(command[2] if command[0] == "convert" else command[1]).read_bytes())
        assert made[0] == made[1]


# what each command needs so that it fails by something that a user can mend
FAILING = {
    "stylize": ["missing.png"],
    "batch": ["missing", "out"],
    "train": ["missing", "missing", "-o", "run"],
    "models": ["--sheet", "missing.png"],
    "codes": ["missing.safetensors", "missing.png"],
    "evaluate": ["missing", "missing", "missing"],
    "sample": ["missing/x.png", "--size", "30x40"],
    "convert": ["missing.zarr", "x.png"],
    "verify": ["missing.zarr"],
    "view": ["missing.png", "--no-browser"],
    "info": ["missing.png"],
    "export": ["missing.safetensors", "x.onnx"],
    "import": ["missing.onnx", "-o", "x.safetensors"],
}


@pytest.mark.parametrize("name", COMMANDS)
def test_exit_codes_of_every_command(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert run(name, "--help").exit_code == 0
    assert run(name, "--no-such-option").exit_code == 2
    if name in FAILING:
        result = run(name, *FAILING[name])
        assert result.exit_code == 1, result.output
        assert re.fullmatch(r"(.*\n)?Error: .+\n", result.stderr)
        assert list(tmp_path.iterdir()) == []
    command = main.get_command(click.Context(main), name)
    assert command is not None
    monkeypatch.setattr(command, "invoke", lambda _: (_ for _ in ()).throw(KeyboardInterrupt))
    assert run(name, *FAILING.get(name, ["bash"] if name == "completion" else [])).exit_code == 130


@pytest.mark.skipif(not PAGE.exists(), reason="the tests run apart from the checkout")
def test_the_page_names_every_command_and_class_of_errors():
    text = PAGE.read_text()
    assert [name for name in COMMANDS if f"`{name}`" not in text] == []
    kinds = [name for name, kind in vars(errors).items() if isinstance(kind, type) and name.endswith("Error")]
    assert [name for name in kinds if f"{name}`" not in text] == []


@pytest.mark.skipif(not PAGE.exists(), reason="the tests run apart from the checkout")
def test_the_events_of_the_page_have_the_keys_of_real_ones(photo, model, tmp_path):
    blocks = re.findall(r"```json\n(.*?)```", PAGE.read_text(), re.DOTALL)
    shown = {
        command: {event["event"]: event for event in told(block)}
        for command, block in zip(("stylize", "batch"), blocks, strict=True)
    }
    assert set(shown["stylize"]) == {"plan", "shard", "finished", "error", "interrupted"}
    assert set(shown["batch"]) == {"plan", "image", "part", "finished", "error", "interrupted"}
    (tmp_path / "in").mkdir()
    draw(tmp_path / "in" / "a.png")
    real = {
        "stylize": ["stylize", photo, "-o", tmp_path / "a.png"],
        "batch": ["batch", tmp_path / "in", tmp_path / "out"],
    }
    for command, arguments in real.items():
        arguments += ["--model", model, "--progress", "json", *AS_OPTIONS]
        events = told(run(*arguments).stdout)
        events += [*told(run(*arguments, "--model", "no such model").stdout), {"event": "interrupted"}]
        assert {event["event"] for event in events} == set(shown[command]), command
        for event in events:
            assert list(event) == list(shown[command][event["event"]]), event
