"""Filling with all that stylize offers: workers, 16 bits, opacity, resuming, batches."""

import numpy as np
import pytest

from pictures import opened, saved
from tilegan.errors import SettingError
from tilegan.geometry import Window
from tilegan.images.reading import Reading
from tilegan.images.stores.store import Store
from tilegan.pipelines import batch, plan_stylize, stylize, stylize_video

SHAPE = (90, 110)
WIDE = np.s_[30:70, 40:90]
CUT = {"window": 32, "shard": 64}


@pytest.fixture(scope="module")
def pixels():
    return np.random.default_rng(3).integers(0, 256, (*SHAPE, 3), dtype=np.uint8)


@pytest.fixture(scope="module")
def mask():
    """A hole for which copies are filled first, and a narrow one."""
    holes = np.zeros(SHAPE, np.uint8)
    holes[WIDE] = 255
    holes[10:80, 15:18] = 255
    return holes


@pytest.fixture
def whole(photo, holes, learned_filler, tmp_path):
    stylize(photo, tmp_path / "whole.png", learned_filler, mask=holes)
    return opened(tmp_path / "whole.png")


@pytest.mark.slow
def test_workers_fill_the_same(photo, holes, whole, learned_filler, tmp_path, worst, scheduler):
    told = stylize(photo, tmp_path / "other.png", learned_filler, mask=holes, scheduler=scheduler, **CUT)
    assert told.stroke == 8
    assert worst(opened(tmp_path / "other.png"), whole) <= 2


def test_a_begun_filling_is_continued_over_the_same_copies(
    photo, holes, pixels, mask, whole, learned_filler, tmp_path, unfinished, worst
):
    unfinished(photo, learned_filler, tmp_path / "out.zarr", mask=holes)
    assert stylize(photo, tmp_path / "out.zarr", learned_filler, mask=holes, resume=True, **CUT).stroke == 8
    made = Store.open(tmp_path / "out.zarr").read(0, Window(0, 0, *SHAPE))
    assert (made[mask == 0] == pixels[mask == 0]).all()
    assert worst(made, whole) <= 2


def test_16_bits_are_kept_and_filled(holes, pixels, mask, whole, learned_filler, tmp_path, worst):
    import tifffile

    fine = pixels.astype(np.uint16) * 257 + np.random.default_rng(0).integers(-99, 99, (*SHAPE, 3))
    fine = fine.clip(0, 65535).astype(np.uint16)
    tifffile.imwrite(tmp_path / "fine.tif", fine, photometric="rgb")
    how = {"mask": holes, "reading": Reading(depth="keep", stretch="dtype"), **CUT}
    told = stylize(tmp_path / "fine.tif", tmp_path / "out.zarr", learned_filler, **how)
    assert not any("beside holes" in note for note in told.notes)
    made = Store.open(tmp_path / "out.zarr").read(0, Window(0, 0, *SHAPE))
    assert made.dtype == np.uint16
    assert (made[mask == 0] == fine[mask == 0]).all()
    assert worst(made / 257, whole) <= 3
    notes = plan_stylize(tmp_path / "fine.tif", tmp_path / "levels.tif", learned_filler, mask=holes).notes
    assert "values beside holes change as well: keep them by depth 'keep' and stretch 'dtype'" in notes


def test_pixels_without_opacity_stay_and_are_not_filled_from(pixels, holes, learned_filler, tmp_path):
    opacity = np.full(SHAPE, 255, np.uint8)
    opacity[:, :30] = 0
    results = []
    for color in (0, 255):  # of what nobody sees
        given = np.where(opacity[..., None] > 0, pixels, np.uint8(color))
        photo = saved(tmp_path / "clear.png", np.dstack((given, opacity)))
        stylize(photo, tmp_path / "out.png", learned_filler, mask=holes, overwrite=True)
        results.append(opened(tmp_path / "out.png"))
        assert (results[-1][..., 3] == opacity).all()
    assert (results[0][:, 30:] == results[1][:, 30:]).all()
    assert (results[0][WIDE][..., :3] != pixels[WIDE]).any(2).mean() > 0.9


def test_a_batch_has_a_mask_for_each_image(pixels, mask, whole, learned_filler, tmp_path, worst):
    for folder, values in (("in", pixels), ("masks", mask)):
        (tmp_path / folder).mkdir()
        for name, turned in (("a", values), ("b", values[::-1])):
            saved(tmp_path / folder / f"{name}.png", np.ascontiguousarray(turned))
    batch(tmp_path / "in", tmp_path / "out", learned_filler, mask=tmp_path / "masks", device="cpu")
    assert worst(opened(tmp_path / "out" / "a.png"), whole) <= 2
    made = opened(tmp_path / "out" / "b.png")
    assert (made[mask[::-1] == 0] == pixels[::-1][mask[::-1] == 0]).all()
    assert (made[mask[::-1] > 0] != pixels[::-1][mask[::-1] > 0]).any(1).mean() > 0.9


def test_a_video_has_no_mask(holes, learned_filler, tmp_path):
    with pytest.raises(SettingError, match="maps belong to one image, not to a video: leave out those of mask"):
        stylize_video(tmp_path / "clip.mp4", tmp_path / "out.mp4", learned_filler, mask=holes)
