"""What one task does: from names and numbers alone, and whatever happens to memory or to pixels that mean nothing."""

import json

import numpy as np
import pytest
from PIL import Image

from tilegan.errors import OutputError, TooLittleMemoryError
from tilegan.geometry import Window
from tilegan.images.pixels.fill import fill
from tilegan.inference import task
from tilegan.inference.task import HALVED, keep_open, make_shard, open_work, stop_work


@pytest.fixture(autouse=True)
def nothing_open():
    yield
    for names in list(task._open_works):
        stop_work(names)


def test_a_task_needs_only_three_names_and_three_numbers(begun, pixels, random_translator):
    names, _ = begun(random_translator)
    assert make_shard(names, 0, 4, 1)
    assert not make_shard(names, 0, 4, 1)
    expected = random_translator.translate(pixels)[256:, 64:128]
    written = open_work(names).store.read(0, Window(256, 64, 14, 64))
    assert np.abs(written.astype(int) - expected).max() <= 1
    assert open_work(names) is open_work(names)


def test_a_worker_never_goes_on_with_an_older_run(begun, random_translator):
    names, _ = begun(random_translator)
    before = open_work(names)
    assert open_work((*names[:2], "another run")) is not before


def test_a_worker_keeps_few_works_open(begun, random_translator):
    names, _ = begun(random_translator)
    for number in range(5):
        open_work((*names[:2], str(number)))
    assert len(task._open_works) == task.KEPT_OPEN


def test_a_worker_that_does_not_see_the_folder_says_so(picture, tmp_path):
    with pytest.raises(OutputError, match=r"a worker does not see .*elsewhere"):
        make_shard((str(picture), str(tmp_path / "elsewhere"), "run"), 0, 0, 0)


@pytest.fixture
def short_of_memory(monkeypatch):
    """Let forward passes of more than so many pixels, halos included, run out of memory."""

    def limit(translator, most):
        seen = []
        real = type(translator).run

        def run(self, windows, halo=0, places=()):
            seen.append(windows.size // 3)
            if seen[-1] > most:
                raise MemoryError
            return real(self, windows, halo, places)

        monkeypatch.setattr(type(translator), "run", run)
        return seen

    return limit


def test_windows_are_halved_until_they_fit_and_stay_so(begun, pixels, random_translator, short_of_memory):
    names, open_it = begun(random_translator, window=64)
    work = open_it()
    keep_open(names, work)
    expected = random_translator.translate(pixels)[:64, :64]
    seen = short_of_memory(random_translator, (32 + 56) ** 2)
    make_shard(names, 0, 0, 0)
    make_shard(names, 0, 0, 1)
    assert [size for size in seen if size > (32 + 56) ** 2] == [(64 + 56) ** 2]  # tried once
    assert work.cut.side == 32
    assert json.loads((work.folder.journal / HALVED).read_text()) == {"window": 32, "batch": 1}
    assert np.abs(work.store.read(0, Window(0, 0, 64, 64)).astype(int) - expected).max() <= 1


def test_when_nothing_fits_it_says_what_would(begun, random_translator, short_of_memory):
    names, open_it = begun(random_translator, window=64)
    keep_open(names, open_it())
    short_of_memory(random_translator, 100)
    with pytest.raises(TooLittleMemoryError, match=r"least window of 4 pixels, which takes about \d+ MiB"):
        make_shard(names, 0, 0, 0)


@pytest.fixture
def stickers(tmp_path, pixels):
    """A picture that is transparent but for a part, which covers one shard wholly and another one in part."""
    alpha = np.zeros((270, 200, 1), np.uint8)
    alpha[:64, :80] = 255
    path = tmp_path / "stickers.png"
    Image.fromarray(np.concatenate([pixels, alpha], axis=2)).save(path)
    return path


def test_what_means_nothing_keeps_its_color_and_costs_nothing(
    begun, stickers, pixels, random_translator, short_of_memory
):
    names, _ = begun(random_translator, path=stickers)
    for index in ((0, 0), (0, 1)):
        make_shard(names, 0, *index)
    # the network is shown what means something, and around it what that is filled with
    filled = fill(np.pad(pixels, ((60, 60), (60, 60), (0, 0)), mode="reflect"), _shown(60), random_translator.halo)
    shown = random_translator.run(filled[None, 32 : 32 + 56 + 64, 32 : 32 + 56 + 80], random_translator.halo)[0]
    short_of_memory(random_translator, 0)  # from here on computing anything would fail
    for index in ((0, 2), (1, 0), (4, 3)):
        make_shard(names, 0, *index)
    store = open_work(names).store
    assert not store.read(0, Window(0, 80, 64, 48))[..., 3].any()
    np.testing.assert_array_equal(store.read(0, Window(0, 80, 64, 48))[..., :3], pixels[:64, 80:128])
    np.testing.assert_array_equal(store.read(0, Window(64, 0, 64, 64))[..., :3], pixels[64:128, :64])
    found = store.read(0, Window(0, 0, 64, 80))
    assert (found[..., 3] == 255).all()
    assert np.abs(found[..., :3].astype(int) - shown).max() <= 1


def _shown(edge):
    """Where the mirrored stickers mean something."""
    shown = np.zeros((270, 200), bool)
    shown[:64, :80] = True
    return np.pad(shown, edge, mode="reflect")
