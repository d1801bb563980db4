"""Channels of OME-Zarr in the colors and windows that it tells."""

import numpy as np
import pytest
import zarr

from tilegan.geometry import Window
from tilegan.images.metadata.origin import Reading
from tilegan.images.opening import open_source

PLANES = np.random.default_rng(7).integers(0, 256, (4, 30, 40), dtype=np.uint8)
FULL = Window(0, 0, 30, 40)


def opened(path, values, channels, reading=None, version="0.5", model="color"):
    """A source of these planes and of what is said of each: its color, and what else."""
    group = zarr.open_group(path, zarr_format=3 if version == "0.5" else 2)
    group.create_array("0", data=values)
    told = {
        "multiscales": [{"axes": [{"name": axis} for axis in "cyx"], "datasets": [{"path": "0"}]}],
        "omero": {"channels": [{"color": color} | more for color, more in channels], "rdefs": {"model": model}},
    }
    group.attrs.update({"ome": told} if version == "0.5" else told)
    return open_source(path, reading)


def window(start, end):
    return {"window": {"start": start, "end": end, "min": 0, "max": 65535}}


@pytest.mark.parametrize("version", ["0.4", "0.5"])
def test_blue_green_red(tmp_path, version):
    channels = [(color, window(0, 255)) for color in ("0000FF", "00FF00", "FF0000")]
    source = opened(tmp_path / "a.zarr", PLANES[:3], channels, version=version)
    np.testing.assert_array_equal(source.read(FULL), np.moveaxis(PLANES[[2, 1, 0]], 0, -1))
    np.testing.assert_array_equal(source.thumbnail(40), np.moveaxis(PLANES[[2, 1, 0]], 0, -1))
    assert (source.origin.low, source.origin.high, source.remarks) == (0, 255, ())


def test_two_channels_are_added_up(tmp_path):
    channels = [("00FF00", window(0, 255)), ("FF0080", window(100, 200))]
    source = opened(tmp_path / "a.zarr", PLANES[:2], channels)
    second = np.clip((PLANES[1].astype(float) - 100) * 2.55 + 0.5, 0, 255).astype(np.uint8)
    blue = (second * np.float32(128 / 255) + 0.5).astype(np.uint8)
    np.testing.assert_array_equal(source.read(FULL), np.dstack([second, PLANES[0], blue]))
    assert (source.origin.dtype, source.origin.rule) == ("uint8", "windows of its channels")


def test_too_much_light_is_clipped_and_one_channel_has_its_color(tmp_path):
    both = opened(tmp_path / "a.zarr", PLANES[:2], [("FFFFFF", window(0, 255))] * 2).read(FULL)
    np.testing.assert_array_equal(both[..., 0], np.minimum(PLANES[:2].sum(0), 255))
    one = opened(tmp_path / "b.zarr", PLANES[:1], [("#0000ff", window(0, 255))]).read(FULL)
    np.testing.assert_array_equal(one, np.dstack([np.zeros((30, 40, 2), np.uint8), PLANES[0]]))


def test_what_is_not_active_is_left_out_and_told(tmp_path):
    more = [{"active": False, "label": "DAPI"}, {}, {}, {}]
    channels = [
        (color, window(0, 255) | extra)
        for color, extra in zip(["FFFFFF", "FF0000", "00FF00", "0000FF"], more, strict=True)
    ]
    source = opened(tmp_path / "a.zarr", PLANES, channels)
    np.testing.assert_array_equal(source.read(FULL), np.moveaxis(PLANES[1:], 0, -1))
    assert source.remarks == ("left out: DAPI: --bands chooses others",)
    chosen = open_source(tmp_path / "a.zarr", Reading(bands=(1,)))
    np.testing.assert_array_equal(chosen.read(FULL)[..., 1], PLANES[0])


def test_16_bits_follow_windows_unless_a_stretch_is_asked_for(tmp_path):
    values = PLANES[:3].astype(np.uint16) * 100
    channels = [(color, window(0, 5100)) for color in ("FF0000", "00FF00", "0000FF")]
    source = opened(tmp_path / "a.zarr", values, channels, Reading(depth="keep"))
    expected = np.clip(values * (65535 / 5100) + 0.5, 0, 65535).astype(np.uint16)
    np.testing.assert_array_equal(source.read(FULL), np.moveaxis(expected, 0, -1))
    assert (source.origin.low, source.origin.high) == (0, 5100)
    asked = open_source(tmp_path / "a.zarr", Reading(stretch="0,25500"))
    np.testing.assert_array_equal(asked.read(FULL), np.moveaxis(PLANES[:3], 0, -1))


def test_gray_and_inverted(tmp_path):
    source = opened(tmp_path / "a.zarr", PLANES[:2], [("FF0000", window(0, 255))] * 2, model="greyscale")
    np.testing.assert_array_equal(source.read(FULL), np.dstack([PLANES[0]] * 3))
    source = opened(tmp_path / "b.zarr", PLANES[:1], [("FFFFFF", window(0, 255) | {"inverted": True})])
    np.testing.assert_array_equal(source.read(FULL)[..., 2], 255 - PLANES[0])


@pytest.mark.parametrize("channels", [[], [("no color", {})] * 4, [("FF0000", {})]])
def test_what_cannot_be_meant_is_no_matter(tmp_path, channels):
    source = opened(tmp_path / "a.zarr", PLANES, channels)
    np.testing.assert_array_equal(source.read(FULL), np.moveaxis(PLANES[:3], 0, -1))
    assert source.remarks == ("left out: channel 4: --bands chooses others",)
