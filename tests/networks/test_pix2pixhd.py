"""The coarse-to-fine generator, and its looks."""

from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from tilegan.errors import SettingError
from tilegan.images.instances import number_planes
from tilegan.networks.build import COARSE_TO_FINE_GENERATOR, build_generator
from tilegan.networks.instances import find_instances
from tilegan.networks.looks import Gallery
from tilegan.networks.pix2pixhd import Pix2PixHDGenerator
from tilegan.tiling.reach import reach
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
    with pytest.raises(SettingError, match="'map' has no label 3: choose from 0 to 2"):
        translator().in_look({3: 0})
    with pytest.raises(SettingError, match="'map' has no look 4 of label 0: choose from 0 to 3"):
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


def with_numbers(image: NDArray[np.uint8], numbers: NDArray[np.int_]) -> NDArray[np.uint8]:
    return np.concatenate((image, number_planes(numbers.astype(np.uint16))), -1)


def test_objects_may_have_looks_of_their_own() -> None:
    generator = generator_of(**LABELS, instances=True)
    whole = Translator.of(generator, SMALL | LABELS | {"instances": True, "label_names": ["", "house", "road"]}, 16)
    image = np.array(TABLE, np.uint8)[np.array([[0, 1, 2], [2, 1, 0]]).repeat(10, 0).repeat(10, 1)]
    numbers = np.zeros((20, 30), np.int_)
    numbers[2:6, 3:9], numbers[2:6, 9:15] = 300, 65535
    joined = with_numbers(image, numbers)
    assert not np.array_equal(whole.translate(image), whole.translate(joined))  # which has boundaries within labels
    assert np.array_equal(whole.translate(image), whole.translate(with_numbers(image, 0 * numbers)))
    chosen = whole.in_look({"#300": 3, "house": 2})
    assert (chosen.looks, chosen.halo) == (0, whole.halo)
    planes = chosen.generator.seen(levels_of(joined))  # type: ignore[operator]
    features = chosen.generator._looks(levels_of(joined), planes)[0].movedim(0, -1)  # type: ignore[operator]
    labels = planes[0, :-1].argmax(0)
    look = torch.where(labels == 1, 2, 0)
    look[2:6, 3:9] = 3
    assert torch.equal(features, whole.weights()["looks"][labels, look])
    assert np.array_equal(whole.in_look({"house": 2}).translate(joined), whole.in_look({1: 2}).translate(joined))
    # without numbers it is as if none had been chosen
    assert np.array_equal(chosen.translate(image), whole.in_look({"house": 2}).translate(image))


def test_drawn_looks_are_those_of_objects_but_for_what_is_chosen() -> None:
    generator = generator_of(**LABELS, instances=True)
    whole = Translator.of(generator, SMALL | LABELS | {"instances": True}, 16)
    image = np.zeros((16, 64, 3), np.uint8)
    image[:, 32:] = 255
    joined = with_numbers(image, np.arange(64).repeat(16).reshape(64, 16).T)
    found = []
    for chosen, seed in (({}, 1), ({"#5": 3, 1: 2}, 1), ({}, 1)):
        made = whole.in_look(chosen, seed)  # type: ignore[arg-type]
        planes = made.generator.seen(levels_of(joined))  # type: ignore[operator]
        found.append(made.generator._looks(levels_of(joined), planes)[0, :, 0].T)  # type: ignore[operator]
    looks = whole.weights()["looks"]
    assert torch.equal(found[0], found[2])
    assert len(found[0][:32].unique(dim=0)) == 4  # of one label
    assert torch.equal(found[1][5], looks[0, 3])
    assert torch.equal(found[1][32:], looks[1, 2].expand(32, 3))
    others = [number for number in range(32) if number != 5]
    assert torch.equal(found[0][others], found[1][others])


def test_names_and_numbers_that_are_not_there_are_refused() -> None:
    names = {"label_names": ["", "house", "road"]}
    whole = Translator.of(generator_of(**LABELS, instances=True), SMALL | LABELS | names | {"instances": True}, 16)
    with pytest.raises(SettingError, match="no label tree: choose from 0 to 2, or house, road"):
        whole.in_look({"tree": 0})
    with pytest.raises(SettingError, match="no look 4 of #7: choose from 0 to 3"):
        whole.in_look({"#7": 4})
    for number in ("#0", "#65536", "#x"):
        with pytest.raises(SettingError, match=f"no instance {number}: choose by # and its number, 1 to 65535"):
            whole.in_look({number: 1})
    with pytest.raises(SettingError, match="knows no instances, such as #7"):
        translator().in_look({"#7": 1})


def levels_of(pixels: NDArray[np.uint8]) -> torch.Tensor:
    return torch.from_numpy(pixels).movedim(-1, 0)[None] / 127.5 - 1


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_all_numbers_come_through(dtype: torch.dtype) -> None:
    generator = generator_of(**LABELS, instances=True)
    numbers = np.arange(2**16).reshape(256, 256)
    image = levels_of(with_numbers(np.zeros((256, 256, 3), np.uint8), numbers)).to(dtype)
    found = generator.numbers(image)
    assert found is not None
    assert np.array_equal(found[0].numpy(), numbers)
