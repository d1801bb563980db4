"""The losses of SPADE against numbers computed by hand."""

import pytest
import torch
from torch import nn

from tilegan.errors import ModelError, SettingError
from tilegan.methods.base import Batch
from tilegan.methods.spade import Spade, SpadeSettings, hinge, mean_judgment
from tilegan.networks.labels import Labels

TABLE = [[0, 0, 0], [255, 255, 255]]


class Paint(nn.Module):
    """0.5 where the label is the second one, and -0.25 elsewhere."""

    def __init__(self) -> None:
        super().__init__()
        self.labels = Labels(TABLE)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        first, second = self.labels(images).split(1, 1)
        return (0.5 * second - 0.25 * first).expand(-1, 3, -1, -1)


class Judge(nn.Module):
    """Two scales of one layer each: means of the image; judged is by how much they are above half the second label."""

    def forward(self, seen: torch.Tensor) -> list[list[torch.Tensor]]:
        assert seen.shape[1] == 5
        mean, label = seen[:, 2:].mean((1, 2, 3)), seen[:, 1].mean((1, 2))
        return [[scale * mean, scale * mean - label / 2] for scale in (1.0, 3.0)]


def test_the_hinge_leaves_what_is_beyond_1_alone() -> None:
    features = [[torch.tensor([9.0]), torch.tensor([0.5, 2.0])], [torch.tensor([-1.0])]]
    assert hinge(features, 1).item() == pytest.approx(((0.5 + 0) / 2 + 2) / 2)
    assert hinge(features, -1).item() == pytest.approx(((1.5 + 3) / 2 + 0) / 2)
    assert mean_judgment(features).item() == pytest.approx((1.25 - 1) / 2)


def test_losses_of_a_batch() -> None:
    method = Spade(Paint(), Judge(), SpadeSettings(feature_weight=8.0, pixel_weight=4.0, perceptual_weight=0.0))  # type: ignore[arg-type]
    # all of the second label, with some noise: translated to 0.5; targets are 0.75
    batch = Batch(torch.full((2, 3, 32, 32), 0.9), torch.full((2, 3, 32, 32), 0.75), 0, 0, 2)
    generator = {name: loss.item() for name, loss in method.generator_loss(batch).items()}
    assert generator == pytest.approx(
        {
            "generator": -((0.5 - 0.5) + (1.5 - 0.5)) / 2,
            "features": 8 * (0.25 + 0.75) / 2,
            "pixels": 4 * 0.25,
        }
    )
    discriminator = {name: loss.item() for name, loss in method.discriminator_loss(batch).items()}
    assert discriminator == pytest.approx({"real": (0.75 + 0) / 2, "translated": (1 + 2) / 2})


GENERATOR = {"name": "spade", "channels": 4, "downs": 2, "hidden": 4, "labels": TABLE}
DISCRIMINATOR = {"name": "multiscale", "channels": 4, "layers": 3, "scales": 2}


def test_discriminators_see_labels_and_images_at_two_scales() -> None:
    method = Spade.build(SpadeSettings(), GENERATOR, DISCRIMINATOR)
    made = method.discriminator(torch.randn(1, 5, 128, 128))
    assert [[tuple(layer.shape) for layer in layers][-1] for layers in made] == [(1, 1, 19, 19), (1, 1, 11, 11)]


@pytest.mark.parametrize(
    ("generator", "discriminator", "message"),
    [
        ({"name": "unet", "channels": 4, "downs": 2}, DISCRIMINATOR, "paints label maps: use 'spade'"),
        (GENERATOR, {"name": "patch", "channels": 4, "layers": 2}, "several scales: use 'multiscale'"),
    ],
)
def test_networks_that_do_not_fit_are_refused(generator: dict, discriminator: dict, message: str) -> None:  # type: ignore[type-arg]
    with pytest.raises(ModelError, match=message):
        Spade.build(SpadeSettings(), generator, discriminator)


@pytest.mark.parametrize("name", ["feature_weight", "pixel_weight"])
def test_a_weight_below_0_is_refused(name: str) -> None:
    with pytest.raises(SettingError, match=name.replace("_", " ")):
        SpadeSettings(**{name: -1})
