"""What a frozen network sees: probes, distances of sets, structure."""

import numpy as np
import pytest
import torch

from tilegan.metrics.judge import Judge
from tilegan.metrics.kernel import kernel_distance
from tilegan.metrics.painted import PENALTY, Crops, Probe, Probes
from tilegan.metrics.structure import feature_distance, structure
from tilegan.metrics.views import CROP, View, crop_places, cropped
from tilegan.networks.efficientnet import EfficientNetFeatures


def draws(seed: int, files: int, mean: float, size: int = 4, spread: float = 0.0) -> list[Crops]:
    """Crops around a mean, all values alike, with a shift of each file's own."""
    random = np.random.default_rng(seed)
    own = random.normal(0, spread, files)
    return [Crops(number, random.normal(mean + own[number], 1, (size, 3))) for number in range(files)]


def test_crops_reach_from_edge_to_edge() -> None:
    assert crop_places(128, 300) == [(0, 0), (0, 172)]
    assert crop_places(260, 128) == [(0, 0), (132, 0)]
    # 6 x 10 places: of each 2.5 the middle one
    many = crop_places(768, 1280)
    assert len(many) == len(set(many)) == 24
    assert many[:2] == [(0, 128), (0, 384)]
    assert {top for top, _ in many} == {0, 128, 256, 384, 512, 640}
    picture = np.arange(128 * 300 * 3, dtype=np.uint32).reshape(128, 300, 3).astype(np.uint8)
    assert np.array_equal(cropped(picture)[1], picture[:, 172:])


def test_statistics_are_those_of_the_taps() -> None:
    network = EfficientNetFeatures.read()
    crops = [np.random.default_rng(k).integers(0, 256, (32, 32, 3), dtype=np.uint8) for k in range(9)]
    view = View.of(network, crops)
    assert view.statistics.shape == (9, 2 * (16 + 24 + 40 + 112))
    alone = network(torch.from_numpy(crops[8]).permute(2, 0, 1)[None] / 127.5 - 1)
    assert view.statistics[8, :16] == pytest.approx(alone[0][0].flatten(1).mean(1).numpy(), abs=1e-4)
    assert view.statistics[8, 16:32] == pytest.approx(alone[0][0].flatten(1).std(1, correction=0).numpy(), abs=1e-4)
    assert view.statistics[8, -112:] == pytest.approx(alone[3][0].flatten(1).std(1, correction=0).numpy(), abs=1e-4)
    whole = View.whole(network, np.zeros((CROP + 15, CROP, 3), np.uint8))
    assert [tuple(tap.shape[2:]) for tap in whole.features] == [(64, 64), (32, 32), (16, 16), (8, 8)]


def test_the_slope_of_the_loss_is_zero_at_the_probe() -> None:
    sources, targets = (np.concatenate([crops.statistics for crops in draws(k, 5, k)]) for k in (0, 1))
    probe = Probe.fit(sources, targets[:8])

    def loss(weights: np.ndarray) -> float:
        moved = probe._replace(weights=weights[:-1], offset=weights[-1])
        log = [np.log1p(np.exp(-s * moved.log_odds(x))).mean() for s, x in ((-1, sources), (1, targets[:8]))]
        return sum(log) / 2 + PENALTY / 2 * np.sum(weights[:-1] ** 2)

    best = np.array([*probe.weights, probe.offset])
    slopes = [(loss(best + h) - loss(best - h)) / 2e-4 for h in 1e-4 * np.eye(4)]
    assert slopes == pytest.approx([0] * 4, abs=1e-6)


def test_a_probe_tells_what_differs_and_only_what_is_new_to_it() -> None:
    sources, targets = draws(0, 10, -2), draws(1, 10, 2)
    probes = Probes(sources, [Crops(100 + k, crops.statistics) for k, crops in enumerate(targets)])
    assert np.mean([probes.log_odds(crops) < 0 for crops in sources]) == 1
    assert np.mean([probes.log_odds(crops) > 0 for crops in targets]) == 1
    # a file whose crops are like no others is known to all probes but that which scores it
    odd = [*sources[:9], Crops(9, np.full((4, 3), 50.0))]
    assert np.all(Probes(odd, targets).log_odds(odd[9]) > 0)
    others = Probes([*sources[:9], Crops(8, np.full((4, 3), 50.0))], targets)
    assert not np.array_equal(others.log_odds(odd[9]), Probes(odd, targets).log_odds(odd[9]))


