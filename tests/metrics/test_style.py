import numpy as np
import pytest
import torch

from tilegan.metrics.palette import colors, palette_distance
from tilegan.metrics.pyramid import gaussian_pyramid, laplacian_pyramid, max_levels
from tilegan.metrics.style import distance_along, neighborhoods, share, sliced_wasserstein, style_position


@pytest.fixture
def image() -> np.ndarray:
    return np.random.default_rng(1).integers(0, 256, (70, 100, 3), dtype=np.uint8)


@pytest.mark.parametrize(("side", "levels"), [(16, 1), (31, 1), (32, 2), (512, 6), (640, 6)])
def test_the_last_level_has_16_to_31_pixels(side: int, levels: int) -> None:
    assert max_levels(side) == levels
    last = gaussian_pyramid(torch.zeros(3, side, side), levels)[-1]
    assert 16 <= last.shape[1] < 32


def test_levels_are_blurred_and_halved() -> None:
    # the mean of 1 4 6 4 1 around the pixel, both ways: an impulse of 256 leaves 36 in its place, 6 two columns on
    image = torch.zeros(1, 64, 64)
    image[0, 32, 32] = 256
    half = gaussian_pyramid(image, 2)[1][0]
    assert half.shape == (32, 32)
    assert half[16, 16] == 36
    assert half[16, 17] == half[15, 16] == 6
    assert half[17, 17] == 1
    assert half.sum() == 64


def test_laplacian_levels_add_up(image: np.ndarray) -> None:
    tensor = torch.from_numpy(image).permute(2, 0, 1).double()
    constant = laplacian_pyramid(torch.full((3, 64, 64), 7.0), 3)
    assert max(float(level.abs().max()) for level in constant[:2]) < 1e-5
    assert float((constant[2] - 7).abs().max()) < 1e-5
    fine, coarse = laplacian_pyramid(tensor, 2)
    # Burt and Adelson's EXPAND, pixel by pixel
    enlarged = torch.zeros_like(fine)
    weights = torch.tensor([1, 4, 6, 4, 1]).double() / 8
    for row in range(10, 20):
        for column in range(10, 20):
            for i in range(-2, 3):
                for j in range(-2, 3):
                    if (row + i) % 2 == 0 and (column + j) % 2 == 0:
                        part = weights[i + 2] * weights[j + 2] * coarse[:, (row + i) // 2, (column + j) // 2]
                        enlarged[:, row, column] += part
    inside = np.s_[:, 10:20, 10:20]
    torch.testing.assert_close(fine[inside], tensor[inside] - enlarged[inside])


def test_squares_are_parts_of_their_level(image: np.ndarray) -> None:
    found = neighborhoods(image, 3, 20, seed=4)
    assert [level.shape for level in found] == [(20, 3, 7, 7)] * 3
    pyramid = laplacian_pyramid(torch.from_numpy(image).permute(2, 0, 1).float(), 3)
    every = pyramid[2].unfold(1, 7, 1).unfold(2, 7, 1).permute(1, 2, 0, 3, 4).flatten(0, 1)
    for square in found[2]:
        assert any(torch.equal(square, other) for other in every)
    again, others = neighborhoods(image, 3, 20, seed=4), neighborhoods(image, 3, 20, seed=5)
    assert torch.equal(found[0], again[0])
    assert not torch.equal(found[0], others[0])


def test_points_on_a_line() -> None:
    # in one dimension the directions are 1 and -1: the distance of sorted points
    first, second = torch.tensor([[0.0], [1.0], [5.0]]), torch.tensor([[6.0], [0.0], [3.0]])
    assert distance_along(first, second, 4) == pytest.approx((0 + 2 + 1) / 3)


def test_light_and_contrast_of_a_channel_are_no_style() -> None:
    random = torch.Generator().manual_seed(0)
    squares = torch.rand(300, 3, 7, 7, generator=random)
    stretch = torch.tensor([2.0, 0.5, 1.0])[:, None, None]
    assert sliced_wasserstein(squares, squares[torch.randperm(300, generator=random)] * stretch + 9) < 1e-4


def test_strokes_are_style() -> None:
    random = torch.Generator().manual_seed(0)
    specks = [torch.randn(1000, 3, 7, 7, generator=random) for _ in range(3)]
    strokes = specks[2].mean(dim=(2, 3), keepdim=True).expand(-1, -1, 7, 7)
    near, far = sliced_wasserstein(specks[0], specks[1]), sliced_wasserstein(specks[0], strokes)
    assert far > 3 * near


def test_places() -> None:
    assert style_position(source=3, translated=3, real=1) == 0
    assert style_position(source=3, translated=1, real=1) == 1
    assert style_position(source=3, translated=2.5, real=1) == 0.25
    assert style_position(source=3, translated=4, real=1) == -0.5
    assert style_position(source=1, translated=1, real=1) is None


def test_shares_add_up() -> None:
    assert share(3, 128) == [43, 43, 42]


def test_a_shift_of_colors_reads_its_length() -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (40, 50, 3), dtype=np.uint8)
    first = colors(pixels, 2000, seed=1)
    assert torch.equal(first, colors(pixels, 2000, seed=1))
    assert palette_distance(first, first) == 0
    for shift in ([10.0, 0, 0], [0, -10, 0], [6, 0, 8]):
        assert palette_distance(first, first + torch.tensor(shift)) == pytest.approx(10, rel=0.15)
