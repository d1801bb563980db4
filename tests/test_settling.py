"""What is settled before windows are cut: in one order, and of any generator that says what it can be given."""

from collections.abc import Sequence

import numpy as np
import pytest
import torch
from torch import nn

from tilegan.errors import SettingError
from tilegan.networks import build
from tilegan.networks.capabilities import Capabilities, capabilities
from tilegan.settling import Choices
from tilegan.translator import Translator

GRAY = np.full((8, 8, 3), 128, np.uint8)


class Tinted(nn.Module):
    """Adds a level to images: a share of each style's, and of the mean of a whole image where it wants that."""

    def __init__(self, styles: Sequence[str] = (), context: int = 0) -> None:
        super().__init__()
        self.styles, self.context = tuple(styles), context
        self.level = nn.Parameter(torch.zeros(()))
        self.levels = nn.Parameter(torch.linspace(0, 0.5, len(styles))) if styles else None

    @property
    def capabilities(self) -> Capabilities:
        return Capabilities(context=bool(self.context), styles=self.styles)

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        return image + self.level

    def in_style(self, shares: torch.Tensor) -> "Tinted":
        assert self.levels is not None
        return self._plain(float(self.levels.detach() @ shares), context=self.context)

    def for_image(self, thumbnail: torch.Tensor) -> "Tinted":
        return self._plain(float(thumbnail.mean()))

    def _plain(self, level: float, context: int = 0) -> "Tinted":
        made = Tinted(context=context)
        made.level.data = self.level.detach() + level
        return made


@pytest.fixture
def tinted(monkeypatch: pytest.MonkeyPatch) -> Translator:
    monkeypatch.setitem(build.generators(), "tinted", Tinted)
    architecture = {"name": "tinted", "styles": ["plain", "light"], "context": 1}
    return Translator.of(Tinted(["plain", "light"], 1), architecture, 16, name="tinted")


def test_a_generator_that_does_not_say_has_no_choices() -> None:
    assert capabilities(nn.Conv2d(3, 3, 1)) == Capabilities()


def test_any_generator_may_have_styles_and_context(tinted: Translator) -> None:
    assert (tinted.styles, tinted.looks_at_whole) == (("plain", "light"), True)
    made = tinted.settled(Choices({"light": 1.0}), lambda: GRAY + 64)
    assert (made.styles, made.looks_at_whole) == ((), False)
    # half of the range for the style, and half of it for an image that is so much lighter than gray
    assert made.translate(GRAY - 128)[0, 0].tolist() == [128] * 3
    without_image = tinted.settled(Choices({"light": 0.5, "plain": 0.5}))
    assert without_image.looks_at_whole and not without_image.styles


def test_the_image_is_asked_for_only_where_it_is_looked_at(random_translator: Translator) -> None:
    def thumbnail() -> np.ndarray:
        raise AssertionError

    assert random_translator.settled(Choices(), thumbnail) is random_translator


@pytest.mark.parametrize(
    ("choices", "said"),
    [
        (Choices({"monet": 1.0}), "has only one style"),
        (Choices(seed=1), "has no noise"),
        (Choices(instances=True), "was trained without instance maps"),
        (Choices(looks={0: 1}), "has no looks"),
        (Choices(look_seed=1), "has no looks"),
    ],
)
def test_what_there_is_no_choice_of_is_refused(random_translator: Translator, choices: Choices, said: str) -> None:
    with pytest.raises(SettingError, match=said):
        random_translator.settled(choices)
