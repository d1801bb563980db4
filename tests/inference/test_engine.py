"""The engine: tasks that any process can do, one forward pass at a time, and a prompt stop."""

import threading
import time
from dataclasses import replace

import numpy as np
import pytest
import torch
from PIL import Image

from tilegan.geometry import Window
from tilegan.images.source import open_source
from tilegan.images.store import Store
from tilegan.inference.engine import JOURNAL, STORE, TRANSLATOR, Stopped, assemble, make_shard, open_work, run_work
from tilegan.inference.journal import write_record
from tilegan.inference.plan import make_plan
from tilegan.progress import silent


@pytest.fixture
def picture(tmp_path):
    path = tmp_path / "in.png"
    pixels = np.random.default_rng(0).integers(0, 256, (270, 200, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(path)
    return path


def begin(folder, translator, plan):
    (folder / JOURNAL).mkdir(parents=True)
    translator.save(folder / TRANSLATOR)
    Store.create(folder / STORE, 270, 200, shard=plan.shard, chunk=plan.shard)
    write_record(folder / JOURNAL, {"settings": vars(plan)})


class Slow(torch.nn.Module):
    """The identity, slowly; counts how many passes run at once."""

    def __init__(self, seconds):
        super().__init__()
        self.seconds, self.running, self.most = seconds, 0, 0
        self.threads = set()

    def forward(self, image):
        self.running += 1
        self.most = max(self.most, self.running)
        self.threads.add(threading.get_ident())
        time.sleep(self.seconds)
        self.running -= 1
        return image


def test_a_task_needs_only_two_names_and_three_numbers(picture, tmp_path, random_translator):
    folder = tmp_path / "work"
    plan, _ = make_plan(random_translator, 270, "exact", 32, 64)
    begin(folder, random_translator, plan)
    assert make_shard(str(picture), str(folder), 0, 4, 1)
    assert not make_shard(str(picture), str(folder), 0, 4, 1)
    expected = random_translator.translate(np.asarray(Image.open(picture)))[256:, 64:128]
    written = Store.open(folder / STORE).read(0, Window(256, 64, 14, 64))
    assert np.abs(written.astype(int) - expected).max() <= 1
    assert open_work(str(picture), str(folder)) is open_work(str(picture), str(folder))


def test_one_forward_pass_at_a_time_in_one_thread(picture, tmp_path, random_translator):
    generator = Slow(0.002)
    translator = replace(random_translator, generator=generator)
    plan, _ = make_plan(translator, 270, "exact", 32, 64)
    begin(tmp_path / "work", random_translator, plan)
    work = assemble(open_source(picture), tmp_path / "work", translator, plan)
    assert run_work(picture, tmp_path / "work", work, silent) == 270 * 200
    assert generator.most == 1
    assert len(generator.threads) == 1
    assert run_work(picture, tmp_path / "work", assemble(work.source, tmp_path / "work", translator, plan), silent) == 0


def test_it_stops_at_the_next_window(picture, tmp_path, random_translator):
    translator = replace(random_translator, generator=Slow(0.05))
    plan, _ = make_plan(translator, 270, "exact", 8, 128)  # 256 windows a shard: 13 seconds
    begin(tmp_path / "work", random_translator, plan)
    work = assemble(open_source(picture), tmp_path / "work", translator, plan)

    threading.Timer(0.5, work.stop.set).start()
    begun = time.monotonic()
    with pytest.raises(Stopped):
        run_work(picture, tmp_path / "work", work, silent)
    assert time.monotonic() - begun < 10
    assert not list((tmp_path / "work" / JOURNAL).glob("0/*"))
