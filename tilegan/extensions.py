"""What other packages bring: objects that they name in their entry points."""

import warnings
from collections.abc import Iterator
from importlib.metadata import entry_points
from typing import Any

from tilegan.errors import TileganWarning
from tilegan.files import first_line


def extensions(group: str) -> Iterator[tuple[str, Any]]:
    """The objects that installed packages name in a group of entry points, with their names, in the order of names.

    One that cannot be imported is left out with a ``TileganWarning``, so that it does not keep the others from working.

    Args:
        group: such as 'tilegan.formats'.
    """
    for entry in sorted(entry_points(group=group), key=lambda entry: entry.name):
        try:
            brought = entry.load()
        except Exception as error:  # whatever its package raises
            left_out(group, entry.name, f"{entry.value} cannot be imported: {first_line(error)}")
            continue
        yield entry.name, brought


def left_out(group: str, name: str, reason: str) -> None:
    """Warn that an object of another package is not used.

    Args:
        group: of entry points.
        name: of the entry point.
        reason: why not.
    """
    warnings.warn(f"'{name}' of {group} is left out: {reason}", TileganWarning, stacklevel=3)
