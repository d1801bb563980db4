import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tilegan.geometry import Window
from tilegan.landscape import Landscape
from tilegan.landscape.noise import hashed, noise_line, noise_plane


def whole(landscape: Landscape) -> np.ndarray:
    return landscape.read(Window(0, 0, landscape.height, landscape.width))


@settings(max_examples=25)
@given(st.data(), st.integers(1, 300), st.integers(1, 300), st.integers(0, 5))
def test_every_window_equals_that_part_of_the_whole(data: st.DataObject, height: int, width: int, seed: int) -> None:
    landscape = Landscape(height, width, seed)
    top, left = data.draw(st.integers(0, height - 1)), data.draw(st.integers(0, width - 1))
    window = Window(top, left, data.draw(st.integers(1, height - top)), data.draw(st.integers(1, width - left)))
    np.testing.assert_array_equal(landscape.read(window), whole(landscape)[top : window.bottom, left : window.right])


@pytest.mark.parametrize(("height", "width"), [(60_000, 90_000), (200_000, 150_000)])
def test_windows_of_huge_images_agree(height: int, width: int) -> None:
    landscape = Landscape(height, width)
    for top in (0.2, 0.45, 0.7, 0.95):
        window = Window(int(top * height), width // 3, 96, 80)
        pixels = landscape.read(window)
        np.testing.assert_array_equal(
            landscape.read(Window(window.top + 30, window.left + 40, 7, 9)), pixels[30:37, 40:49]
        )


@pytest.mark.parametrize(("height", "width"), [(1, 1), (1, 200), (200, 1), (7, 300)])
def test_any_size(height: int, width: int) -> None:
    pixels = whole(Landscape(height, width))
    assert pixels.shape == (height, width, 3)
    assert pixels.dtype == np.uint8


def test_seed_chooses_the_landscape() -> None:
    first, again, other = (whole(Landscape(120, 160, seed)) for seed in (0, 0, 3))
    np.testing.assert_array_equal(first, again)
    assert np.abs(first.astype(int) - other).mean() > 5


def test_it_looks_like_a_landscape() -> None:
    pixels = whole(Landscape(300, 400)).astype(float)
    sky, meadow = pixels[:40].mean((0, 1)), pixels[270:].mean((0, 1))
    assert sky[2] > sky[1] > sky[0]  # blue above
    assert meadow[1] > meadow[0] > meadow[2]  # green below
    assert pixels.std((0, 1)).min() > 40  # neither flat nor washed out


def test_texture_goes_down_to_single_pixels() -> None:
    meadow = Landscape(6000, 7000).read(Window(5600, 3000, 128, 128)).astype(float)
    assert np.abs(np.diff(meadow, axis=1)).mean() > 1


def test_hash_is_uniform() -> None:
    values = hashed(3, np.arange(300)[:, None], np.arange(300)[None, :])
    histogram, _ = np.histogram(values, bins=10, range=(0, 1))
    assert np.abs(histogram / 9000 - 1).max() < 0.06


def test_noise_meets_its_lattice_points() -> None:
    rows, columns = np.array([2.0, 3.0]), np.array([5.0, 6.0, 9.0])
    expected = hashed(1, np.array([[2], [3]]), np.array([[5, 6, 9]]))
    np.testing.assert_array_equal(noise_plane(1, rows, columns), expected)
    np.testing.assert_array_equal(noise_line(1, columns), hashed(1, np.array([5, 6, 9])))


def test_noise_equals_a_slow_reference() -> None:
    rows, columns = np.linspace(-3, 4, 23), np.linspace(8, -2, 31)  # also backwards and negative
    lattice = hashed(7, np.arange(-5, 7)[:, None], np.arange(-5, 12)[None, :]).astype(float)
    for y, line in zip(rows, noise_plane(7, rows, columns), strict=True):
        for x, value in zip(columns, line, strict=True):
            row, column = int(np.floor(y)), int(np.floor(x))
            v, u = (part**3 * (part * (part * 6 - 15) + 10) for part in (y - row, x - column))
            corners = lattice[row + 5 : row + 7, column + 5 : column + 7]
            assert value == pytest.approx(np.array([1 - v, v]) @ corners @ np.array([1 - u, u]), abs=1e-5)
