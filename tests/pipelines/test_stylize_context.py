"""Stylizing with a model that looks at the whole image."""

import os

import numpy as np
import pytest
from PIL import Image

from tilegan.errors import ResumeError
from tilegan.pipelines import plan_stylize, stylize


def read(path):
    return np.asarray(Image.open(path))


@pytest.mark.parametrize(("window", "shard"), [(None, None), (20, 100)])
def test_a_file_is_as_the_whole_image(picture, pixels, context_translator, tmp_path, window, shard):
    stylize(picture, tmp_path / "out.png", context_translator, window=window, shard=shard)
    # its thumbnail is reduced in two steps
    told = context_translator.for_image(np.asarray(Image.fromarray(pixels).reduce(2)))
    assert np.abs(read(tmp_path / "out.png").astype(int) - told.translate(pixels)).max() <= 12
    first = read(tmp_path / "out.png")
    stylize(picture, tmp_path / "again.png", context_translator, window=64)
    apart = np.abs(first.astype(int) - read(tmp_path / "again.png"))
    assert apart.max() <= 1  # some processors add up narrow windows in another order, in float32 too
    assert (apart > 0).mean() < 1e-4


def test_a_region_is_a_part_of_the_whole(picture, context_translator, tmp_path):
    stylize(picture, tmp_path / "whole.png", context_translator)
    stylize(picture, tmp_path / "part.png", context_translator, region=(50, 30, 120, 100))
    assert np.array_equal(read(tmp_path / "part.png"), read(tmp_path / "whole.png")[30:130, 50:170])


@pytest.mark.slow
def test_workers_have_seen_the_same_image(picture, context_translator, tmp_path, scheduler):
    stylize(picture, tmp_path / "alone.png", context_translator, window=32, shard=64)
    stylize(picture, tmp_path / "other.png", context_translator, window=32, shard=64, scheduler=scheduler)
    assert np.array_equal(read(tmp_path / "alone.png"), read(tmp_path / "other.png"))


class EnoughError(Exception):
    """Stops a run after its first shard."""


def stop(_phase, done, _total):
    if done:
        raise EnoughError


def test_unfinished_work_is_resumed_as_begun_and_not_with_another_image(picture, context_translator, tmp_path):
    stylize(picture, tmp_path / "whole.png", context_translator, window=32, shard=64)
    with pytest.raises(EnoughError):
        stylize(picture, tmp_path / "out.png", context_translator, window=32, shard=64, progress=stop)
    original = picture.read_bytes()
    times = picture.stat()
    Image.fromarray(np.minimum(read(picture).astype(int) + 60, 255).astype(np.uint8)).save(picture)
    with pytest.raises(ResumeError):
        stylize(picture, tmp_path / "out.png", context_translator, resume=True)
    picture.write_bytes(original)
    os.utime(picture, ns=(times.st_atime_ns, times.st_mtime_ns))
    stylize(picture, tmp_path / "out.png", context_translator, resume=True)
    assert np.array_equal(read(tmp_path / "out.png"), read(tmp_path / "whole.png"))


def test_a_plan_says_no_more_than_with_another_model(picture, context_translator, random_translator, tmp_path):
    plans = [plan_stylize(picture, tmp_path / "out.png", each) for each in (context_translator, random_translator)]
    assert plans[0].halo == plans[1].halo
    assert plans[0].shards == plans[1].shards
