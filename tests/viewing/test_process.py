"""The command in a process of its own: how it begins, how it ends, and what it leaves."""

import os
import re
import signal
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

from tilegan.pipelines import StylizeSettings, stylize

pytest.importorskip("tilegan.pipelines.view")

OPTIONS = ["--window", "32", "--shard", "64", "--stroke", "1", "--precision", "float32", "--tile-size", "64"]
SETTINGS = StylizeSettings().but(window=32, shard=64, stroke=1, precision="float32")


@pytest.fixture
def start():
    """Starts the command; gives the process and the address that it prints."""
    started = []

    def begin(*arguments):
        command = [sys.executable, "-m", "tilegan", "view", *map(str, arguments), "--no-browser", "--port", "0"]
        environment = os.environ | {"OMP_NUM_THREADS": "1", "PYTHONUNBUFFERED": "1"}
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment)
        started.append(process)
        line = process.stdout.readline()
        found = re.search(r"http://127\.0\.0\.1:\d+/", line)
        assert found, line + process.stderr.read()
        return process, found[0]

    yield begin
    for process in started:
        process.kill()
        process.communicate()


def get(url):
    with urllib.request.urlopen(url) as answer:
        return answer.read()


def files_of(folder: Path):
    return {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.slow
def test_killed_it_leaves_what_a_run_goes_on_with(start, picture, model, tmp_path):
    output = tmp_path / "out.zarr"
    process, url = start(picture, "--model", model, "-o", output, *OPTIONS)
    get(f"{url}tiles/result/3/1/1.png")
    get(f"{url}tiles/result/3/3/2.png")
    process.kill()
    process.wait()
    assert len(list((tmp_path / "out.zarr.partial/journal/0").iterdir())) >= 2
    stylize(picture, output, model, settings=SETTINGS, resume=True)
    stylize(picture, tmp_path / "plain.zarr", model, settings=SETTINGS)
    assert files_of(output / "0") == files_of(tmp_path / "plain.zarr/0")


@pytest.mark.slow
@pytest.mark.skipif(os.name != "posix", reason="signals are POSIX's")
@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM"])
def test_a_signal_ends_it_as_it_should(start, picture, model, tmp_path, name):
    process, url = start(picture, "--model", model, "-o", tmp_path / "out.zarr", *OPTIONS)
    get(f"{url}tiles/result/3/1/1.png")
    process.send_signal(getattr(signal, name))
    output, errors = process.communicate()
    assert process.returncode == 0
    assert output == ""  # the address was read before
    told = re.search(r"stopped: (\d+) of 25 shards of .*out\.zarr are kept: tilegan stylize .*--resume", errors)
    assert told, errors
    assert int(told[1]) >= 1
    assert "Traceback" not in errors


@pytest.mark.skipif(os.name != "posix", reason="signals are POSIX's")
def test_a_result_needs_no_model(start, picture):
    process, url = start(picture)
    assert get(f"{url}tiles/result/0/0/0.png")[:4] == b"\x89PNG"
    process.send_signal(signal.SIGINT)
    assert process.communicate() == ("", "")
    assert process.returncode == 0
