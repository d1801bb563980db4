"""The engine in threads: one forward pass at a time, a prompt stop, and a graph that stays small."""

import threading
import time

import numpy as np
import pytest

from tilegan.geometry import Window
from tilegan.images.store import Store
from tilegan.inference import engine
from tilegan.inference.engine import run_in_threads
from tilegan.inference.task import Stopped
from tilegan.progress import silent
from tilegan.translator import Translator


class Slow:
    """Forward passes that sleep and change nothing; counts how many run at once."""

    def __init__(self, seconds):
        self.seconds, self.running, self.most = seconds, 0, 0
        self.threads = set()

    def __call__(self, windows, halo=0):
        self.running += 1
        self.most = max(self.most, self.running)
        self.threads.add(threading.get_ident())
        time.sleep(self.seconds)
        self.running -= 1
        return windows[:, halo:-halo, halo:-halo]


def test_one_forward_pass_at_a_time_in_one_thread(begun, random_translator, monkeypatch):
    slow = Slow(0.002)
    monkeypatch.setattr(Translator, "run", lambda _, *arguments: slow(*arguments))
    names, open_it = begun(random_translator)
    assert run_in_threads(names, open_it(), silent) == 270 * 200
    assert slow.most == 1
    assert len(slow.threads) == 1
    assert run_in_threads(names, open_it(), silent) == 0


def test_it_stops_at_the_next_window(begun, random_translator, monkeypatch):
    slow = Slow(0.05)
    monkeypatch.setattr(Translator, "run", lambda _, *arguments: slow(*arguments))
    names, open_it = begun(random_translator, window=8, shard=128)  # 256 windows a shard: 13 seconds
    work = open_it()
    threading.Timer(0.5, work.stop.set).start()
    started = time.monotonic()
    with pytest.raises(Stopped):
        run_in_threads(names, work, silent)
    assert time.monotonic() - started < 10
    assert not list(work.folder.journal.glob("0/*"))


@pytest.mark.parametrize("at_once", [1, 2, 1000])
def test_no_graph_is_larger_than_it_may_be(begun, random_translator, pixels, monkeypatch, at_once):
    monkeypatch.setattr(engine, "AT_ONCE", at_once)
    sizes = []
    real = engine._graph
    monkeypatch.setattr(engine, "_graph", lambda *a: sizes.append(len(a[2])) or real(*a))
    names, open_it = begun(random_translator)
    work = open_it()
    run_in_threads(names, work, silent)
    assert max(sizes) <= at_once
    written = work.store.read(0, Window(0, 0, 270, 200))
    assert np.abs(written.astype(int) - random_translator.translate(pixels)).max() <= 1


def test_the_pyramid_comes_from_memory(begun, random_translator, monkeypatch):
    names, open_it = begun(random_translator)
    read = []
    real = Store.read
    monkeypatch.setattr(Store, "read", lambda *a: read.append(a[1:]) or real(*a))
    run_in_threads(names, open_it(), silent)
    assert read == []  # nothing of it was read back
