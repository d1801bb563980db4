import math

import pytest
import torch

from tilegan.networks.code_head import FEWEST, NOISE, REMEMBERED, CodeHead, changed_statistics
from tilegan.networks.codes import Codes

CODES = Codes(2, 3)


def paintings(count: int, seed: int, effect: float) -> tuple[torch.Tensor, torch.Tensor]:
    """Ten statistics that codes change linearly, by different amounts in different paintings; and the codes."""
    values = CODES.drawn(count, seed)
    random = torch.Generator().manual_seed(1000 + seed)
    effects = torch.randn(5, 10, generator=torch.Generator().manual_seed(0))
    rows = effect * (values - CODES.default()) @ effects + 0.3 * torch.randn(count, 10, generator=random)
    return rows, values


def head_of(count: int, effect: float) -> CodeHead:
    head = CodeHead(CODES, 10)
    head.remember(*paintings(count, 1, effect))
    return head


def test_the_change_of_statistics_against_numbers_computed_by_hand() -> None:
    before = torch.tensor([[1.0, 3.0], [5.0, 7.0]])[None, None]  # mean 4, variance 20 / 3
    after = 2 * before + 1  # mean 9, variance 80 / 3
    found = changed_statistics([before, before], [after, before])
    assert found.tolist()[0] == pytest.approx([5 / (100 / 3) ** 0.5, math.log(2), 0, 0], abs=1e-5)


def test_a_head_knows_the_latest_paintings() -> None:
    head = CodeHead(CODES, 3)
    rows, values = torch.rand(REMEMBERED + 3, 3), CODES.drawn(REMEMBERED + 3, 0)
    for part in range(0, REMEMBERED + 3, 5):
        head.remember(rows[part : part + 5], values[part : part + 5])
    assert head.count == REMEMBERED + 3
    assert sorted(head.rows[:, 0].tolist()) == sorted(rows[3:, 0].tolist())
    place = int((head.rows == rows[-1]).all(1).nonzero())
    assert torch.equal(head.values[place], values[-1])


def test_a_fit_is_that_to_many_noisy_copies_and_its_errors_are_those_of_paintings_left_out() -> None:
    rows, values = paintings(FEWEST, 1, 0.3)
    fit = head_of(FEWEST, 0.3).fitted()
    noise = NOISE * torch.randn(2000, 1, 10, generator=torch.Generator().manual_seed(2))
    copies = (rows + noise - rows.mean(0)).flatten(0, 1)
    targets = (values - values.mean(0)).repeat(2000, 1)
    assert torch.allclose(fit.weights, torch.linalg.lstsq(copies, targets).solution, atol=0.02)
    errors = []
    for out in range(FEWEST):
        kept = [each for each in range(FEWEST) if each != out]
        middle, center = rows[kept].mean(0), values[kept].mean(0)
        penalty = FEWEST * NOISE**2 * torch.eye(10)
        weights = torch.linalg.solve(
            (rows[kept] - middle).T @ (rows[kept] - middle) + penalty, (rows[kept] - middle).T @ (values[kept] - center)
        )
        errors.append(values[out] - center - (rows[out] - middle) @ weights)
    left_out = torch.stack(errors).square().mean(0) + NOISE**2 * fit.weights.square().sum(0)
    assert torch.allclose(fit.variances, left_out, rtol=1e-3)


@pytest.mark.parametrize("effect", [0.0, 0.1, 0.5])
def test_a_head_is_as_sure_of_new_paintings_as_it_may_be(effect: float) -> None:
    rows, values = paintings(3000, 2, effect)
    found = head_of(REMEMBERED, effect)(rows, 3)
    errors = (found.means - values[:, :2]).square().mean(0).sqrt()
    assert torch.allclose(found.deviations[0], errors.clamp(min=0.25), rtol=0.1)
    right = (found.scores.argmax(1) == values[:, 2:].argmax(1)).float().mean()
    assert found.scores.softmax(1).amax(1).mean().item() == pytest.approx(right.item(), abs=0.06)
    assert right > 0.9 if effect == 0.5 else right < 0.7


def test_what_a_head_recovers_has_noise_of_a_seed() -> None:
    head, rows = head_of(FEWEST, 0.5), torch.zeros(2, 10)
    assert torch.equal(head(rows, 1).means, head(rows, 1).means)
    assert not torch.equal(head(rows, 1).means, head(rows, 2).means)
    found = head(rows, 1)
    assert (found.means.shape, found.deviations.shape, found.scores.shape) == ((2, 2), (2, 2), (2, 3))


def test_of_few_paintings_nothing_is_recovered() -> None:
    found = head_of(FEWEST - 1, 0.5)(torch.ones(2, 10), 1)
    assert not found.means.any() and not found.scores.any()
    assert found.deviations.flatten().tolist() == pytest.approx([3**-0.5] * 4)


@pytest.mark.parametrize("codes", [Codes(1), Codes(0, 2)])
def test_codes_of_one_kind_are_recovered(codes: Codes) -> None:
    head = CodeHead(codes, 3)
    values = codes.drawn(FEWEST, 0)
    head.remember(values[:, :1].expand(-1, 3) * 2, values)
    found = head(values[:, :1].expand(-1, 3) * 2, 1)
    recovered = found.means if codes.continuous else found.scores.softmax(1)
    assert (recovered - values).abs().mean() < 0.2
