"""What lies under a step of large strokes: equal to a slow obvious reference, and the same however it is cut."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from tilegan.geometry import Window
from tilegan.inference.blocks import Part
from tilegan.inference.ground import Ground, Reduced, margin, reach

Picture = NDArray[np.uint8]


def noise(height: int, width: int, seed: int = 0) -> Picture:
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)


def held(pixels: Picture, mask: Picture | None = None) -> Part:
    height, width = pixels.shape[:2]
    return Part(pixels, Window(0, 0, height, width), height, width, mask)


def whole(image: Reduced | Ground) -> Picture:
    return image.read(Window(0, 0, image.height, image.width)).astype(np.uint8)


def enlarged(values: NDArray[np.float64], factor: int, height: int, width: int) -> NDArray[np.float64]:
    """Linear interpolation between centers; beyond the outermost ones as at them."""
    carried = np.zeros((height, width, 3))
    padded = np.pad(values, ((2, 2), (2, 2), (0, 0)), "edge")
    for row in range(height):
        for column in range(width):
            y, x = ((place + 0.5) / factor - 0.5 + 2 for place in (row, column))
            top, left = int(np.floor(y)), int(np.floor(x))
            down, right = y - top, x - left
            square = padded[top : top + 2, left : left + 2]
            weights = np.outer([1 - down, down], [1 - right, right])
            carried[row, column] = (square * weights[..., None]).sum((0, 1))
    return carried


def reference(photo: Picture, painting: Picture, factor: int) -> NDArray[np.float64]:
    """The definition, for sides that cells of tones divide."""
    height, width, _ = photo.shape
    rows, columns = height // factor, width // factor
    means = photo.reshape(rows, factor, columns, factor, 3).mean((1, 3))
    copy = np.floor(means + 0.5)
    # of the copy mirrored far outwards
    around, inside = ((32, 32), (32, 32), (0, 0)), slice(32 * factor, -32 * factor)
    copy, strokes = (np.pad(values, around, "reflect") for values in (copy, painting - copy))
    squares = strokes.reshape(copy.shape[0] // 16, 16, copy.shape[1] // 16, 16, 3).mean((1, 3))
    change = strokes - enlarged(squares, 16, *copy.shape[:2])
    sides = factor * copy.shape[0], factor * copy.shape[1]
    seen, carried = (enlarged(values, factor, *sides)[inside, inside] for values in (copy, change))
    return seen + 0.8 * carried + 0.5 * (photo - seen)


@pytest.mark.parametrize("factor", [2, 3])
def test_it_equals_the_reference(factor: int) -> None:
    photo, painting = noise(48 * factor, 64 * factor), noise(48, 64, 1)
    expected = reference(photo, painting, factor).clip(0, 255)
    found = whole(Ground(held(photo), held(painting), factor))
    assert np.abs(found - expected).max() <= 0.51


def test_tones_are_the_photographs_and_strokes_the_paintings() -> None:
    photo = np.full((256, 256, 3), 100, np.uint8)
    painting = np.full((128, 128, 3), (140, 60, 100), np.uint8)
    assert (whole(Ground(held(photo), held(painting), 2)) == 100).all()
    painting[::4] += 40  # lines, 10 levels lighter on average
    found = whole(Ground(held(photo), held(painting), 2)).astype(int)
    assert found.mean() == pytest.approx(100, abs=0.5)
    assert 15 < found.max() - found.min() < 30


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 150), st.integers(1, 150), st.integers(2, 7), st.booleans(), st.data())
def test_a_part_is_what_it_is_in_the_whole(
    height: int, width: int, factor: int, masked: bool, data: st.DataObject
) -> None:
    mask = np.random.default_rng(2).integers(0, 2, (height, width), dtype=np.uint8) if masked else None
    photo, painting = held(noise(height, width), mask), noise(-(-height // factor), -(-width // factor), 1)
    top, left = data.draw(st.integers(0, height - 1)), data.draw(st.integers(0, width - 1))
    part = Window(top, left, data.draw(st.integers(1, height - top)), data.draw(st.integers(1, width - left)))
    _, _, span = reach(part, factor, height, width)
    seen = held(np.zeros_like(photo.pixels), mask)  # nothing beyond what is said to be read is looked at
    rows, columns = slice(span.top, span.bottom), slice(span.left, span.right)
    seen.pixels[rows, columns] = photo.pixels[rows, columns]
    piece = Ground(seen, held(painting), factor).read(part)
    np.testing.assert_array_equal(piece, part.of(whole(Ground(photo, held(painting), factor))))
    around = margin(factor)
    assert span.top >= min(part.top - around, height - 1 - around)
    assert span.height <= part.height + 2 * around
    assert span.width <= part.width + 2 * around


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 40), st.integers(1, 40), st.integers(2, 9))
def test_a_copy_is_made_of_means(height: int, width: int, step: int) -> None:
    pixels = noise(height, width)
    copy = Reduced(held(pixels), step)
    assert (copy.height, copy.width) == (-(-height // step), -(-width // step))
    found = whole(copy)
    rows, columns = height // step, width // step
    inner = pixels[: rows * step, : columns * step].reshape(rows, step, columns, step, 3).mean((1, 3))
    np.testing.assert_array_equal(found[:rows, :columns], np.floor(inner + 0.5))
    assert copy.read_mask(Window(0, 0, copy.height, copy.width)) is None


def test_a_large_copy_is_read_piece_by_piece(monkeypatch: pytest.MonkeyPatch) -> None:
    pixels, mask = noise(60, 40), noise(60, 40, 1)[..., 0]
    copy = Reduced(held(pixels, mask), 4)
    at_once, shown = whole(copy), copy.read_mask(Window(0, 0, 15, 10))
    monkeypatch.setattr("tilegan.inference.ground._AT_ONCE", 500)
    np.testing.assert_array_equal(whole(copy), at_once)
    assert shown is not None
    np.testing.assert_array_equal(copy.read_mask(Window(0, 0, 15, 10)), shown)


def test_what_means_nothing_leaves_no_color() -> None:
    photo, mask = noise(90, 80), np.full((90, 80), 255, np.uint8)
    mask[30:70, 20:50] = 0
    mask[::7, ::5] = 0
    others = np.where(mask[..., None], photo, 255 - photo).astype(np.uint8)
    copies = [Reduced(held(pixels, mask), 4) for pixels in (photo, others)]
    shown = copies[0].read_mask(Window(0, 0, 23, 20))
    assert shown is not None
    assert not shown[8:17, 5:12].any()
    assert shown[:7].all()
    np.testing.assert_array_equal(*(whole(copy)[shown > 0] for copy in copies))
    painting = noise(23, 20, 1)
    other_painting = np.where(shown[..., None], painting, 255 - painting).astype(np.uint8)
    grounds = [
        Ground(held(pixels, mask), held(strokes), 4)
        for pixels, strokes in ((photo, painting), (others, other_painting))
    ]
    np.testing.assert_array_equal(*(whole(ground)[mask > 0] for ground in grounds))
    assert (grounds[0].read_mask(Window(0, 0, 90, 80)) == mask).all()
