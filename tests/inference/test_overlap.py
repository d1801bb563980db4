"""Windows that overlap: weights that add up, a slow reference, and the same pixels whatever is painted at once."""

import dask.array as da
import numpy as np
import pytest
import torch
from torch import nn

import tilegan
from tilegan.geometry import Window, reflect
from tilegan.inference.overlap import ONE, Axis, Overlapping, overlap_of
from tilegan.inference.seams import SHIFTED, WHOLE, Seams, sample_sides, seams_on_sample
from tilegan.translator import Translator

SIDE = 32


class Whole(nn.Module):
    """Adds the mean of what it sees, and enlarges."""

    def __init__(self, scale=1, fixed_side=0):
        super().__init__()
        torch.manual_seed(0)
        self.fixed_side, self.scale, self.first = fixed_side, scale, nn.Conv2d(3, 3, 3, 1, 1)

    def forward(self, image):
        if self.fixed_side:
            assert image.shape[-2:] == (self.fixed_side, self.fixed_side)
        made = torch.tanh(self.first(image) + 2 * image.mean((1, 2, 3), keepdim=True))
        return made.repeat_interleave(self.scale, 2).repeat_interleave(self.scale, 3)


def translator(**values):
    return Translator.of(Whole(**values), {"name": "some"}, SIDE)


def image(height, width, levels=np.uint8):
    most = np.iinfo(levels).max
    noise = np.random.default_rng(0).integers(0, most // 2, (height, width, 3))
    return (noise + np.linspace(0, most // 2, width)[None, :, None]).astype(levels)


def slowly(made, pixels, side=SIDE):
    """The same with floating-point weights, window by window."""
    height, width, _ = pixels.shape
    overlap, scale = overlap_of(side, made.stride), made.scale
    down, across = (Axis(length, side, overlap) for length in (height, width))
    total = np.zeros(((down.last + 1) * side * scale, (across.last + 1) * side * scale, 3))
    for row in range(down.last + 1):
        for column in range(across.last + 1):
            top, left = row * down.period, column * across.period
            inside = np.ix_(reflect(top, top + side, height), reflect(left, left + side, width))
            output = made.run(pixels[inside][None])[0]
            weights = [axis.weights(number, scale) / ONE for axis, number in ((down, row), (across, column))]
            part = (slice(edge * scale, (edge + side) * scale) for edge in (top, left))
            total[tuple(part)] += output * (weights[0][:, None] * weights[1])[..., None]
    return total[: height * scale, : width * scale]


@pytest.mark.parametrize(("length", "scale"), [(5, 1), (32, 1), (33, 2), (100, 3)])
def test_weights_add_up_to_one_wherever_there_is_an_image(length, scale):
    axis = Axis(length, SIDE, overlap_of(SIDE, 4))
    total = np.zeros((axis.last + 1) * SIDE * scale, np.uint32)
    for number in range(axis.last + 1):
        start = number * axis.period * scale
        total[start : start + SIDE * scale] += axis.weights(number, scale)
    assert (total[: length * scale] == ONE).all()
    assert axis.last * axis.period < max(length, 1)


def test_windows_begin_at_multiples_of_the_stride_where_that_is_possible():
    assert [overlap_of(side, stride) for side, stride in ((256, 8), (32, 4), (224, 64), (32, 32), (3, 1))] == [
        64,
        8,
        32,
        8,
        0,
    ]


@pytest.mark.parametrize("levels", [np.uint8, np.uint16])
@pytest.mark.parametrize("values", [{}, {"scale": 2}, {"fixed_side": SIDE}])
def test_arrays_are_blended_as_by_a_slow_reference_whatever_the_chunks(levels, values):
    made, pixels = translator(**values), image(70, 61, levels)
    expected = slowly(made, pixels)
    results = [
        tilegan.stylize_array(da.from_array(pixels, chunks), made, seams="blend", stroke=1).compute()
        for chunks in (-1, ((1, 40, 29), (33, 28), 3))
    ]
    np.testing.assert_array_equal(*results)
    # weights are multiples of a 256th
    assert np.abs(results[0] - expected).max() <= 0.5 + np.iinfo(levels).max / ONE


def test_seams_are_measured_against_the_whole_or_a_shifted_grid():
    made, fixed = translator(), translator(fixed_side=SIDE)
    height, width = sample_sides(made)
    found, shifted = (seams_on_sample(each, image(height, width)) for each in (made, fixed))
    assert (found.compared, found.window, found.overlap, shifted.compared) == (WHOLE, 32, 8, SHIFTED)
    pixels = image(height, width)
    apart = np.abs(slowly(made, pixels).round() - made.run(pixels[None])[0])
    shared = (np.arange(height) % 24 < 8) & (np.arange(height) >= 24) & (np.arange(height) < 56)
    borders = shared[:, None] | shared
    assert found.borders == pytest.approx(np.percentile(apart[borders], (50, 95)), abs=1)
    assert found.elsewhere == pytest.approx(np.percentile(apart[~borders], (50, 95)), abs=1)
    assert found.elsewhere[0] > 1  # windows have other means than the whole
    assert Seams.of(found.facts()) == found
    assert Seams.of({"window": 3}) is Seams.of(None) is None
    assert "of 255 levels" in found.words


def test_a_part_reads_no_more_than_its_windows():
    axis = Axis(100, 32, 8)
    part = Overlapping(Window(30, 0, 10, 20), axis, axis)
    assert part.numbers == [(0, 0), (1, 0)]
    assert part.block == Window(0, 0, 56, 32)
