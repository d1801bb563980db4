"""The losses of pix2pixHD against numbers computed by hand, its phases, and the looks of instances."""

import numpy as np
import pytest
import torch
from torch import nn

from tilegan.errors import ModelError, SettingError
from tilegan.methods.base import Batch
from tilegan.methods.pix2pixhd import Pix2PixHD, Pix2PixHDSettings, least_squares
from tilegan.networks.build import PATCH_DISCRIMINATOR, UNET_GENERATOR
from tilegan.networks.pix2pixhd import Pix2PixHDGenerator
from tilegan.training.settings import TrainSettings
from tilegan.training.trainer import Trainer

SMALL = {"name": "pix2pixhd", "channels": 8, "downs": 1, "blocks": 1, "enhancers": 1, "enhancer_blocks": 1}
JUDGE = {"name": "multiscale", "channels": 4, "layers": 2, "scales": 2}
LABELS = {"labels": [[0, 0, 0], [255, 255, 255]], "features": 3, "looks": 4}


class Brighten(Pix2PixHDGenerator):
    def __init__(self) -> None:
        super().__init__(2, 0, 0, 0, 0)

    def forward(self, image: torch.Tensor, last: int | None = None, resting: int = 0) -> torch.Tensor:  # noqa: ARG002
        return image + 0.5


class Scales(nn.Module):
    """Two discriminators of pairs, one feature each, the image; the first judges by its mean, the second twice that."""

    def forward(self, pairs: torch.Tensor) -> list[list[torch.Tensor]]:
        image = pairs[:, 3:]
        return [[scale * image, scale * image.mean((1, 2, 3), keepdim=True)] for scale in (1, 2)]


def trainer_of(steps: int, **extra: object) -> Trainer:
    networks = {"generator": SMALL | extra, "discriminator": JUDGE}
    settings = TrainSettings.of(Pix2PixHDSettings(), tile_size=16, short_side=64, batch=2, steps=steps, **networks)
    return Trainer(settings, torch.device("cpu"), torch.float32)


def train(trainer: Trainer, steps: int) -> None:
    for _ in range(steps):
        random = np.random.default_rng(trainer.step)
        source, target = (random.integers(0, 256, (2, 32, 32, 3), np.uint8) for _ in range(2))
        trainer.train_step(source // 128 * 255, target)


def moved(trainer: Trainer, steps: int) -> set[str]:
    """Parts of the generator that a step changes."""
    before = {name: value.clone() for name, value in trainer.method.networks()["generator"].named_parameters()}
    train(trainer, steps)
    after = dict(trainer.method.networks()["generator"].named_parameters())
    changed = [name for name in before if not torch.equal(before[name], after[name])]
    return {name.removeprefix("generator.").split(".")[0 if "encoder" in name else 1] for name in changed}


def test_least_squares_by_hand() -> None:
    judged = [[torch.zeros(9), torch.tensor([2.0, -1])], [torch.tensor([0.5])]]
    assert least_squares(judged, 1).item() == pytest.approx(((1 + 4) / 2 + 0.25) / 2)


def test_losses_of_a_batch() -> None:
    method = Pix2PixHD(Brighten(), Scales(), Pix2PixHDSettings(feature_weight=8.0, perceptual_weight=0.0))
    batch = Batch(torch.full((2, 3, 8, 8), 0.25), torch.full((2, 3, 8, 8), -0.5), 0, 0, 2)
    generator = {name: loss.item() for name, loss in method.generator_loss(batch).items()}
    # translations are 0.75, judged as that and twice that; 1.25 and twice that from the targets
    assert generator == pytest.approx({"generator": (0.25**2 + 0.5**2) / 2, "features": 8 * (1.25 + 2.5) / 2})
    discriminator = {name: loss.item() for name, loss in method.discriminator_loss(batch).items()}
    assert discriminator == pytest.approx({"real": (1.5**2 + 2**2) / 2 / 2, "translated": (0.75**2 + 1.5**2) / 2 / 2})


def test_stages_learn_in_turn_and_then_together() -> None:
    trainer = trainer_of(6)
    assert moved(trainer, 2) == {"0"}
    assert moved(trainer, 2) == {"1"}
    assert moved(trainer, 2) == {"0", "1"}


def test_the_encoder_of_instances_learns_and_rests_with_the_global_generator() -> None:
    trainer = trainer_of(6, **LABELS)
    assert moved(trainer, 2) == {"encoder", "0"}
    assert moved(trainer, 2) == {"1"}
    assert moved(trainer, 2) == {"encoder", "0", "1"}


def test_several_enhancers_learn_one_after_the_other() -> None:
    method = trainer_of(12, enhancers=2).method
    assert isinstance(method, Pix2PixHD)
    phases = [method.phase(step / 12) for step in range(12)]
    assert phases == [(0, 0)] * 4 + [(1, 1)] * 2 + [(2, 2)] * 2 + [(2, 0)] * 4


def test_at_first_half_a_crop_is_judged() -> None:
    trainer = trainer_of(6)
    crops = torch.rand(2, 3, 32, 32)
    for progress, side in ((0.0, 16), (0.4, 32), (0.9, 32)):
        batch = Batch(crops, crops, 0, 0, 2, progress=progress)
        trainer.method.generator_loss(batch)
        assert batch.made["translated"].shape == (2, 3, side, side)
        trainer.method.discriminator_loss(batch)


def test_what_is_kept_has_looks_of_the_instances_that_were_seen() -> None:
    trainer = trainer_of(6, **LABELS)
    assert not trainer.translator("style", {}).weights()["looks"].any()
    train(trainer, 2)
    looks = trainer.translator("style", {}).weights()["looks"]
    assert looks.shape == (2, 4, 3)
    assert looks.abs().amax((1, 2)).gt(0).all()
    assert looks.abs().max() <= 1
    again = trainer_of(6, **LABELS)
    again.restore(2, trainer.state())
    assert torch.equal(again.translator("style", {}).weights()["looks"], looks)


def test_what_cannot_be_is_refused() -> None:
    with pytest.raises(SettingError, match="together 1 at most"):
        Pix2PixHDSettings(global_share=0.6, enhancer_share=0.6)
    with pytest.raises(SettingError, match="feature weight"):
        Pix2PixHDSettings(feature_weight=-1)
    with pytest.raises(ModelError, match="use the generator 'pix2pixhd'"):
        Pix2PixHD.build(Pix2PixHDSettings(), UNET_GENERATOR, JUDGE)
    with pytest.raises(ModelError, match="use 'multiscale'"):
        Pix2PixHD.build(Pix2PixHDSettings(), SMALL, PATCH_DISCRIMINATOR)


def test_looks_are_averaged_over_objects_of_one_label_that_touch() -> None:
    method = trainer_of(6, **LABELS, instances=True).method
    assert isinstance(method, Pix2PixHD)
    method.encoder = nn.Identity()  # type: ignore[assignment]
    source = torch.full((1, 5, 2, 4), -1.0)
    source[:, 4] = torch.tensor([1.0, 1, 2, 2]) / 127.5 - 1  # low bytes
    target = torch.tensor([0.1, 0.3, 0.5, 0.9]).expand(1, 3, 2, 4)
    told = method._with_features(Batch(source, target, 0, 0, 1), resting=False)
    means = target.tanh()[0, 0, 0].reshape(2, 2).mean(1).repeat_interleave(2)
    assert torch.allclose(told[:, 5:], means.expand(1, 3, 2, 4))
    assert torch.equal(told[:, :5], source)
    seen = method.coarse_to_fine.seen(source)
    assert seen[0, -1].tolist() == [[0, 1, 1, 0]] * 2
