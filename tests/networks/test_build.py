"""Numbers of architectures, chosen by name."""

import pytest

from tilegan.errors import SettingError
from tilegan.networks.build import (
    PAINTING_GENERATOR,
    STACKED_GENERATOR,
    UNET_GENERATOR,
    build_generator,
    with_numbers,
    with_painter,
)
from tilegan.tiling.reach import reach


def test_the_papers_eight_halvings_can_be_chosen() -> None:
    found = reach(build_generator(with_numbers(UNET_GENERATOR, {"downs": "8", "channels": 1})))
    assert (found.stride, found.unbounded) == (256, "")
    assert 512 < found.radius <= 768


@pytest.mark.parametrize(
    ("numbers", "message"),
    [
        ({"depth": "8"}, "the generator 'unet' has no depth: it has channels, downs"),
        ({"name": "8"}, "has no name"),
        ({"downs": "0"}, "downs cannot be '0': give a positive integer"),
        ({"downs": "2.5"}, "downs cannot be '2.5'"),
    ],
)
def test_mistakes_are_named(numbers: dict[str, str], message: str) -> None:
    with pytest.raises(SettingError, match=message):
        with_numbers(UNET_GENERATOR, numbers)


def test_a_generator_in_stages_may_paint_as_a_given_one() -> None:
    own = {"channels": 32, "noise": 2, "drifts": 1, "seed": 3}
    made = with_painter(STACKED_GENERATOR | {"words": ["sky"]}, PAINTING_GENERATOR | own | {"styles": []})
    told = own | {"name": "stacked", "words": ["sky"], "kept": True}
    assert {name: made[name] for name in told} == told and "styles" not in made
    seen = {"washes": 4, "squint": 0, "streaks": 3, "lines": 70}
    assert with_painter(STACKED_GENERATOR, PAINTING_GENERATOR | seen).items() >= seen.items()
    assert with_numbers(PAINTING_GENERATOR, {"streaks": "3"})["streaks"] == 3
    for other, what in (({"squint": 0}, "paints no details"), ({"inputs": 1, "recolor": True}, "has inputs, recolor")):
        with pytest.raises(SettingError, match=what):
            with_painter(STACKED_GENERATOR, PAINTING_GENERATOR | other)
