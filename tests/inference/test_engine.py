"""The engine in threads: as many forward passes at once as planned, a prompt stop, and a graph that stays small."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import torch

from tilegan.geometry import Window
from tilegan.images.stores.store import Store
from tilegan.inference import engine
from tilegan.inference.engine import run_in_threads
from tilegan.inference.memory import Limits
from tilegan.inference.passes import Stopped
from tilegan.progress import silent
from tilegan.translator import Translator


class Slow:
    """Forward passes that sleep and change nothing; counts how many run at once, and what they may use."""

    def __init__(self, seconds):
        self.seconds, self.running, self.most = seconds, 0, 0
        self.threads, self.cores = set(), set()
        self._lock = threading.Lock()

    def __call__(self, windows, halo=0):
        with self._lock:
            self.running += 1
            self.most = max(self.most, self.running)
            self.threads.add(threading.get_ident())
            self.cores.add(torch.get_num_threads())
        time.sleep(self.seconds)
        with self._lock:
            self.running -= 1
        return windows[:, halo:-halo, halo:-halo]


@pytest.mark.parametrize(("streams", "at_once", "cores"), [(1, 1, 4), (2, 2, 2), (3, 3, 1), (9, 4, 1)])
def test_forward_passes_share_the_cores(begun, random_translator, monkeypatch, streams, at_once, cores):
    before = torch.get_num_threads()
    try:
        torch.set_num_threads(4)
        slow = Slow(0.005)
        monkeypatch.setattr(Translator, "run", lambda _, *arguments: slow(*arguments[:2]))
        names, open_it = begun(random_translator, limits=Limits(3, streams, 2**24, 2**20, pyramid=True))
        assert run_in_threads(names, open_it(), silent) == 270 * 200
        assert (slow.most, len(slow.threads), slow.cores) == (at_once, at_once, {cores})
        with ThreadPoolExecutor(1) as later:  # nothing stays changed for anybody else
            assert torch.get_num_threads() == later.submit(torch.get_num_threads).result() == 4
        assert run_in_threads(names, open_it(), silent) == 0
    finally:
        torch.set_num_threads(before)


def test_it_stops_at_the_next_window(begun, random_translator, monkeypatch):
    slow = Slow(0.05)
    monkeypatch.setattr(Translator, "run", lambda _, *arguments: slow(*arguments[:2]))
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
