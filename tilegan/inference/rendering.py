"""Settings for applying a style to an image."""

from dataclasses import dataclass

from tilegan.errors import SettingError

LARGEST_STROKE = 256  # so that sums of 16 bits over such a square fit 32


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

    @property
    def blends(self) -> bool:
        """Return whether the result is blended with the source."""
        return self.strength < 1 or self.keep_colors

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
