"""The coarse-to-fine generator, and its looks."""

from typing import Any

import numpy as np
import pytest
import torch

from tilegan.errors import SettingError
from tilegan.networks.build import COARSE_TO_FINE_GENERATOR, build_generator
from tilegan.networks.instances import find_instances
from tilegan.networks.looks import Gallery
from tilegan.networks.pix2pixhd import Pix2PixHDGenerator
from tilegan.networks.reach import reach
from tilegan.translator import Translator

SMALL = {"name": "pix2pixhd", "channels": 8, "downs": 1, "blocks": 1, "enhancers": 1, "enhancer_blocks": 1}
TABLE = [[0, 0, 0], [255, 255, 255], [255, 0, 0]]
LABELS = {"labels": TABLE, "features": 3, "looks": 4}


def generator_of(**extra: Any) -> Pix2PixHDGenerator:
    """One whose enhancers do not start at zero, and whose labels have looks."""
    torch.manual_seed(0)
    generator = build_generator(SMALL | extra)
    assert isinstance(generator, Pix2PixHDGenerator)
    for stage in generator.stages:
        torch.nn.init.normal_(stage.tail.weight, std=0.1)
    if generator.features:
        generator.looks.uniform_(-1, 1)
    return generator


@pytest.mark.parametrize("enhancers", [0, 1, 2])
@pytest.mark.parametrize("extra", [{}, LABELS])
def test_each_stage_is_twice_as_large_as_the_one_before(enhancers: int, extra: dict[str, Any]) -> None:
    generator = generator_of(enhancers=enhancers, **extra)
    image = torch.rand(2, 3, 32, 48) * 2 - 1
    for last in range(enhancers + 1):
        halvings = 2 ** (enhancers - last)
        assert generator(image, last).shape == (2, 3, 32 // halvings, 48 // halvings)
    assert generator(image).abs().max() <= 1
    assert torch.equal(generator(image), generator(image, enhancers))


def test_the_default_has_a_halo_below_192_and_is_exact() -> None:
    for extra in ({}, {"labels": TABLE}):
        found = reach(build_generator(COARSE_TO_FINE_GENERATOR | {"channels": 4} | extra))
        assert (found.stride, found.scale, found.unbounded) == (8, 1, "")
        assert found.radius <= 192


def test_before_an_enhancer_learns_the_output_is_that_of_the_global_generator_enlarged() -> None:
    generator = build_generator(SMALL)
    image = torch.rand(1, 3, 32, 32)
    coarse, whole = torch.atanh(generator(image, 0)), torch.atanh(generator(image))
    enlarged = torch.nn.functional.interpolate(coarse, scale_factor=2.0, mode="bilinear")
    assert torch.allclose(whole[..., 2:-2, 2:-2], enlarged[..., 2:-2, 2:-2], atol=1e-5)


def test_resting_stages_get_no_gradients() -> None:
    generator = generator_of()
    generator(torch.rand(1, 3, 16, 16), 1, resting=1).sum().backward()
    coarse, enhancer = generator.stages
    assert all(weight.grad is None for weight in coarse.parameters())
    assert all(weight.grad is not None for weight in enhancer.parameters())


def test_features_that_are_not_given_are_the_first_look_of_each_label() -> None:
    generator = generator_of(**LABELS)
    colors = torch.tensor([TABLE[number] for number in (0, 1, 2, 1)]) / 127.5 - 1
    image = colors.T.reshape(1, 3, 1, 4).repeat_interleave(8, 2).repeat_interleave(4, 3)
    features = generator.looks[[0, 1, 2, 1], 0].T.reshape(1, 3, 1, 4).expand(-1, -1, 8, -1).repeat_interleave(4, 3)
    assert torch.allclose(generator(torch.cat((image, features), 1)), generator(image), atol=1e-5)
    assert not torch.allclose(generator(torch.cat((image, 0.5 - features), 1)), generator(image), atol=1e-3)


def translator() -> Translator:
    return Translator.of(generator_of(**LABELS), SMALL | LABELS, 16, name="map")


def test_a_chosen_look_is_settled_and_others_are_gone() -> None:
    whole = translator()
    assert whole.looks == 4
    image = np.array(TABLE, np.uint8)[np.random.default_rng(0).integers(0, 3, (20, 30))]
    chosen = whole.in_look({1: 3})
    assert (chosen.looks, chosen.halo) == (0, whole.halo)
    assert chosen.weights()["looks"].shape == (3, 1, 3)
    assert torch.equal(chosen.weights()["looks"][1, 0], whole.weights()["looks"][1, 3])
    assert np.array_equal(whole.in_look({0: 0}).translate(image), whole.translate(image))
    assert not np.array_equal(chosen.translate(image), whole.translate(image))
    assert chosen.fingerprint() != whole.fingerprint()
    drawn = [whole.in_look({}, seed).fingerprint() for seed in (1, 1, 2)]
    assert drawn[0] == drawn[1] != drawn[2]


def test_looks_that_are_not_there_are_refused() -> None:
    with pytest.raises(SettingError, match="'map' has no label 3: choose of 0 to 2"):
        translator().in_look({3: 0})
    with pytest.raises(SettingError, match="'map' has no look 4 of label 0: choose of 0 to 3"):
        translator().in_look({0: 4})
    plain = Translator.of(generator_of(), SMALL, 16)
    assert plain.in_look({}) is plain
    with pytest.raises(SettingError, match="no looks to choose from: leave out --look"):
        plain.in_look({}, seed=1)


def test_a_gallery_keeps_what_is_large_enough_by_label() -> None:
    labels = torch.zeros(1, 8, 8, dtype=torch.long)
    labels[:, :, 5:] = 1
    labels[:, 0, 0] = 2  # a speck
    instances = find_instances(labels)
    gallery = Gallery(3, 1)
    gallery.add(instances, instances.labels[:, None].float() + 5)
    assert gallery.counts.tolist() == [1, 1, 0]
    assert gallery.looks(2)[..., 0].tolist() == [[5, 5], [6, 6], [0, 0]]
