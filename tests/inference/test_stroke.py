"""Large strokes: the same however an image is cut, and equal to a slow obvious reference."""

import dask.array as da
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from tilegan.errors import SettingError
from tilegan.geometry import Window
from tilegan.inference.array import stylize_array
from tilegan.inference.blocks import read_block
from tilegan.inference.look import Look
from tilegan.inference.paint import paint, window_read
from tilegan.inference.plan import Cut
from tilegan.inference.stroke import context
from tilegan.networks.build import build_generator
from tilegan.networks.interpolated import Place
from tilegan.translator import Translator

Picture = NDArray[np.uint8]
HALO = 4


class Array:
    def __init__(self, pixels: Picture) -> None:
        self.pixels, (self.height, self.width) = pixels, pixels.shape[:2]

    def read(self, window: Window) -> Picture:
        return window.of(self.pixels)


def picture(height: int, width: int) -> Picture:
    return np.random.default_rng(0).integers(0, 256, (height, width, 3), dtype=np.uint8)


def sharpened(block: Picture, _place: Place | None = None) -> Picture:
    """Stands in for a generator: looks 3 pixels far, and trims the halo."""
    values = block.astype(np.int64)
    inner = values[HALO:-HALO, HALO:-HALO]
    far = values[HALO - 3 : -HALO - 3, HALO:-HALO] + values[HALO:-HALO, HALO + 3 : block.shape[1] - HALO + 3]
    return (2 * inner - far // 2).clip(0, 255).astype(np.uint8)


def reference(pixels: Picture, stroke: int) -> Picture:
    """The definition, pixel by pixel, over the image mirrored without end."""
    height, width, _ = pixels.shape
    far = 3 * stroke * (HALO + 3)
    far += -far % stroke
    endless = np.pad(pixels, ((far, far + stroke), (far, far + stroke), (0, 0)), "reflect")
    rows, columns = (side // stroke for side in endless.shape[:2])
    means = np.zeros((rows, columns, 3))
    for row in range(rows):
        for column in range(columns):
            cell = endless[row * stroke : (row + 1) * stroke, column * stroke : (column + 1) * stroke]
            means[row, column] = np.floor(cell.mean((0, 1)) + 0.5)
    painted = sharpened(means.astype(np.uint8)).astype(float)
    change = painted - 0.5 * means[HALO:-HALO, HALO:-HALO]
    margin = 2 * HALO
    carried = np.zeros((height + 2 * margin, width + 2 * margin, 3))
    for row in range(carried.shape[0]):
        for column in range(carried.shape[1]):
            # a pixel's centre, counted in cells from the centre of the first one of ``change``
            y, x = ((place - margin + far + 0.5) / stroke - HALO - 0.5 for place in (row, column))
            top, left = int(np.floor(y)), int(np.floor(x))
            square = change[top : top + 2, left : left + 2]
            down = np.array([1 - (y - top), y - top])[:, None, None]
            right = np.array([1 - (x - left), x - left])[None, :, None]
            source = endless[row - margin + far, column - margin + far]
            carried[row, column] = (square * down * right).sum((0, 1)) + 0.5 * source
    block = np.floor(carried + 0.5).clip(0, 255).astype(np.uint8)
    return sharpened(block)[HALO:-HALO, HALO:-HALO]


@pytest.mark.parametrize("stroke", [2, 3, 5])
def test_it_equals_the_reference(stroke: int) -> None:
    image = picture(23, 17)
    cut = Cut(1, 64, 1, HALO)
    look = Look(stroke=stroke)
    painted = paint(lambda w: read_block(Array(image), w), sharpened, Window(0, 0, 23, 17), cut, 1, look)
    difference = np.abs(painted.astype(int) - reference(image, stroke).astype(int))
    assert (difference > 0).mean() < 0.06  # many are halves, which may be rounded the other way
    assert difference.max() <= 2


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 40), st.integers(1, 40), st.integers(1, 9), st.sampled_from([1, 2, 4]), st.data())
def test_a_part_is_what_it_is_in_the_whole(
    height: int, width: int, stroke: int, unit: int, data: st.DataObject
) -> None:
    image = picture(height, width)
    cut, look = Cut(unit, 64, 1, HALO), Look(stroke=stroke)
    top, left = data.draw(st.integers(0, height - 1)), data.draw(st.integers(0, width - 1))
    part = Window(top, left, data.draw(st.integers(1, height - top)), data.draw(st.integers(1, width - left)))
    windows = []

    def read(window: Window) -> Picture:
        windows.append(window)
        return read_block(Array(image), window)

    whole, piece = (paint(read, sharpened, place, cut, 1, look) for place in (Window(0, 0, height, width), part))
    assert np.array_equal(piece, part.of(whole))
    assert windows[1] == window_read(part, cut, look)
    around = context(cut, stroke)
    assert windows[1].top >= part.top - around - unit
    assert windows[1].bottom <= part.bottom + around + unit


def test_chunks_make_no_difference_to_an_array() -> None:
    torch.manual_seed(0)
    architecture = {"name": "residual", "channels": 8, "blocks": 1, "stride": 4, "detail": 4}
    generator = build_generator(architecture)
    for weight in generator.parameters():
        weight.data.normal_(0, 0.1)
    translator = Translator.of(generator, architecture, 16)
    image = da.from_array(picture(150, 130), chunks=-1)
    whole, cut = (
        stylize_array(array, translator, stroke=3).compute(scheduler="synchronous")
        for array in (image, image.rechunk((37, 64, 3)))
    )
    assert np.array_equal(whole, cut)
    assert not np.array_equal(whole, stylize_array(image, translator).compute(scheduler="synchronous"))


def test_what_cannot_be_is_refused() -> None:
    for stroke in (0, 65):
        with pytest.raises(SettingError, match=f"strokes {stroke} times as large cannot be"):
            Look(stroke=stroke)
