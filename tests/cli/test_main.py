import errno
import subprocess
import sys
from importlib import import_module

import click
import pytest
from click.testing import CliRunner

import tilegan
from tilegan.cli.main import COMMANDS, main
from tilegan.errors import SkippedImageWarning, TileganError, TooLittleMemoryError


@pytest.fixture
def failing(monkeypatch: pytest.MonkeyPatch):
    """Make `tilegan info X` raise an error."""

    def install(error: BaseException) -> None:
        def fail(_: str) -> None:
            raise error

        monkeypatch.setattr(import_module("tilegan.pipelines.info"), "info", fail)

    return install


def test_help_lists_every_command() -> None:
    result = CliRunner().invoke(main, ["--help"])
    assert result.exit_code == 0
    for name, text in COMMANDS.items():
        assert name in result.output
        assert text.split()[0] in result.output


def test_the_command_alone_says_what_to_type_first() -> None:
    result = CliRunner().invoke(main, [])
    assert result.exit_code == 0
    lines = [line.split()[:2] for line in result.stdout.splitlines() if line.startswith("  tilegan ")]
    assert lines == [["tilegan", name] for name in ("sample", "stylize", "view", "train")]


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help(name: str) -> None:
    result = CliRunner().invoke(main, [name, "--help"])
    assert result.exit_code == 0
    assert f"tilegan {name}" in result.output or f"main {name}" in result.output


def test_version() -> None:
    result = CliRunner().invoke(main, ["--version"])
    assert result.output.strip().endswith(tilegan.__version__)


def test_unknown_command_is_a_usage_error() -> None:
    result = CliRunner().invoke(main, ["paint"])
    assert result.exit_code == 2
    assert "paint" in result.stderr


@pytest.mark.parametrize(
    "error",
    [TileganError("no such thing: x: make one"), OSError(errno.ENOSPC, "No space left on device", "x")],
    ids=["own", "system"],
)
def test_errors_are_one_line(failing, error: Exception) -> None:
    failing(error)
    result = CliRunner().invoke(main, ["info", "x"])
    assert result.exit_code == 1
    assert result.stdout == ""
    assert result.stderr.startswith("Error: ")
    assert result.stderr.count("\n") == 1


def test_names_in_a_message_neither_steer_the_terminal_nor_fill_it(failing) -> None:
    failing(TileganError("no \x1b[2J\x07 in 'x': " + "x" * 9999))
    result = CliRunner().invoke(main, ["info", "x"])
    assert result.stderr.startswith(r"Error: no \x1b[2J\x07 in 'x'")
    assert len(result.stderr) < 2100


def test_out_of_memory_is_one_line(failing) -> None:
    failing(MemoryError())
    result = CliRunner().invoke(main, ["info", "x"])
    assert result.exit_code == 1
    assert result.stderr.startswith("Error: out of memory: give a smaller --window")


def test_out_of_memory_that_tells_more_is_not_replaced(failing) -> None:
    failing(TooLittleMemoryError("out of memory on cuda:0 even with the least window of 64 pixels: use another device"))
    result = CliRunner().invoke(main, ["info", "x"])
    assert result.stderr == (
        "Error: out of memory on cuda:0 even with the least window of 64 pixels: use another device\n"
    )


def test_debug_shows_the_traceback(failing) -> None:
    failing(TileganError("no such thing"))
    result = CliRunner().invoke(main, ["--debug", "info", "x"])
    assert isinstance(result.exception, TileganError)


def test_mistakes_of_ours_are_not_hidden(failing) -> None:
    failing(ZeroDivisionError())
    result = CliRunner().invoke(main, ["info", "x"])
    assert isinstance(result.exception, ZeroDivisionError)


def test_interrupted_is_130(failing) -> None:
    failing(KeyboardInterrupt())
    result = CliRunner().invoke(main, ["info", "x"])
    assert result.exit_code == 130
    assert result.stderr == "interrupted\n"


def test_own_warnings_are_one_line_and_foreign_ones_silent(monkeypatch: pytest.MonkeyPatch) -> None:
    @click.command()
    def info() -> None:
        import warnings

        warnings.warn("a.jpg is too small", SkippedImageWarning, stacklevel=1)
        warnings.warn("deprecated", DeprecationWarning, stacklevel=1)

    monkeypatch.setattr(import_module("tilegan.cli.info"), "info", info)
    result = CliRunner().invoke(main, ["info"])
    assert result.stderr == "Warning: a.jpg is too small\n"


def test_broken_pipe_is_quiet() -> None:
    code = "from tilegan.cli.main import main; main(['--help'])"
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == b""


def test_python_runs_the_package_as_the_command() -> None:
    run = [sys.executable, "-m", "tilegan", "methods", "--help"]
    assert "Usage: tilegan methods" in subprocess.run(run, capture_output=True, text=True, check=True).stdout
