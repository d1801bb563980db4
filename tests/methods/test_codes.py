import math

import pytest
import torch

from tilegan.methods.codes import category_loss, code_loss, continuous_loss, recovery
from tilegan.networks.code_head import Recovered
from tilegan.networks.codes import Codes

# of two images: one continuous code, recovered as 0.5 and as -1, and three categories
RECOVERED = Recovered(
    torch.tensor([[0.5], [-1.0]]),
    torch.tensor([[1.0], [0.5]]),
    torch.tensor([[math.log(2), 0.0, 0.0], [0.0, 0.0, math.log(6)]]),
)
VALUES = torch.tensor([[-0.5, 1.0, 0.0, 0.0], [-0.5, 0.0, 1.0, 0.0]])
LOG_2_PI = math.log(2 * math.pi) / 2


def test_the_losses_against_numbers_computed_by_hand() -> None:
    # the categories that were drawn have probabilities 2 / 4 and 1 / 8
    category = (math.log(2) + math.log(8)) / 2
    # errors of 1 and 1 deviations, of 1 and 0.5
    continuous = (0.5 + 0.5 + math.log(0.5)) / 2 + LOG_2_PI
    assert category_loss(RECOVERED.scores, VALUES[:, 1:]).item() == pytest.approx(category)
    assert continuous_loss(RECOVERED, VALUES[:, :1]).item() == pytest.approx(continuous)
    assert code_loss(Codes(1, 3), RECOVERED, VALUES).item() == pytest.approx(category + continuous)


def test_what_is_lost_if_nothing_is_recovered() -> None:
    values = Codes(1, 4).drawn(20000, 0)
    none = Recovered(torch.zeros(20000, 1), torch.full((20000, 1), 3**-0.5), torch.zeros(20000, 4))
    assert category_loss(none.scores, values[:, 1:]).item() == pytest.approx(math.log(4), abs=1e-3)
    assert continuous_loss(none, values[:, :1]).item() == pytest.approx(0.87, abs=0.01)


def test_recovery_is_a_correlation_and_a_share() -> None:
    means = torch.tensor([[0.1, 2.0], [0.2, 2.0], [0.3, 2.0]])
    values = torch.tensor([[-1.0, 0.3, 1, 0], [0.0, 0.1, 0, 1], [1.0, 0.2, 1, 0]])
    recovered = Recovered(means, torch.ones(3, 2), torch.tensor([[2.0, 1.0], [0.0, 1.0], [0.0, 0.5]]))
    found = recovery(Codes(2, 2), recovered, values)
    assert found == pytest.approx({"recovered_c0": 1, "recovered_c1": 0, "recovered_k": 2 / 3})
