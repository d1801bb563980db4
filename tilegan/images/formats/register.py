"""All formats: those of this package, and those of other packages by the entry point ``tilegan.formats``."""

import pkgutil
from collections.abc import Callable
from functools import cache
from importlib import import_module
from pathlib import Path

from tilegan.errors import OutputError
from tilegan.extensions import extensions, left_out
from tilegan.files import locate
from tilegan.images import formats as own
from tilegan.images.formats.format import Format, Writer

GROUP = "tilegan.formats"
_HELPERS = {"checks", "format", "register"}  # files of this folder that are not formats


@cache
def formats() -> tuple[Format, ...]:
    """Return all formats, in their order; each file of this folder holds one as ``FORMAT``.

    A format of another package is left out with a ``TileganWarning`` if it is not a ``Format``, or has the name or an
    ending of an earlier one.
    """
    found: list[Format] = [
        import_module(f"{own.__name__}.{file.name}").FORMAT
        for file in pkgutil.iter_modules(own.__path__)
        if file.name not in _HELPERS
    ]
    for name, brought in extensions(GROUP):
        if not isinstance(brought, Format):
            left_out(GROUP, name, "it is no tilegan Format")
            continue
        taken = {word for each in found for word in (each.name, *each.endings)}
        if clash := taken & {brought.name, *brought.endings}:
            left_out(GROUP, name, f"{', '.join(sorted(clash))} is taken")
            continue
        found.append(brought)
    return tuple(sorted(found, key=lambda each: (each.order, each.name)))


def written() -> tuple[Format, ...]:
    """Return the formats that can be written."""
    return tuple(each for each in formats() if each.writer is not None)


def writer_of(kind: str) -> Writer:
    """Return the writer of a kind.

    Args:
        kind: as returned by ``kind_of``.
    """
    return next(each.writer for each in formats() if each.name == kind and each.writer is not None)


def endings(holds: Callable[[Writer], bool] = lambda _: True, joined: str = "or") -> str:
    """List the usual endings of formats that can be written: '.zarr, .tif or .png'.

    Args:
        holds: selects writers.
        joined: word before the last ending.
    """
    names = [each.endings[0] for each in written() if each.writer is not None and holds(each.writer)]
    return f" {joined} ".join(filter(None, (", ".join(names[:-1]), names[-1])))


def kind_of_ending(ending: str) -> str | None:
    """Return the kind of output for an ending, in any case; None if it cannot be written."""
    return next((each.name for each in written() if ending.lower() in each.endings), None)


def kind_of(path: str | Path) -> str:
    """Return the kind of output for a file name, which is the name of a format.

    Raises:
        OutputError: its ending is not one of a format that can be written.
    """
    path = locate(path)
    kind = kind_of_ending(path.suffix)
    if kind is None:
        known = ", ".join(ending for each in written() for ending in each.endings)
        raise OutputError(f"cannot write {path}: unknown ending '{path.suffix}': use {known}")
    return kind
