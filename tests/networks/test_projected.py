"""Two judges in one vector, one of which looks with frozen features."""

import torch

from tilegan.networks.build import JOINT_DISCRIMINATOR, build_discriminator
from tilegan.networks.projected import JointDiscriminator, RandomMixing

SMALL = JOINT_DISCRIMINATOR | {"channels": [4, 4, 8, 8], "width": 8}
IMAGES = torch.rand(2, 3, 64, 32, generator=torch.Generator().manual_seed(0)) * 2 - 1


def joint(**more: int) -> JointDiscriminator:
    torch.manual_seed(0)
    made = build_discriminator(SMALL | more)
    assert isinstance(made, JointDiscriminator)
    return made


def test_the_vector_is_that_of_both_judges() -> None:
    discriminator = joint()
    vectors = discriminator(IMAGES)
    of_pixels = discriminator.pixels(IMAGES)
    values = SMALL["cell_values"]
    cells = 64 * 32 * (1 / 4**2 + 1 / 8**2 + 1 / 16**2)  # of each judge
    assert vectors.shape == (2, 2 * values * cells)
    torch.testing.assert_close(vectors[:, : of_pixels.shape[1]], of_pixels / 2**0.5)
    torch.testing.assert_close(discriminator(IMAGES, discriminator.features(IMAGES)), vectors)


def test_what_is_frozen_does_not_learn_and_is_kept() -> None:
    discriminator = joint()
    before = {name: value.clone() for name, value in discriminator.state_dict().items()}
    optimizer = torch.optim.SGD(discriminator.requires_grad_(True).parameters(), 0.1)
    discriminator(IMAGES).square().sum().backward()
    optimizer.step()
    after = discriminator.state_dict()
    fixed = {name for name in before if name.startswith(("mixing", "memory", "textures", "directions"))}
    assert len(fixed) == 2 * 3 + 3 * 3
    assert not any(name.startswith("features") for name in before)
    assert {name for name, value in before.items() if torch.equal(value, after[name])} == fixed
    other = joint()
    torch.manual_seed(1)
    other = build_discriminator(SMALL)  # with another mixing, until it takes over that of a checkpoint
    assert not torch.equal(other(IMAGES), discriminator(IMAGES))
    other.load_state_dict(after)
    assert torch.equal(other(IMAGES), discriminator(IMAGES))


def test_styles_change_what_the_heads_see() -> None:
    discriminator = joint(inputs=5, styles=2)
    for head in discriminator.heads:
        torch.nn.init.normal_(head.gains.gains.weight)
    first, second = (
        torch.cat((IMAGES, torch.tensor(shares)[None, :, None, None].expand(2, 2, 64, 32)), 1)
        for shares in ((1.0, 0.0), (0.0, 1.0))
    )
    half = discriminator(first).shape[1] // 2
    assert not torch.equal(discriminator(first)[:, half:], discriminator(second)[:, half:])


def test_mixing_carries_coarse_scales_into_finer_ones() -> None:
    mixing = RandomMixing((2, 3), 4)
    fine, coarse = torch.zeros(1, 2, 8, 8), torch.zeros(1, 3, 4, 4)
    coarse[..., 0, 0] = 1
    mixed = mixing([fine, coarse])
    assert [each.shape for each in mixed] == [(1, 4, 8, 8), (1, 4, 4, 4)]
    assert mixed[0][..., :2, :2].abs().sum() > 0
    assert mixed[0][..., 6:, 6:].abs().sum() == 0
    fine[..., 7, 7] = 1
    assert torch.equal(mixing([fine, coarse])[1], mixed[1])  # and nothing back
