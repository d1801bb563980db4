"""Streaks of noise run along edges, are the same in every window, and remain noise."""

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from tilegan.networks.build import build_generator
from tilegan.networks.noise import cell_noise
from tilegan.networks.noise_features import NoiseFeatures
from tilegan.networks.stacked import StackedGenerator
from tilegan.networks.streaks import AREA, SECTORS, EdgeDirections, _own_directions, _sectors, streaked_noise
from tilegan.tiling.places import Place, placed
from tilegan.tiling.reach import reach
from tilegan.tiling.unpadded import unpadded

SMALL = {"name": "residual", "channels": 4, "blocks": 1, "stride": 4, "detail": 4, "noise": 2}
HERE = torch.tensor([[0, 0, 1]])


def stripes(angle: float, rows: int = 96, columns: int = 96) -> torch.Tensor:
    """Stripes along a direction, in degrees from the right downwards."""
    down, right = torch.meshgrid(torch.arange(rows), torch.arange(columns), indexing="ij")
    across = right * -math.sin(math.radians(angle)) + down * math.cos(math.radians(angle))
    return torch.sin(across / 8).expand(1, 3, -1, -1)


def towards(angle: float, rows: int, columns: int, length: float = 100.0) -> torch.Tensor:
    """Edges of one direction, so long that noise has no directions of its own."""
    twice = math.radians(2 * angle)
    vector = torch.tensor([math.cos(twice), math.sin(twice)]).reshape(1, 2, 1, 1)
    return (length * vector).expand(1, 2, rows, columns)


@pytest.mark.parametrize("angle", [0, 30, 45, 90, 117, 150])
def test_directions_are_those_along_the_edges(angle: float) -> None:
    across, along = EdgeDirections(4)(stripes(angle))[0, :, 12, 12].tolist()
    assert math.degrees(math.atan2(along, across)) / 2 % 180 == pytest.approx(angle, abs=2)
    assert 0.9 < math.hypot(across, along) < 1


def test_even_areas_and_textures_have_no_direction() -> None:
    assert not EdgeDirections(4)(torch.full((1, 3, 64, 64), 0.3)).any()
    texture = torch.rand(1, 3, 256, 256, generator=torch.Generator().manual_seed(0)) * 2 - 1
    assert EdgeDirections(4)(texture).square().sum(1).sqrt().mean() < 0.35


def test_windows_of_directions_equal_the_whole() -> None:
    image = torch.rand(1, 3, 120, 136, generator=torch.Generator().manual_seed(0)) * 2 - 1
    layer, margin = EdgeDirections(4), 4 * AREA
    whole = layer(image)
    part = layer(image[..., 32 - margin : 72 + margin, 40 - margin : 64 + margin])
    assert torch.equal(part[..., AREA:-AREA, AREA:-AREA], whole[..., 8:18, 10:16])


@given(angle=st.floats(0, 180), row=st.integers(0, 15), column=st.integers(0, 19))
def test_values_are_weighted_sums_along_a_line(angle: float, row: int, column: int) -> None:
    length, reach_, edges = 2, 3, towards(angle, 16, 20)
    found = streaked_noise(1, HERE, 2, edges, length)[0, :, row, column]
    middle = math.radians((math.floor(angle / (180 / SECTORS)) % SECTORS + 0.5) * 180 / SECTORS)
    down, right = math.sin(middle), math.cos(middle)
    longest = max(abs(down), abs(right))
    total, weights = torch.zeros(2), 0.0
    for step in range(-reach_, reach_ + 1):
        y, x = step * down / longest, step * right / longest
        weight = math.exp(-(y**2 + x**2) / (2 * length**2))
        place = torch.tensor([[row + round(y), column + round(x), 1]])
        total = total + weight * cell_noise(1, place, 2, 1, 1)[0, :, 0, 0]
        weights += weight**2
    border = angle % (180 / SECTORS)
    if min(border, 180 / SECTORS - border) > 0.1:  # else own directions decide
        torch.testing.assert_close(found, total / math.sqrt(weights), atol=1e-5, rtol=1e-4)


@settings(max_examples=20)
@given(top=st.integers(-(2**20), 2**20), left=st.integers(-99, 99))
def test_windows_hold_what_the_whole_holds_there(top: int, left: int) -> None:
    edges = torch.randn(1, 2, 40, 50, generator=torch.Generator().manual_seed(0)) / 2
    whole = streaked_noise(5, torch.tensor([[top, left, 1]]), 3, edges, 3)
    window = streaked_noise(5, torch.tensor([[top + 9, left + 13, 1]]), 3, edges[..., 9:17, 13:30], 3)
    assert torch.equal(whole[..., 9:17, 13:30], window)


