"""Strength by a map: black is the source, white the full style."""

from typing import ClassVar

from tilegan.images.amounts import ALL, Amounts
from tilegan.inference.controls.control import AmountControl


class StrengthControl(AmountControl):
    """The map itself is the strength (see ``inference.blend``)."""

    name: ClassVar = "strength"
    outside: ClassVar = ALL

    def amounts(self, levels: Amounts, feather: int) -> Amounts:  # noqa: ARG002 - who draws amounts draws their edges
        """Return the levels as they are."""
        return levels


CONTROL = StrengthControl()
