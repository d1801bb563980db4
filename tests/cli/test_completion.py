import os
import subprocess
import sys

import pytest
from click.testing import CliRunner

from tilegan.cli.completion import VARIABLE
from tilegan.cli.main import COMMANDS, main


@pytest.fixture
def complete(monkeypatch: pytest.MonkeyPatch):
    """Return what a shell is told for some words, of which the last is incomplete: (kind, value)."""

    def told(*words: str) -> list[tuple[str, str]]:
        monkeypatch.setenv(VARIABLE, "bash_complete")
        monkeypatch.setenv("COMP_WORDS", " ".join(("tilegan", *words)))
        monkeypatch.setenv("COMP_CWORD", str(len(words)))
        result = CliRunner().invoke(main, prog_name="tilegan", complete_var=VARIABLE)
        return [tuple(line.split(",", 1)) for line in result.output.splitlines()]  # type: ignore[misc]

    return told


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_script_is_printed_that_asks_the_program(shell: str) -> None:
    result = CliRunner().invoke(main, ["completion", shell])
    assert result.exit_code == 0
    assert f"{VARIABLE}={shell}_complete" in result.output


def test_another_shell_is_a_usage_error() -> None:
    result = CliRunner().invoke(main, ["completion", "tcsh"])
    assert result.exit_code == 2
    assert "'bash', 'zsh', 'fish'" in result.stderr


def test_commands_are_completed(complete) -> None:
    assert complete("st") == [("plain", "stylize")]
    assert len(complete("")) == len(COMMANDS)


def test_options_and_choices_are_completed(complete) -> None:
    assert ("plain", "--window") in complete("stylize", "--win")
    assert complete("stylize", "--seams", "c") == [("plain", "combo")]
    assert complete("completion", "z") == [("plain", "zsh")]


def test_models_are_completed_beside_files(complete) -> None:
    assert complete("stylize", "--model", "vang") == [("file", "vang"), ("plain", "vangogh")]


def test_endings_of_outputs_are_completed(complete) -> None:
    assert complete("stylize", "a.png", "-o", "b.j") == [("file", "b.j"), ("plain", "b.jpg")]
    assert ("plain", "b.zarr") in complete("sample", "b.")
    assert complete("stylize", "a.png", "-o", "b") == [("file", "b")]


def test_arguments_are_files(complete) -> None:
    assert complete("info", "ph") == [("file", "ph")]


def test_completing_imports_nothing_heavy() -> None:
    code = (
        "import sys\nfrom tilegan.cli.main import main\n"
        "try:\n    main(prog_name='tilegan')\nexcept SystemExit:\n    pass\n"
        "assert not {'torch', 'dask', 'zarr', 'rasterio'} & set(sys.modules)"
    )
    env = os.environ | {VARIABLE: "bash_complete", "COMP_WORDS": "tilegan stylize --model ", "COMP_CWORD": "3"}
    done = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True, check=True)
    assert "plain,vangogh" in done.stdout
