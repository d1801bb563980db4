"""Feature matching against numbers computed by hand."""

import pytest
import torch

from tilegan.methods.matching import feature_matching


def filled(value: float, *shape: int) -> torch.Tensor:
    return torch.full(shape, value, dtype=torch.float32, requires_grad=True)


def test_every_layer_but_the_judgment_counts_as_much_whatever_its_size() -> None:
    of_target = [[filled(1, 1, 2, 4, 4), filled(0, 1, 4, 2, 2), filled(9, 1, 1, 1, 1)], [filled(2, 1, 1), filled(0, 1)]]
    of_translated = [
        [filled(-1, 1, 2, 4, 4), filled(0.5, 1, 4, 2, 2), filled(0, 1, 1, 1, 1)],
        [filled(2, 1, 1), filled(5, 1)],
    ]
    distance = feature_matching(of_target, of_translated)
    assert distance.item() == pytest.approx((2 + 0.5 + 0) / 3)
    distance.backward()
    assert all(layer.grad is None for scale in of_target for layer in scale)
    made = of_translated[0][1]
    assert made.grad is not None
    assert torch.allclose(made.grad, torch.full_like(made, 1 / (3 * 16)))
