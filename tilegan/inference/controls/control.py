"""The two kinds of controls: how much of the painting there is at a pixel, and of which painting.

A control is a file of this folder with an object of one of these classes as ``CONTROL``. Its name is that of the option
whose value may be a map.
"""

from abc import ABC, abstractmethod
from pathlib import Path
from typing import Any, ClassVar

from tilegan.images.amounts import Amounts
from tilegan.translator import Translator


class Control(ABC):
    """Base of all controls.

    Attributes:
        name: name of the option, which is a field of ``StyleOptions``.
        smooth: whether values between those of a map of another resolution are interpolated.
        outside: value of pixels that a georeferenced map does not cover, from 0 to 65535.
    """

    name: ClassVar[str]
    smooth: ClassVar[bool]
    outside: ClassVar[int] = 0

    def is_map(self, value: Any) -> bool:
        """Return whether a value of the option is a map: the name of a file or a folder, or an array."""
        return isinstance(value, str | Path) or hasattr(value, "shape")


class AmountControl(Control):
    """A control whose map is gray, and says how much of the painting there is at each pixel.

    The amounts of all such controls are multiplied.

    Attributes:
        seen: whether the network sees the amounts, as a further channel.
    """

    smooth: ClassVar[bool] = True
    seen: ClassVar[bool] = False

    def margin(self, feather: int) -> int:  # noqa: ARG002 - for those whose amounts are feathered
        """Return the distance in pixels, per side, of the pixels of the map on which an amount depends."""
        return 0

    @abstractmethod
    def amounts(self, levels: Amounts, feather: int) -> Amounts:
        """Return the amounts of the painting.

        Args:
            levels: uint16 (h + 2 margin, w + 2 margin), the map: 0 is black and ``ALL`` white.
            feather: width of transitions, in pixels.

        Returns:
            uint16 (h, w), from 0, the source, to ``ALL``, the painting; a function of the surroundings of each pixel.
        """


class ChoiceControl(Control):
    """A control whose map has numbers, each of which stands for a value of the option.

    Attributes:
        what: what the map is, with its article, for messages.
    """

    smooth: ClassVar[bool] = False
    what: ClassVar[str]

    @abstractmethod
    def chosen(self, number: int, translator: Translator, height: int, width: int) -> Any:
        """Return the value of the option that a number stands for.

        Args:
            number: a number of the map.
            translator: the model, before its options are fixed.
            height: height of the image, in pixels.
            width: likewise.

        Raises:
            SettingError: it stands for none; the message follows the name of the map and 'has the number N'.
        """

    @abstractmethod
    def words(self, value: Any) -> str:
        """Return a value of the option in words, for the report of a plan."""