def test_it_is_noise_that_agrees_along_the_direction_only() -> None:
    noise = streaked_noise(0, HERE, 4, towards(1, 256, 256), 3).double()[0]
    assert noise.mean((1, 2)).abs().max() < 0.05
    assert (noise.var((1, 2)) - 1).abs().max() < 0.1
    along, across = ((noise * noise.roll(1, axis)).mean((1, 2)) for axis in (2, 1))
    assert along.min() > 0.9
    assert across.abs().max() < 0.2
    assert torch.corrcoef(noise.flatten(1)).sub(torch.eye(4)).abs().max() < 0.05


def test_another_seed_is_other_noise_with_other_directions() -> None:
    flat = torch.zeros(1, 2, 128, 128)
    first, second = (streaked_noise(seed, HERE, 1, flat, 3)[0, 0] for seed in (0, 1))
    assert (first * second).mean().abs() < 0.1
    assert (_sectors(_own_directions(0, HERE, 128, 128)) != _sectors(_own_directions(1, HERE, 128, 128))).any()


def test_places_of_a_batch_are_those_of_single_passes() -> None:
    places = torch.tensor([[5, -7, 1], [40, 90, 2]])
    edges = torch.randn(2, 2, 9, 12, generator=torch.Generator().manual_seed(0))
    both = streaked_noise(3, places, 2, edges, 2)
    for number in range(2):
        one = slice(number, number + 1)
        assert torch.equal(both[one], streaked_noise(3, places[one], 2, edges[one], 2))


def test_strokes_rather_lie() -> None:
    across = _own_directions(0, HERE, 512, 512)[0, 0]  # the cosine of twice the angle
    assert 0.3 < across.mean() < 0.8


def test_even_areas_turn_slowly() -> None:
    flat = torch.zeros(1, 2, 256, 256)
    noise = streaked_noise(0, HERE, 8, flat, 3)[0]
    along, across = ((noise * noise.roll(1, axis)).mean(0) for axis in (2, 1))
    leaning = torch.nn.functional.avg_pool2d((along - across)[None], 16).flatten()
    assert leaning.min() < -0.4  # some areas are drawn out downwards,
    assert leaning.max() > 0.4  # others to the right


def test_a_generator_sees_as_far_as_its_directions() -> None:
    plain, streaked = (reach(build_generator(SMALL | each)) for each in ({}, {"streaks": 3}))
    assert streaked.radius == plain.radius + 4 * AREA
    assert streaked.stride == plain.stride
    assert build_generator(SMALL | {"streaks": 3}).capabilities.drifts  # tiles in training continue each other


@pytest.mark.parametrize(("washes", "streaks"), [(0, 2), (2, 0), (2, 2), (12, 2)])  # 12 see further than directions
@pytest.mark.parametrize("lines", [0, 70])
def test_without_padding_the_center_is_the_same(washes: int, streaks: int, lines: int) -> None:
    torch.manual_seed(0)
    generator = build_generator(SMALL | {"streaks": streaks, "washes": washes, "drifts": 1, "lines": lines}).eval()
    torch.nn.init.normal_(generator.tail.weight, std=0.3)
    made = unpadded(generator, reach(generator))
    assert made is not None
    plain, lost = made
    image = torch.rand(1, 3, 200, 240, generator=torch.Generator().manual_seed(0)) * 2 - 1
    with torch.no_grad(), placed([Place(8, 40)], (200, 240)):
        whole, middle = generator(image), plain(image)
    torch.testing.assert_close(middle, whole[..., lost:-lost, lost:-lost], atol=1e-5, rtol=0)


def test_without_positions_there_is_no_noise() -> None:
    features, cells, edges = (
        NoiseFeatures(2, 3, 4, 0, streaks=2).eval(),
        torch.zeros(1, 1, 5, 6),
        torch.ones(1, 2, 5, 6),
    )
    assert not features(cells, edges).any()
    with placed([Place(8, 4)], (20, 24)):
        known = features(cells, edges)
    torch.testing.assert_close(known, features.convolution(streaked_noise(0, torch.tensor([[2, 1, 1]]), 2, edges, 2)))


def test_the_second_stage_of_a_stacked_generator_has_streaks() -> None:
    torch.manual_seed(0)
    made, plain = (StackedGenerator(8, 1, 4, 4, factor=2, noise=2, squint=5, streaks=each).eval() for each in (2, 0))
    assert made.capabilities.drifts and not plain.capabilities.drifts
    torch.nn.init.normal_(made.second.tail.weight, std=0.3)
    plain.load_state_dict(made.state_dict())
    image = torch.rand(1, 3, 128, 128, generator=torch.Generator().manual_seed(0)) * 2 - 1
    with torch.no_grad(), placed([Place(0, 0)], (128, 128)):
        assert (made(image) - plain(image)).abs().mean() > 0.01
