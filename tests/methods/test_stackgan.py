import math

import numpy as np
import pytest
import torch

from tilegan.errors import ModelError, SettingError
from tilegan.methods.base import Batch
from tilegan.methods.stackgan import StackGan, StackGanSettings
from tilegan.methods.stackgan_losses import (
    matching_loss,
    own_caption_loss,
    palette_distance,
    structure_distance,
)
from tilegan.networks.words import divergence

GENERATOR = {"name": "stacked", "channels": 8, "blocks": 1, "stride": 4, "detail": 4, "factor": 2, "squint": 5}
DISCRIMINATOR = {"name": "matching", "width": 8, "values": 4, "textures": True}


def test_the_losses_against_numbers_computed_by_hand() -> None:
    # one image of two scales: cells of 2 and -1, and one of 0; a right caption that adds 1, wrong ones that add -2, 0
    cells = [torch.tensor([[[[2.0, -1.0]]]]), torch.zeros(1, 1, 1, 1)]
    right, wrong = matching_loss(cells, torch.tensor([1.0]), torch.tensor([[-2.0, 0.0]]))
    of = lambda score: math.log(1 + math.exp(score))  # noqa: E731
    assert right.item() == pytest.approx(((of(-3) + of(0)) / 2 + of(-1)) / 2)
    scores = ((of(0) + of(-3) + of(2) + of(-1)) / 4 + (of(-2) + of(0)) / 2) / 2
    assert wrong.item() == pytest.approx(scores / 2)
    own = own_caption_loss(torch.tensor([[math.log(3), 0.0, 0.0], [0.0, 0.0, math.log(2)]]))
    assert own.item() == pytest.approx((math.log(5 / 3) + math.log(4)) / 2)
    # an even gray of 0, and an even blue: means of luma and of red and blue minus luma differ, deviations do not
    dark, bluish = torch.zeros(1, 3, 4, 4), torch.tensor([0.5, 0.6, 1.0])[:, None, None].expand(1, 3, 4, 4)
    luma = 0.299 * 0.5 + 0.587 * 0.6 + 0.114
    wanted = (luma**2 + (0.5 - luma) ** 2 + (1 - luma) ** 2) / 6
    assert palette_distance(dark, bluish).item() == pytest.approx(wanted, abs=1e-5)
    # means of 1 and 0, deviations of 1 and 2
    found = divergence(torch.tensor([[1.0, 0.0]]), torch.tensor([[0.0, math.log(2)]]))
    assert found.item() == pytest.approx((0.5 + (1.5 - math.log(2))) / 2)


def test_the_loss_on_structure_is_blind_to_brightness_contrast_and_hue() -> None:
    cells = torch.rand(2, 1, 8, 8, generator=torch.Generator().manual_seed(0)).repeat_interleave(8, 2)
    gray = cells.repeat_interleave(8, 3)
    image = gray.expand(-1, 3, -1, -1)
    tinted = 0.2 + 0.4 * gray * torch.tensor([1.0, 0.5, 0.1])[:, None, None]
    for other, lightness in ((tinted, 0), (image.flip(3), 1), (-image, 2)):
        light, hues = structure_distance(image, other)
        assert light.item() == pytest.approx(lightness, abs=0.3)
        assert hues.item() == pytest.approx(1, abs=0.01)  # a gray image keeps none
    warm, pale = gray * torch.tensor([1.0, 0.5, 0.1])[:, None, None], 0.3 + tinted
    assert structure_distance(warm, pale)[1].item() == pytest.approx(0, abs=0.3)
    assert structure_distance(warm, pale.flip(1))[1].item() == pytest.approx(2, abs=0.3)


@pytest.fixture(scope="module")
def method() -> StackGan:
    torch.manual_seed(0)
    made = StackGan.build(StackGanSettings(), GENERATOR | {"words": ["night", "sky", "wheat"]}, DISCRIMINATOR)
    for stage in made.stacked.stages:
        torch.nn.init.normal_(stage.tail.weight, std=0.1)
    return made


def batch(progress: float) -> Batch:
    random = torch.Generator().manual_seed(1)
    source, target = (torch.rand(2, 3, 64, 64, generator=random) * 2 - 1 for _ in range(2))
    captions = torch.eye(3).expand(2, -1, -1)
    return Batch(source, target, 5, 0, 2, progress=progress, captions=captions)


@pytest.mark.parametrize("stage", [0, 1])
def test_each_stage_is_trained_with_its_words_while_the_other_rests(method: StackGan, stage: int) -> None:
    step = batch(stage / 2)
    losses = method.generator_loss(step)
    assert step.made["painted"].shape[2] == (32, 64)[stage]
    method.generator.zero_grad()
    sum(losses.values()).backward()
    moved = [name.split(".")[0] for name, weight in method.generator.named_parameters() if weight.grad is not None]
    assert set(moved) == ({"palette", "first"}, {"second"})[stage]
    assert method.stacked.stages[stage].conditioning.encoder.weight.grad.abs().max() > 0
    method.discriminator.zero_grad()
    sum(method.discriminator_loss(step).values()).backward()
    assert all(weight.grad is not None for weight in method.discriminator.parameters())


def test_conditions_are_drawn_from_the_seed_for_all_processes(method: StackGan) -> None:
    whole = batch(0.0)
    texts = whole.captions[:, 0]
    full, means, spreads = method._condition(whole, texts, 0)
    again = method._condition(batch(0.0), texts, 0)[0]
    assert torch.equal(full, again) and not torch.equal(full[:, :16], means)
    assert torch.equal(full[:, 32:], texts)
    part = Batch(whole.source[1:], whole.target[1:], 5, 1, 2, captions=whole.captions[1:])
    assert torch.allclose(method._condition(part, texts[1:], 0)[0], full[1:], atol=1e-6)
    drawn = (full[:, :16] - means) / spreads.exp()
    assert not torch.allclose(drawn[0], drawn[1])


def test_matches_are_the_same_in_any_order_and_leave_the_discriminator_as_it_is(method: StackGan) -> None:
    pictures = torch.rand(2, 3, 70, 90, generator=torch.Generator().manual_seed(2)) * 2 - 1
    found = method.matches(pictures, torch.eye(3), 1.0)
    assert found.shape == (2, 3) and method.discriminator.training
    assert np.allclose(method.matches(pictures.flip(0), torch.eye(3), 1.0).flip(0), found, atol=1e-4)


def test_what_cannot_be_learned_is_refused() -> None:
    with pytest.raises(SettingError, match="stackgan learns from captions: give them, --captions"):
        StackGan.build(StackGanSettings(), GENERATOR, DISCRIMINATOR)
    other = {"name": "residual", "channels": 4, "blocks": 1, "stride": 4, "detail": 4, "words": ["sky"]}
    with pytest.raises(ModelError):
        StackGan.build(StackGanSettings(), other, DISCRIMINATOR)
