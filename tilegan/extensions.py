"""Objects of other packages, found by their entry points."""

import warnings
from collections.abc import Iterator
from importlib.metadata import entry_points
from typing import Any

from tilegan.errors import TileganWarning
from tilegan.files import first_line


def extensions(group: str) -> Iterator[tuple[str, Any]]:
    """Yield the objects that installed packages declare in a group of entry points, with their names, sorted by name.

    An object that cannot be imported is left out with a ``TileganWarning``, so that the others keep working.

    Args:
        group: group of entry points, such as 'tilegan.formats'.
    """
    for entry in sorted(entry_points(group=group), key=lambda entry: entry.name):
        try:
            brought = entry.load()
        except Exception as error:  # packages may raise any error
            left_out(group, entry.name, f"{entry.value} cannot be imported: {first_line(error)}")
            continue
        yield entry.name, brought


def left_out(group: str, name: str, reason: str) -> None:
    """Warn that an object of another package is not used.

    Args:
        group: group of entry points.
        name: name of the entry point.
        reason: reason for the warning.
    """
    warnings.warn(f"'{name}' of {group} is left out: {reason}", TileganWarning, stacklevel=3)
