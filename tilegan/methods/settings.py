"""The settings of methods: dataclasses whose fields are options (see ``tilegan.options``)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, Self

from tilegan.errors import SettingError
from tilegan.options import check_numbers, described, option

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from tilegan.methods.holes import Holes

_BEFORE = "before"
FITTED = {"fitted": True}  # metadata of a setting that is fitted to the images, not chosen by the user


def before(value: float) -> dict[str, float]:
    """Return the metadata of a setting that was added later: the value that was in effect before."""
    return {_BEFORE: value}


def completed(kind: type["MethodSettings"], values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values of settings by name; missing ones that were added later take their value from before."""
    return {entry.name: entry.metadata[_BEFORE] for entry in fields(kind) if _BEFORE in entry.metadata} | dict(values)


@described
@dataclass(frozen=True)
class MethodSettings:
    """Hyperparameters of every method; each method adds its own.

    Raises:
        SettingError: a value is out of range.
    """

    joined: bool = option(
        True,
        "Show the discriminator joined crops (the Combo trick); otherwise each tile alone and no tile edges, for "
        "comparison",
    )
    whole_share: float = option(
        0.25,
        "Share of each batch that is translated as whole crops, at least one of several unless it is 0; the rest is "
        "translated tile by tile",
        least=0,
        most=1,
    )

    def __post_init__(self) -> None:
        """Check that each option is finite and within its limits."""
        check_numbers(self)

    def fitted(
        self,
        colors: "Callable[[], tuple[NDArray[np.uint8], list[NDArray[np.uint8]]]]",  # noqa: ARG002
    ) -> Self:
        """Return the settings with values fitted to the images before training; most methods have none.

        Args:
            colors: function that reads mean colors of small parts, 8-bit sRGB values (n, 3), of the sources, and of the
                targets of each style.
        """
        return self

    def check_files(self) -> None:
        """Check that the files that the method reads are there, and hold what they should; most methods read none.

        Raises:
            ModelError: a file cannot be read, or contains another network.
        """

    @property
    def holes(self) -> "Holes | None":
        """The holes that are drawn in the images, for methods that learn to fill them."""
        return None

    @property
    def keeps(self) -> bool:
        """Whether the results of the model that training starts from are kept, so that there has to be one."""
        return False

    def unfitted(self) -> Self:
        """Return the settings without the values that ``fitted`` added."""
        return self

    @staticmethod
    def check(holds: bool, message: str) -> None:
        """Raise a ``SettingError`` with the message unless ``holds``."""
        if not holds:
            raise SettingError(message)
