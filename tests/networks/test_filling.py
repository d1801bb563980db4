"""The generator that fills holes: exact, and without any effect beside them."""

import torch

from tilegan.networks.build import build_discriminator, build_generator
from tilegan.networks.filling import smoothly_filled

SMALL = {"name": "filling", "channels": 4, "dilations": [1, 3], "detail": 4}


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
    assert (made[inside] - smoothly_filled(images, (given[:, 3:] <= 0).float())[inside]).abs().mean() > 0.01


def test_smooth_filling_goes_on_with_what_is_around() -> None:
    known = torch.ones(1, 1, 16, 16)
    known[..., 4:8, 4:8] = 0
    flat = smoothly_filled(torch.full((1, 3, 16, 16), 0.25), known)
    assert torch.allclose(flat, torch.full_like(flat, 0.25))
    # a column of two pixels is not known, between 0 and 1: of its halves, the means of 2 x 2 pixels, one is known
    colors, known = torch.zeros(1, 3, 8, 8), torch.ones(1, 1, 8, 8)
    colors[..., 5:], known[..., 3:5] = 1.0, 0.0
    # column 3 is in the second pair of columns, which is 0, and column 4 in the third, which is 1
    assert torch.allclose(smoothly_filled(colors, known)[0, 0, 4, 2:6], torch.tensor([0, 0.25, 0.75, 1]))
    nothing = smoothly_filled(torch.ones(1, 3, 8, 8), torch.zeros(1, 1, 8, 8))
    assert (nothing == 0).all()  # gray


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
