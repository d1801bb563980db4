"""The generator that fills holes: exact, and without any effect beside them."""

import pytest
import torch

from tilegan.networks.build import build_discriminator, build_generator
from tilegan.networks.smooth import SmoothFilling

SMALL = {"name": "filling", "channels": 4, "dilations": [1, 3], "detail": 4, "stride": 2}


def holed(images: torch.Tensor) -> torch.Tensor:
    mask = torch.full_like(images[:, :1], -1)
    mask[..., 10:20, 5:30] = 1
    return torch.cat((images, mask), 1)


def test_what_is_known_is_kept_and_what_is_in_holes_is_ignored() -> None:
    torch.manual_seed(0)
    generator = build_generator(SMALL).eval()
    torch.nn.init.normal_(generator.tail.weight, std=0.3)
    images = torch.rand(2, 3, 32, 40) * 2 - 1
    given = holed(images)
    other = given.clone()
    other[:, :3, 10:20, 5:30] = 0.77
    made = generator(given)
    inside = (given[:, 3:] > 0).expand_as(made)
    assert torch.equal(made[~inside], images[~inside])
    assert torch.equal(made, generator(other))
    assert made.abs().max() <= 1
    assert (made[inside] - SmoothFilling()(images, (given[:, 3:] <= 0).float())[0][inside]).abs().mean() > 0.01


def test_smooth_filling_goes_on_with_what_is_around() -> None:
    known = torch.ones(1, 1, 16, 16)
    known[..., 4:8, 4:8] = 0
    for made in SmoothFilling()(torch.full((1, 3, 16, 16), 0.25), known):
        assert torch.allclose(made, torch.full_like(made, 0.25))
    # one pixel in the middle is not known: its color is three quarters of the mean of the known ones of its four, which
    # are 1, and the rest is of the neighbors of these, which are 0; then it is four times the mean of 3 x 3 pixels, of
    # which three are 1, and it is one itself
    colors, known = torch.zeros(1, 3, 16, 16), torch.ones(1, 1, 16, 16)
    colors[..., 8:10, 8:10], known[..., 8, 8] = 1.0, 0.0
    filled, tones = SmoothFilling()(colors, known)
    expected = 3 / 8 + (0.75**2 - 3 / 8) / 9**4
    assert filled[0, 0, 8, 8].item() == pytest.approx(expected, abs=1e-6)
    # of the last of the cells of 8 x 8 pixels, four are 1
    assert tones[0, 0, 15, 15].item() == pytest.approx(1 / 16)
    nothing, _ = SmoothFilling()(torch.ones(1, 3, 8, 8), torch.zeros(1, 1, 8, 8))
    assert (nothing == 0).all()  # gray


def test_a_start_takes_the_place_of_the_smooth_filling() -> None:
    generator = build_generator(SMALL).eval()
    images = torch.rand(1, 3, 24, 32) * 2 - 1
    given = torch.cat((images, torch.full_like(images[:, :1], -1)), 1)
    given[:, 3, 8:16, 8:20] = 128 / 127.5 - 1
    assert torch.equal(generator(given), images)  # nothing is added before training
    given[:, 3, 8:16, 8:20] = 1
    assert not torch.equal(generator(given), images)


def test_both_ends_of_the_discriminator_teach_the_shared_layers() -> None:
    judge = build_discriminator({"name": "patch-and-global", "channels": 4, "layers": 2})
    images = torch.rand(2, 3, 32, 32)
    patches, whole = judge(images)
    assert patches.shape == (2, 1, 6, 6)
    assert whole.shape == (2, 1)
    shared = judge.patches.stages[0].weight
    for scores in judge(images):
        (gradient,) = torch.autograd.grad(scores.sum(), shared, retain_graph=True)
        assert gradient.abs().sum() > 0
