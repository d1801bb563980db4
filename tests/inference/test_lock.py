"""The lock: one run at a time, and none after a process has died."""

import signal
import subprocess
import sys

import pytest

from tilegan.errors import OutputError
from tilegan.inference.lock import locked

HOLD = """
import sys, time
from pathlib import Path
from tilegan.inference.lock import locked
with locked(Path(sys.argv[1])):
    print("locked", flush=True)
    time.sleep(60)
"""


def test_a_second_one_is_refused_until_the_first_is_done(tmp_path):
    folder = tmp_path / "work" / "journal"
    with locked(folder), pytest.raises(OutputError, match=r"another run is writing .*work:"), locked(folder):
        pass
    with locked(folder):
        pass


def test_a_killed_process_lets_go(tmp_path):
    folder = tmp_path / "work" / "journal"
    process = subprocess.Popen([sys.executable, "-c", HOLD, str(folder)], stdout=subprocess.PIPE, text=True)
    assert process.stdout.readline() == "locked\n"
    with pytest.raises(OutputError, match="another run is writing"), locked(folder):
        pass
    process.send_signal(signal.SIGKILL)
    process.communicate()
    with locked(folder):
        pass


def test_where_nothing_can_be_written_it_says_so_in_one_line(tmp_path):
    (tmp_path / "work").write_bytes(b"a file")
    with pytest.raises(OutputError, match="cannot write to"), locked(tmp_path / "work" / "journal"):
        pass