def test_the_distance_of_gaussians() -> None:
    # with k(x, y) = (x y + 1)^3 the squared distance is 3 dm1^2 + 3 dm2^2 + dm3^2 of the raw moments: those of N(0, 1)
    # are 0, 1, 0, those of N(1, 1) are 1, 2, 4
    first, second = ([np.random.default_rng((k, n)).normal(k, 1, (1, 1)) for n in range(4000)] for k in (0, 1))
    assert kernel_distance(first, second) == pytest.approx(3 + 3 + 16, rel=0.1)


def test_the_distance_by_hand_and_without_bias() -> None:
    # within: 1 * 2 and 0 * 3 of different pictures; between: 0 0 3 6 of all pairs
    first, second = [np.array([[1.0]]), np.array([[2.0]])], [np.array([[0.0]]), np.array([[3.0]])]
    assert kernel_distance(first, second) == 3**3 + 1 - 2 * (1 + 1 + 4**3 + 7**3) / 4
    # crops of one picture are alike; a distance that counts their pairs would be above zero
    random = np.random.default_rng(0)
    found = []
    for _ in range(300):
        sets = [[np.repeat(random.normal(0, 1, (1, 8)), 5, axis=0) for _ in range(4)] for _ in range(2)]
        found.append(kernel_distance(*sets))
    assert abs(np.mean(found)) < 3 * np.std(found) / 300**0.5


def test_identity_is_at_0_and_new_targets_at_1() -> None:
    sources, targets, others = draws(0, 12, 0, 20, 0.2), draws(1, 24, 1.5, 20, 0.2), draws(2, 12, 1.5, 20, 0.2)
    half = [Crops(crops.number, crops.statistics + 0.75) for crops in sources]
    judge = Judge(sources, draws(3, 6, 0, 20, 0.2), targets)
    assert judge.of(sources).painted == judge.of(sources).near == 0
    new, middle = judge.of(others), judge.of(half)
    assert new.painted == pytest.approx(1, abs=0.15)
    assert new.near == pytest.approx(1, abs=0.15)
    assert middle.painted == pytest.approx(0.5, abs=0.1)
    assert judge.of(sources).taken < middle.taken < new.taken
    assert judge.real.taken == pytest.approx(new.taken, abs=0.05)
    assert judge.real.painted == judge.real.near == 1


def test_too_few_files_tell_nothing() -> None:
    one = Judge(draws(0, 1, 0), [], draws(1, 5, 1))
    assert one.of(draws(0, 1, 0)).taken is one.of(draws(0, 1, 0)).near is one.real.painted is None
    few = Judge(draws(0, 3, 0), [], draws(1, 3, 1))
    assert few.of(draws(0, 3, 0)).painted == 0
    assert few.of(draws(0, 3, 0)).near is few.real.near is None


def test_structure_by_hand() -> None:
    source = torch.tensor([[[[1.0, 3.0]], [[0.0, 0.0]]]])
    assert structure(source, source) == pytest.approx(1)
    assert structure(source, 5 - 2 * source) == pytest.approx(-1)
    # (-1, 1, 0, 0) and (-1, 1, -1, 1): the cosine is 2 / (sqrt 2 * 2)
    other = torch.tensor([[[[0.0, 2.0]], [[1.0, 3.0]]]])
    assert structure(source, other) == pytest.approx(0.5**0.5)
    flat = torch.ones(1, 2, 1, 2)
    assert structure(flat, 2 * flat) == 1
    assert structure(source, flat) == 0


def test_feature_distance_by_hand() -> None:
    first, second = torch.tensor([3.0, 4.0]), torch.tensor([0.0, 2.0])
    taps = [first.view(1, 2, 1, 1), first.view(1, 2, 1, 1)], [10 * first.view(1, 2, 1, 1), second.view(1, 2, 1, 1)]
    # 0 in the first tap, (0.6, 0.8 - 1) in the second
    assert feature_distance(*taps).item() == pytest.approx((0.36 + 0.04) / 2)
