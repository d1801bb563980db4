import socket

import pytest
from click.testing import CliRunner
from PIL import Image

from tilegan.cli.main import main

pytest.importorskip("tilegan.pipelines.view")


@pytest.fixture
def picture(tmp_path):
    Image.new("RGB", (30, 20), (200, 100, 50)).save(tmp_path / "picture.png")
    return str(tmp_path / "picture.png")


def run(*arguments):
    return CliRunner().invoke(main, ["view", *arguments])


def test_a_port_in_use_is_one_line(picture):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        result = run(picture, "--no-browser", "--port", port)
    assert result.exit_code == 1
    assert result.stderr == (f"Error: port {port} is in use: give another --port, or --port 0 for any that is free\n")


def test_a_missing_image_is_one_line(tmp_path):
    result = run(str(tmp_path / "none.png"), "--no-browser")
    assert (result.exit_code, result.stderr.count("\n")) == (1, 1)
    assert "no such image" in result.stderr


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["-o", "out.zarr"], "give --model as well"),
        (["--model", "vangogh", "--compare", "b.png"], "--compare is for results"),
        (["--port", "70000"], "--port"),
        (["--tile-size", "10"], "--tile-size"),
    ],
)
def test_options_that_do_not_fit(picture, arguments, told):
    result = run(picture, "--no-browser", *arguments)
    assert result.exit_code == 2
    assert told in result.stderr


def test_a_host_that_is_not_here_is_one_line(picture):
    result = run(picture, "--no-browser", "--port", "0", "--host", "192.0.2.1")
    assert (result.exit_code, result.stderr.count("\n")) == (1, 1)
    assert "cannot listen on 192.0.2.1" in result.stderr


def test_without_the_packages_it_says_what_to_install(picture, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "uvicorn", None)
    monkeypatch.delitem(__import__("sys").modules, "tilegan.viewing.server", raising=False)
    monkeypatch.delitem(__import__("sys").modules, "tilegan.pipelines.view", raising=False)
    result = run(picture, "--no-browser")
    assert result.exit_code == 1
    assert "pip install 'tilegan[view]'" in result.stderr
