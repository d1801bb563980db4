"""What lies under a step of large strokes: equal to a slow obvious reference, and the same however it is cut."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from tilegan.geometry import Window
from tilegan.inference.blocks import Part
from tilegan.inference.ground import Ground, margin, painted_margin, painted_span, reach
from tilegan.inference.reduced import Reduced

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


def means(pixels: Picture, factor: int) -> NDArray[np.float64]:
    height, width, _ = pixels.shape
    squares = pixels.reshape(height // factor, factor, width // factor, factor, 3).mean((1, 3))
    return np.floor(squares + 0.5)


def mirrored(values: NDArray[np.float64], factor: int, height: int, width: int) -> NDArray[np.float64]:
    """Enlarged, where cells beyond the edges are mirrored."""
    padded = np.pad(values, ((4, 4), (4, 4), (0, 0)), "reflect")
    inside = slice(4 * factor, -4 * factor)
    return enlarged(padded, factor, height + 8 * factor, width + 8 * factor)[inside, inside]


@pytest.mark.parametrize("factor", [2, 3])
def test_it_equals_the_reference(factor: int) -> None:
    photo, painting = noise(24 * factor, 32 * factor), noise(24, 32, 1)
    sides = photo.shape[:2]
    seen, strokes = means(photo, factor), painting - means(photo, factor)
    # tones are means over 8 x 8 of the strokes mirrored far outwards
    tones = np.pad(strokes, ((16, 16), (16, 16), (0, 0)), "reflect").reshape(7, 8, 8, 8, 3).mean((1, 3))
    softer = np.pad(strokes, ((4, 4), (4, 4), (0, 0)), "reflect")
    softer = (softer + enlarged(tones, 8, 56, 64)[12:-12, 12:-12]) / 2
    inside = slice(4 * factor, -4 * factor)
    carried = enlarged(softer, factor, sides[0] + 8 * factor, sides[1] + 8 * factor)[inside, inside]
    expected = (carried + 0.5 * photo + 0.5 * mirrored(seen, factor, *sides)).clip(0, 255)
    found = whole(Ground(held(photo), held(painting), factor))
    assert np.abs(found - expected).max() <= 0.51


@pytest.mark.parametrize("factor", [2, 3, 4])
def test_what_is_painted_is_moved_back_by_the_enlarged_difference(factor: int) -> None:
    photo, painting = noise(24 * factor, 32 * factor), noise(24, 32, 1)
    painted, everything = noise(*photo.shape[:2], 2), Window(0, 0, *photo.shape[:2])
    # cells are mirrored, then averaged over 2 x 2
    apart = np.pad(painting - means(painted, factor), ((8, 8), (8, 8), (0, 0)), "reflect")
    tones = apart.reshape(20, 2, 24, 2, 3).mean((1, 3))
    inside = slice(8 * factor, -8 * factor)
    enlarged_tones = enlarged(tones, 2 * factor, 40 * factor, 48 * factor)[inside, inside]
    expected = (painted + enlarged_tones).clip(0, 255)
    found = Ground(held(photo), held(painting), factor).moved_back(painted, everything, everything)
    assert np.abs(found - expected).max() <= 0.51


def test_tones_stay_those_of_the_previous_painting() -> None:
    photo, color = np.full((256, 256, 3), 100, np.uint8), (140, 60, 100)
    painting, shifted = np.full((128, 128, 3), color, np.uint8), noise(256, 256, 3) // 4 + 90
    ground, everything = Ground(held(photo), held(painting), 2), Window(0, 0, 256, 256)
    assert (whole(ground) == color).all()
    back = ground.moved_back(shifted, everything, everything)
    np.testing.assert_allclose(back.mean((0, 1)), color, atol=0.2)
    assert back.std((0, 1)).max() > 15  # the strokes are still there


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
    painted = noise(height, width, 3)
    moved = Ground(photo, held(painting), factor).moved_back(
        painted, Window(0, 0, height, width), Window(0, 0, height, width)
    )
    span = painted_span(part, factor, height, width)
    piece = Ground(photo, held(painting), factor).moved_back(span.of(painted), span, part)
    np.testing.assert_array_equal(piece, part.of(moved))
    around = painted_margin(factor)
    assert (part.top - around <= span.top <= part.top) and (part.left - around <= span.left <= part.left)
    assert (part.bottom <= span.bottom <= part.bottom + around) and (part.right <= span.right <= part.right + around)


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
    monkeypatch.setattr("tilegan.inference.reduced.AT_ONCE", 500)
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
