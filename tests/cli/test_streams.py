import errno
import io
import os
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

from tilegan.cli import streams
from tilegan.cli.streams import lasting_streams

MAIN = "import sys; from tilegan.cli.main import main; main(sys.argv[1:])"


def shell(redirection: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the command with streams as a shell redirects them; what is left of them is caught."""
    line = f'"$0" -c "$@" {redirection}'
    return subprocess.run(["bash", "-c", line, sys.executable, MAIN, *arguments], capture_output=True, text=True)


@pytest.mark.parametrize("redirection", ["2>&-", ">&-", "<&- >&- 2>&-", "> >(true)", "2> >(true)"])
def test_the_work_is_done_without_streams(redirection: str, tmp_path: Path) -> None:
    output = tmp_path / "sample.png"
    result = shell(redirection, "sample", str(output), "--size", "8x9")
    assert result.returncode == 0
    assert result.stderr == ""
    with Image.open(output) as image:
        image.load()
        assert image.size == (9, 8)


def test_an_error_is_told_by_the_exit_code_where_nothing_else_can_tell_it() -> None:
    assert shell("2>&-", "info", "no such image").returncode == 1
    assert shell("2>&-", "no such command").returncode == 2


@pytest.mark.slow
def test_a_full_disk_is_told_of_stdout_but_not_of_stderr() -> None:
    assert shell(">/dev/full", "methods").returncode == 1
    assert shell("2>/dev/full", "methods").returncode == 0


def test_what_is_written_after_the_reader_has_gone_goes_nowhere(monkeypatch: pytest.MonkeyPatch) -> None:
    reader, writer = os.pipe()
    stream = io.TextIOWrapper(io.FileIO(writer, "w", closefd=False), line_buffering=True)
    monkeypatch.setitem(streams._NUMBERS, "stdout", writer)
    monkeypatch.setattr(sys, "stdout", stream)
    with lasting_streams():
        print("first")
        assert os.read(reader, 100) == b"first\n"
        os.close(reader)
        print("second")
        print("third")
    assert sys.stdout is stream
    os.write(writer, b"and the process's own writes too")
    os.close(writer)


def test_a_terminal_that_was_closed_ends_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    master, slave = os.openpty()
    stream = io.TextIOWrapper(io.FileIO(slave, "w", closefd=False), line_buffering=True)
    monkeypatch.setitem(streams._NUMBERS, "stdout", slave)
    monkeypatch.setattr(sys, "stdout", stream)
    os.close(master)
    with pytest.raises(OSError) as caught:
        os.write(slave, b"x")
    assert caught.value.errno == errno.EIO
    with lasting_streams():
        print("first")
    os.close(slave)


def test_streams_that_stand_in_for_others_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = io.StringIO()
    monkeypatch.setattr(sys, "stdout", stream)
    with lasting_streams():
        assert sys.stdout is stream
