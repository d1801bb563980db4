"""Sizes of strokes by a map: the number of a pixel is the factor of its strokes, or 0 for that of ``auto``."""

from typing import Any, ClassVar

from tilegan.errors import SettingError
from tilegan.inference.controls.control import ChoiceControl
from tilegan.inference.stroke import AUTO, find_stroke
from tilegan.translator import Translator

MOST = 64  # so that the white of a mask, 255, is not taken for a factor


class StrokeControl(ChoiceControl):
    """Numbers are factors of strokes (see ``inference.stroke``)."""

    name: ClassVar = "stroke"
    what: ClassVar = "a map of strokes"

    def is_map(self, value: Any) -> bool:
        """Return whether a value is neither a factor nor 'auto'."""
        return value != AUTO if isinstance(value, str) else super().is_map(value)

    def chosen(self, number: int, translator: Translator, height: int, width: int) -> int:
        """Return the factor."""
        if not 0 <= number <= MOST:
            raise SettingError(f"numbers are factors of strokes, 1 to {MOST}, or 0 for {AUTO}")
        return find_stroke(number or AUTO, translator, height, width)

    def words(self, value: Any) -> str:
        """Return the factor."""
        return f"strokes of {value}"


CONTROL = StrokeControl()
