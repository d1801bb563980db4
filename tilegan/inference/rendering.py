"""Settings for applying a style to an image."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from tilegan.errors import SettingError

LARGEST_STROKE = 256  # so that sums of 16 bits over such a square fit 32


@dataclass(frozen=True)
class Layer:
    """One of several paintings of which a result consists, by maps (see ``inference.controls``).

    Attributes:
        numbers: numbers by control: the painting is there where each of these maps has one of its numbers.
        stroke: factor of its strokes.
    """

    numbers: Mapping[str, tuple[int, ...]]
    stroke: int

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> Self:
        """Create a layer from ``dataclasses.asdict`` after JSON, where tuples are lists."""
        return cls({name: tuple(numbers) for name, numbers in content["numbers"].items()}, content["stroke"])


@dataclass(frozen=True)
class Rendering:
    """Settings for applying a style.

    Attributes:
        strength: strength of the style, from 0, the source itself, to 1, the full style (see ``inference.blend``).
        keep_colors: keep hue and chroma of the source, and take lightness and texture from the style.
        stroke: factor by which strokes are larger than the model's own (see ``inference.stroke``).

    Raises:
        SettingError: a value is out of range.
    """

    strength: float = 1.0
    keep_colors: bool = False
    stroke: int = 1

    def __post_init__(self) -> None:
        """Validate the values."""
        if not 0 <= self.strength <= 1:
            raise SettingError(
                f"a strength of {self.strength:g} is invalid: give 0 (the source) to 1 (all of the style)"
            )
        if not (isinstance(self.stroke, int) and 1 <= self.stroke <= LARGEST_STROKE):
            raise SettingError(
                f"strokes {self.stroke} times as large are impossible: give a whole number from 1 to {LARGEST_STROKE}"
            )
