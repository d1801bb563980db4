"""The lock: one run at a time, and none after a process has died."""

import errno
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


def test_systems_without_fcntl_have_a_lock_too(tmp_path):
    without = "import sys; sys.modules['fcntl'] = sys.modules['resource'] = None" + HOLD.replace(
        "time.sleep(60)",
        """
    try:
        with locked(Path(sys.argv[1])):
            print("locked twice")
    except Exception as error:
        print(error)
with locked(Path(sys.argv[1])):
    print("again")
""",
    )
    command = [sys.executable, "-W", "ignore", "-c", without, str(tmp_path / "work" / "journal")]
    told = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
    assert told[0] == "locked" and told[1].startswith("another run is writing") and told[2:] == ["again"]


def test_a_disk_without_locks_is_worked_on(tmp_path, monkeypatch):
    def acquire(*_, **__):
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr("filelock.BaseFileLock.acquire", acquire)
    with locked(tmp_path / "work" / "journal"), locked(tmp_path / "work" / "journal"):
        pass
