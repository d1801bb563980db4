"""Without padding: the same numbers, less to compute."""

import pytest
import torch
from torch import nn

from tilegan.networks.build import DEFAULT_GENERATOR, build_generator
from tilegan.tiling.reach import reach
from tilegan.tiling.unpadded import trim_to, unpadded


def test_trim_to_takes_the_middle():
    features = torch.arange(30.0).reshape(1, 1, 5, 6)
    assert torch.equal(trim_to(features, torch.zeros(1, 9, 3, 2)), features[:, :, 1:4, 2:4])
    assert trim_to(features, torch.zeros(1, 2, 5, 6)) is features


def both(generator, height, width):
    """The middle of a padded pass, and the same part of one without padding."""
    found = reach(generator)
    twin, trim = unpadded(generator, found)
    image = (torch.rand(2, 3, height, width) * 2 - 1).contiguous(memory_format=torch.channels_last)
    with torch.inference_mode():
        whole, middle = generator(image), twin(image)
    assert middle.shape == (2, 3, height - 2 * trim, width - 2 * trim)
    inner, rest = slice(found.context, -found.context), slice(found.context - trim, trim - found.context or None)
    return whole[..., inner, inner], middle[..., rest, rest], trim


def random_generator(architecture):
    torch.manual_seed(0)
    generator = build_generator(architecture).eval().to(memory_format=torch.channels_last)
    nn.init.normal_(generator.tail.weight, std=0.3)
    return generator


def test_the_default_generator_gives_the_same_bits():
    padded, plain, trim = both(random_generator(DEFAULT_GENERATOR), 164, 144)
    assert trim == 13 * 4 + 2 + 2
    assert torch.equal(padded, plain)


@pytest.mark.parametrize(("stride", "trim"), [(4, 5 * 4 + 2 + 2), (2, 5 * 2 + 2 + 1), (1, 5 + 2)])
def test_others_give_the_same_but_for_rounding(stride, trim):
    architecture = {"name": "residual", "channels": 13, "blocks": 2, "stride": stride, "detail": 5}
    padded, plain, lost = both(random_generator(architecture), 128, 96)
    assert lost == trim
    assert (padded - plain).abs().max() < 1e-5
    assert padded.std() > 0.1


def test_weights_are_shared_and_the_generator_stays_padded():
    generator = build_generator({"name": "residual", "channels": 8, "blocks": 1, "stride": 4, "detail": 2})
    twin, _ = unpadded(generator, reach(generator))
    assert all(one is other for one, other in zip(generator.parameters(), twin.parameters(), strict=True))
    assert generator.head.padding == (1, 1)
    assert generator.head.padding_mode == "reflect"


class Skip(nn.Module):
    def __init__(self, inner):
        super().__init__()
        self.inner = inner

    def forward(self, features):
        return features + self.inner(features)


class PaddingByHand(nn.Module):
    def forward(self, image):
        return nn.functional.avg_pool2d(nn.functional.pad(image, (1, 1, 1, 1), mode="reflect"), 3, 1)


@pytest.mark.parametrize(
    "generator",
    [
        Skip(nn.Conv2d(3, 3, 3, padding=1)),  # does not trim
        PaddingByHand(),  # nothing to take away
        nn.Conv2d(3, 3, 1),
        nn.Sequential(nn.ZeroPad2d((0, 2, 0, 2)), nn.Conv2d(3, 3, 3)),  # all on one side: the rest is not the middle
    ],
)
def test_none_where_it_cannot_be(generator):
    assert unpadded(generator, reach(generator)) is None


def test_strided_layers_keep_their_phase():
    generator = nn.Sequential(
        nn.ReflectionPad2d(2),
        nn.Conv2d(3, 4, 5),
        nn.Conv2d(4, 4, 3, stride=2, padding=1),
        nn.ReLU(),
        nn.ConvTranspose2d(4, 4, 3, stride=2, padding=1, output_padding=1),
        nn.Conv2d(4, 3, 3, padding="same", padding_mode="replicate"),
    ).double()
    found = reach(generator)
    twin, trim = unpadded(generator, found)
    image = torch.rand(1, 3, 48, 48, dtype=torch.float64)
    with torch.inference_mode():
        whole, middle = generator(image), twin(image)
    assert middle.shape[-1] == 48 - 2 * trim
    assert torch.allclose(whole[..., trim:-trim, trim:-trim], middle, atol=1e-12)
