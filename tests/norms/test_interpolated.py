"""Statistics of cells, mixed for each place: by hand, and the same whatever the window."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
import torch
from torch import nn

from tilegan.errors import ModelError
from tilegan.norms import interpolated
from tilegan.norms.interpolated import CELL, Between, Grid, mixed_moments
from tilegan.norms.layers import EPSILON, InterpolatedNorm, norm_layer
from tilegan.tiling.levels import Levels
from tilegan.tiling.places import Pass, Place, current_pass, placed
from tilegan.tiling.probe import probe
from tilegan.tiling.reach import reach
from tilegan.tiling.unpadded import unpadded


def test_cells_take_what_is_left_over_and_are_few() -> None:
    assert Grid.of(1, 1, 4) == Grid(CELL, 1, 1)
    assert Grid.of(767, 768, 4) == Grid(CELL, 1, 2)  # half a cell more is no cell of its own
    assert Grid.of(1000, 3000, 3) == Grid(513, 2, 6)  # at multiples of the stride
    assert Grid.of(40_000, 100_000, 4) == Grid(2048, 20, 49)
    assert Grid.of(10**9, 1, 4).rows <= interpolated.MOST


def test_a_grid_is_in_the_name_of_its_norm() -> None:
    grid = Grid(512, 8, 12)
    assert grid.name == "interpolated 512 of 8 x 12"
    assert Grid.named(grid.name) == grid
    assert Grid.named("frozen") is None
    norm = norm_layer(grid.name, 3)
    assert isinstance(norm, InterpolatedNorm)
    assert norm.mean.shape == norm.variance.shape == (1, 3, 8, 12)
    for name in ("interpolated 512 of 0 x 12", "interpolated 0 of 1 x 2", "interpolated 512 of 1 x 65"):
        with pytest.raises(ModelError, match="at most 64 x 64 cells"):
            norm_layer(name, 3)


def test_places_by_hand() -> None:
    grid = Grid(8, 1, 3)  # centers at 4, 12 and 20
    known = Pass(torch.tensor([[0, 0, 1], [0, 8, 1], [0, -4, 2]]), (4, 24))
    before, after, share = Between.of(known, 1, 6, 0, grid)
    # six places of 4 pixels each: centers at 2, 6 ... 22, then at 10 ... 30, then of 8 pixels each at -4, 4 ... 36
    assert before.tolist() == [[0, 0, 0, 1, 1, 2], [0, 1, 1, 2, 2, 2], [0, 0, 1, 2, 2, 2]]
    assert after.tolist() == [[0, 1, 1, 2, 2, 2], [1, 2, 2, 2, 2, 2], [0, 1, 2, 2, 2, 2]]
    quarter = 3 / 16 - 2 / 64
    assert share[0].tolist() == [1 - quarter, quarter] * 3
    assert share[2, :3].tolist() == [0, 0, 0]
    lost = Between.of(known, 1, 4, 1, grid)  # without padding one place less at either end
    assert all(torch.equal(part, whole[:, 1:5]) for part, whole in zip(lost, (before, after, share), strict=True))


def test_a_mixture_by_hand() -> None:
    first, second = torch.tensor([1.0, 3.0, 3.0, 5.0]), torch.tensor([10.0, 12.0])
    both = torch.cat([first, second, second])  # four of eight values, half of the mixture
    variances = first.var(correction=0), second.var(correction=0)
    mean, variance = mixed_moments((first.mean(), second.mean()), variances, torch.tensor(0.5))
    assert mean == both.mean() == 7
    assert torch.isclose(variance, both.var(correction=0))


def settled_norm(grid: Grid, channels: int) -> InterpolatedNorm:
    norm = InterpolatedNorm(channels, grid)
    torch.manual_seed(3)
    norm.gain.data.uniform_(0.5, 2)
    for row in range(grid.rows):
        for column in range(grid.columns):
            norm.settle(torch.randn(channels).double() * 3, torch.rand(channels).double() * 5, (row, column))
    return norm


def test_a_norm_by_hand() -> None:
    norm = InterpolatedNorm(1, Grid(4, 2, 1))
    norm.gain.data.fill_(10)
    norm.settle(torch.tensor([2.0]).double(), torch.tensor([1.0]).double(), (0, 0))
    norm.settle(torch.tensor([6.0]).double(), torch.tensor([9.0]).double(), (1, 0))
    features = torch.full((1, 1, 8, 1), 5.0)
    with placed([Place(0, 0)], (8, 1)):
        output = norm(features).flatten()
    # centers of cells at rows 2 and 6, of pixels at 0.5, 1.5 ... 7.5
    way = torch.tensor([0, 0, 0.125, 0.375, 0.625, 0.875, 1, 1])
    shares = 3 * way**2 - 2 * way**3
    means, variances = 2 + 4 * shares, 1 + 8 * shares + shares * (1 - shares) * 16
    assert torch.allclose(output, 10 * (5 - means) / (variances + EPSILON).sqrt())
    assert output[0] == output[1] and output[6] == output[7]  # beyond the outermost centers nothing changes
    assert torch.allclose(norm(features), output[0])  # told nothing: the middle of the first cell


@pytest.mark.parametrize("precision", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize("stride", [1, 3, 4])
def test_windows_are_parts_of_the_whole_to_the_last_bit(
    precision: torch.dtype, stride: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tilegan.norms.layers.BAND", 5 * 31 * 23)  # bands begin at other rows in windows
    norm = settled_norm(Grid(24, 3, 4), 5).to(precision)
    features = torch.randn(1, 5, 41, 37).to(precision).contiguous(memory_format=torch.channels_last)
    with placed([Place(-5 * stride, -7 * stride)], (41 * stride, 37 * stride)):
        whole = norm(features)
    corners = [(0, 0), (3, 11), (18, 14)]
    windows = torch.cat([features[:, :, top : top + 23, left : left + 23] for top, left in corners])
    places = [Place((top - 5) * stride, (left - 7) * stride) for top, left in corners]
    with placed(places, (23 * stride, 23 * stride)):
        parts = norm(windows)
    for part, (top, left) in zip(parts, corners, strict=True):
        assert torch.equal(part, whole[0, :, top : top + 23, left : left + 23])
    assert whole.dtype == precision
    assert whole.is_contiguous(memory_format=torch.channels_last)


def test_statistics_have_no_corners() -> None:
    norm = settled_norm(Grid(64, 1, 3), 4).requires_grad_(False)
    with placed([Place(0, 0)], (1, 192)):
        zero, one = norm(torch.zeros(1, 4, 1, 192)), norm(torch.ones(1, 4, 1, 192))
    gain = (one - zero)[0, :, 0]
    for values in (zero[0, :, 0] / gain, gain**-2):  # means and variances
        slopes = values.diff().abs().amax(1)
        assert (values.diff().diff().abs().amax(1) < 0.15 * slopes).all()


def test_threads_do_not_see_each_others_places() -> None:
    both = Barrier(2)

    def seen(top: int) -> int:
        with placed([Place(top, 0)], (8, 8)):
            both.wait()
            known = current_pass()
            both.wait()
        assert known is not None and current_pass() is None
        return int(known.places[0, 0])

    with ThreadPoolExecutor(2) as pool:
        assert list(pool.map(seen, [16, 64])) == [16, 64]


class Small(nn.Module):
    """Two convolutions around a norm, the first of them with a stride; enlarged again."""

    def __init__(self, norm: InterpolatedNorm) -> None:
        super().__init__()
        self.first, self.norm = nn.Conv2d(3, 5, 5, stride=2, padding=2), norm
        self.last = nn.Conv2d(5, 12, 3, padding=1)

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        output: torch.Tensor = nn.functional.pixel_shuffle(self.last(self.norm(self.first(image))), 2)
        return output


def test_without_padding_norms_know_what_was_lost() -> None:
    network = Small(settled_norm(Grid(16, 4, 4), 5)).eval()
    found = reach(network)
    assert not found.unbounded
    assert probe(network, 4, 2, 1) == ""
    plain = unpadded(network, found)
    assert plain is not None
    twin, trim = plain
    pixels = torch.randint(0, 256, (1, 64, 64, 3), dtype=torch.uint8)
    whole = Levels(network, torch.float32)(pixels, [Place(0, 0)])
    assert torch.equal(Levels(twin, torch.float32)(pixels, [Place(0, 0)]), whole[:, trim:-trim, trim:-trim])
    window = pixels[:, 12:48, 20:60]
    part = Levels(twin, torch.float32, cut=2)(window, [Place(12, 20)])
    assert torch.equal(part, whole[:, 14 + trim : 46 - trim, 22 + trim : 58 - trim])
    elsewhere = Levels(twin, torch.float32, cut=2)(window)
    assert not torch.equal(part, elsewhere)
