import math

import pytest
import torch
from torch import nn

from tilegan.errors import SettingError
from tilegan.networks.build import build_generator, with_codes
from tilegan.networks.codes import Codes
from tilegan.networks.generator import ResidualGenerator

CODES = Codes(2, 3)
ARCHITECTURE = {"name": "residual", "channels": 8, "blocks": 2, "stride": 4, "detail": 4}


def test_what_is_drawn_is_uniform_and_one_category_and_of_the_seed_alone() -> None:
    values = CODES.drawn(3000, 5)
    assert torch.equal(values, CODES.drawn(3000, 5)) and not torch.equal(values, CODES.drawn(3000, 6))
    assert values[:, :2].abs().max() <= 1
    assert values[:, :2].var(0).tolist() == pytest.approx([1 / 3] * 2, abs=0.03)
    assert values[:, 2:].sum(1).eq(1).all()
    assert values[:, 2:].mean(0).tolist() == pytest.approx([1 / 3] * 3, abs=0.03)
    few = Codes(1, 4).drawn(8, 9)
    pairs, counts = few.unique(dim=0, return_counts=True)
    assert counts.tolist() == [2] * 4  # crops with the same values
    assert sorted(((pairs[:, 0] + 1) * 2).int().tolist()) == [0, 1, 2, 3]  # one in each quarter of the range
    assert pairs[:, 1:].sum(0).tolist() == [1] * 4
    assert [len(Codes(2).drawn(count, 0).unique(dim=0)) for count in (1, 2, 3, 4, 5)] == [1, 1, 2, 2, 3]
    assert Codes().drawn(4, 0).shape == (4, 0)


def test_codes_are_chosen_by_name() -> None:
    assert CODES.names == ("c0", "c1", "k")
    assert CODES.chosen({}, "m").tolist() == [0, 0, 1, 0, 0]
    assert CODES.chosen({"c1": -1.5, "k": 2.0}, "m").tolist() == [0, -1.5, 0, 0, 1]
    assert Codes(1).chosen({"c0": 0.5}, "m").tolist() == [0.5]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"c2": 0.0}, "the model 'm' has no code 'c2': choose from c0, c1, k"),
        ({"c0": 2.1}, "no code c0=2.1: it was trained from -1 to 1; give -2 to 2"),
        ({"c0": math.nan}, "no code c0=nan"),
        ({"k": 3}, "no category k=3 in 'm': give 0 to 2"),
        ({"k": 0.5}, "no category k=0.5"),
    ],
)
def test_codes_that_do_not_exist_are_refused(given: dict[str, float], said: str) -> None:
    with pytest.raises(SettingError, match=said):
        CODES.chosen(given, "m")


@pytest.mark.parametrize(
    ("architecture", "counts", "said"),
    [
        (ARCHITECTURE, {"discrete": 3}, "no codes 'discrete': give continuous=N"),
        (ARCHITECTURE, {"categorical": 1}, "categorical codes cannot be 1: give 2 to 64"),
        (ARCHITECTURE, {"continuous": 0}, "continuous codes cannot be 0"),
        ({"name": "unet", "channels": 4, "downs": 2}, {"continuous": 1}, "the generator 'unet' takes no codes"),
    ],
)
def test_codes_that_cannot_be_learned_are_refused(
    architecture: dict[str, object], counts: dict[str, int], said: str
) -> None:
    with pytest.raises(SettingError, match=said):
        with_codes(architecture, counts)


def coded(**further: object) -> ResidualGenerator:
    """A generator of codes, far from the identity, in double precision."""
    torch.manual_seed(1)
    made = build_generator(ARCHITECTURE | {"codes": {"continuous": 2, "categorical": 3}} | further)
    assert isinstance(made, ResidualGenerator)
    for layer in (made.tail, made.code_film.film, made.film, made.style_film):
        if layer is not None:
            nn.init.normal_(layer.weight, std=0.3)
    return made.double()


@pytest.mark.parametrize("further", [{}, {"styles": ["a", "b"], "context": 4}])
def test_a_folded_code_is_the_conditioned_pass(further: dict[str, object]) -> None:
    generator = coded(**further)
    image = torch.rand(1, 3, 16, 16).double() * 2 - 1
    values = CODES.chosen({"c0": -0.7, "c1": 1.5, "k": 1}, "m").double()[None]
    styles = torch.tensor([[0.25, 0.75]]).double() if further else None
    wanted = generator(image, generator.conditioned_by(image if further else None, styles, values))
    folded = generator.with_code(values[0])
    if further:
        folded = folded.in_style(styles[0]).for_image(image)
    assert not folded.capabilities.codes.values
    assert torch.allclose(folded(image), wanted, atol=1e-4 if further else 1e-12)  # context is rounded
    assert (wanted - generator.with_code(CODES.default())(image)).abs().mean() > 0.01


def test_without_codes_it_is_the_generator_of_the_default_ones() -> None:
    generator = coded()
    image = torch.rand(2, 3, 16, 16).double() * 2 - 1
    default = CODES.default().double()
    assert torch.equal(generator(image), generator.with_code(default)(image))
    assert torch.equal(generator(image), generator(image, default.expand(2, -1)))
