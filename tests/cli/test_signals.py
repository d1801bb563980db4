"""Signals: answered while it lasts, where that is possible."""

import os
import signal
import threading

import pytest

from tilegan.cli.signals import answered


def test_a_signal_is_answered_while_it_lasts() -> None:
    before, told = signal.getsignal(signal.SIGTERM), []
    with answered(["SIGTERM"], lambda number, _: told.append(number)):
        os.kill(os.getpid(), signal.SIGTERM)
    assert told == [signal.SIGTERM]
    assert signal.getsignal(signal.SIGTERM) is before


def test_systems_without_it_are_left_as_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(signal, "SIGTERM")
    before = signal.getsignal(signal.SIGINT)
    with answered(["SIGTERM"], lambda *_: None):
        assert signal.getsignal(signal.SIGINT) is before


def test_other_threads_may_not_answer() -> None:
    before, done = signal.getsignal(signal.SIGTERM), []

    def other() -> None:
        with answered(["SIGTERM"], lambda *_: None):
            done.append(signal.getsignal(signal.SIGTERM))

    thread = threading.Thread(target=other)
    thread.start()
    thread.join()
    assert done == [before]
