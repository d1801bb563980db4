"""Plans that keep to a limit of memory, and limits that no plan can keep to."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import psutil
import pytest

from tilegan.errors import SettingError
from tilegan.geometry import Window
from tilegan.images.metadata.origin import Origin
from tilegan.inference.memory import DEFAULT, fit_plan
from tilegan.inference.parts import MIB
from tilegan.translator import load


def source(height, width, block=(512, 512), sequential=False, bands=3, dtype="uint8", held=False, opacity=None):
    return SimpleNamespace(
        held=held,
        height=height,
        width=width,
        block=block,
        sequential=sequential,
        bands=bands,
        dtype=np.dtype(dtype),
        levels=np.dtype("uint8"),
        origin=Origin(opacity=opacity),
        read=lambda window: np.zeros((window.height, window.width, 3), np.uint8),
    )


def fit(translator, image, **settings):
    return fit_plan(translator, image, Window(0, 0, image.height, image.width), **settings)


def test_a_large_image_fits_the_default(random_translator):
    plan, limits, memory, notes = fit(random_translator, source(100_000, 100_000))
    assert memory.total <= memory.limit == memory.process + DEFAULT
    assert (plan.window, plan.shard, limits.threads, notes) == (1024, 2048, 3, ())


def test_less_memory_means_less_at_once_down_to_nothing_that_fits(random_translator):
    image = source(50_000, 50_000)
    _, _, most, _ = fit(random_translator, image)
    sizes = []
    for limit in range(most.total, most.process, -16 * MIB):
        try:
            plan, limits, memory, _ = fit(random_translator, image, limit=limit)
        except SettingError as error:
            assert "MiB are needed" in str(error)
            break
        assert memory.total <= limit
        sizes.append((limits.threads, plan.window, plan.shard))
    else:
        pytest.fail("a limit below what the process takes by itself was accepted")
    assert len(set(sizes)) > 3
    assert sizes[0] == (3, 1024, 2048)


def test_the_error_names_a_limit_that_works(random_translator):
    image = source(50_000, 50_000)
    with pytest.raises(SettingError, match="a memory of 1 MiB is too little") as error:
        fit(random_translator, image, limit=MIB)
    needed = int(str(error.value).split("at least ")[1].split(" MiB")[0]) + 1
    fit(random_translator, image, limit=needed * MIB)


def test_what_was_asked_for_is_not_changed(random_translator):
    plan, _, memory, _ = fit(random_translator, source(9_000, 9_000), window=2000, shard=6000)
    assert (plan.window, plan.shard) == (2000, 6000)
    with pytest.raises(SettingError, match="too little"):
        fit(
            random_translator,
            source(9_000, 9_000),
            window=2000,
            shard=6000,
            limit=memory.total - memory.recent - 40 * MIB,
        )


def test_passes_at_once_that_are_given_are_counted_or_refused(random_translator):
    image = source(9_000, 9_000)
    _, one, single, _ = fit(random_translator, image, window=512, shard=512, streams=1)
    _, four, memory, _ = fit(random_translator, image, window=512, shard=512, streams=4)
    assert (one.streams, four.streams) == (1, 4)
    assert memory.forward == 4 * single.forward
    with pytest.raises(SettingError, match="too little"):
        fit(random_translator, image, window=512, shard=512, streams=4, limit=memory.process + memory.forward)


def test_files_in_rows_need_a_row_of_shards_in_cache(random_translator):
    for image in (source(9_000, 9_000, (1, 9_000), True), source(9_000, 9_000, (16, 9_000))):
        plan, limits, _, notes = fit(random_translator, image)
        assert limits.reader >= 9_000 * 3 * (plan.shard + 2 * random_translator.halo)
        assert notes == ()
    _, tiled, _, _ = fit(random_translator, source(9_000, 9_000))
    assert tiled.reader == 64 * MIB
    _, held, _, _ = fit(random_translator, source(9_000, 9_000, (9_000, 9_000), held=True))
    assert held.reader == 0


def test_rows_that_do_not_fit_are_said_to_be_slow(random_translator):
    _, limits, memory, notes = fit(random_translator, source(40_000, 9_000_000, (1, 9_000_000), True))
    assert memory.total <= memory.limit
    assert "are decoded 46148 times" in notes[0]  # 4395 columns of shards, 20 rows, each again from the top
    assert limits.reader == 64 * MIB


def test_large_chunks_are_counted_as_often_as_they_are_decoded(random_translator):
    _, limits, memory, _ = fit(random_translator, source(9_000, 9_000, (4_096, 4_096)))
    chunk = 4_096**2 * 3
    assert memory.shards >= limits.threads * 2 * chunk
    _, _, usual, _ = fit(random_translator, source(9_000, 9_000))
    assert memory.total >= usual.total + chunk


def test_what_the_host_takes_makes_no_default_plan_smaller(random_translator, monkeypatch):
    image = source(9_000, 9_000)
    before = fit(random_translator, image)[:2]
    real = psutil.Process().memory_info().rss
    monkeypatch.setattr(psutil.Process, "memory_info", lambda _: SimpleNamespace(rss=real + 2**31))
    assert fit(random_translator, image)[:2] == before


def test_workers_share_the_limit(random_translator, monkeypatch):
    # whatever the tests before have loaded
    monkeypatch.setattr(psutil.Process, "memory_info", lambda _: SimpleNamespace(rss=600 * MIB))
    image = source(50_000, 50_000)
    _, _, one, _ = fit(random_translator, image, limit=4096 * MIB)
    _, _, two, _ = fit(random_translator, image, limit=4096 * MIB, workers=2)
    assert one.total <= two.total <= 4096 * MIB
    assert two.total >= 3 * two.process


def test_no_pyramid_needs_no_halves(random_translator):
    _, limits, memory, _ = fit(random_translator, source(9_000, 9_000), pyramid=False)
    assert limits.recent == memory.recent == 0


def test_a_small_image_is_counted_as_a_whole_window_unless_memory_is_limited(random_translator, tmp_path):
    random_translator.save(tmp_path / "model.safetensors")
    kept, image = load(tmp_path / "model.safetensors", "cpu", "float32"), source(200, 300)
    plan, limits, memory, _ = fit(kept, image)
    same, same_limits, exactly, _ = fit(replace(random_translator, proof=None), image)
    assert (plan, limits) == (same, same_limits)
    assert memory.forward > exactly.forward
    assert fit(kept, image, limit=2**40)[2].forward == exactly.forward
