"""All formats: those of this package, and those that other packages bring by the entry point ``tilegan.formats``."""

import pkgutil
from collections.abc import Callable, Iterator
from functools import cache
from importlib import import_module
from importlib.metadata import entry_points
from pathlib import Path

from tilegan.errors import OutputError, SettingError
from tilegan.files import first_line, locate
from tilegan.images import formats as own
from tilegan.images.formats.format import Format, Writer

GROUP = "tilegan.formats"
_HELPERS = {"checks", "format", "register"}  # files of this folder that are no formats


@cache
def formats() -> tuple[Format, ...]:
    """All formats, in their order; each of the own files holds one as ``FORMAT``.

    Raises:
        SettingError: another package's cannot be imported, is none, or has the name or an ending of one that is there.
    """
    found = [
        import_module(f"{own.__name__}.{file.name}").FORMAT
        for file in pkgutil.iter_modules(own.__path__)
        if file.name not in _HELPERS
    ]
    for brought in brought_by_others():
        taken = {word for each in found for word in (each.name, *each.endings)}
        if clash := taken & {brought.name, *brought.endings}:
            raise SettingError(f"format '{brought.name}' of another package: {', '.join(sorted(clash))} is taken")
        found.append(brought)
    return tuple(sorted(found, key=lambda each: (each.order, each.name)))


def brought_by_others() -> Iterator[Format]:
    """The formats of installed packages that name one in the group ``tilegan.formats`` of their entry points.

    Raises:
        SettingError: one cannot be imported, or is no ``Format``.
    """
    for entry in entry_points(group=GROUP):
        try:
            brought = entry.load()
        except Exception as error:  # whatever its package raises
            raise SettingError(
                f"format '{entry.name}' cannot be imported: {entry.value}: {first_line(error)}"
            ) from error
        if not isinstance(brought, Format):
            raise SettingError(f"format '{entry.name}' is none: {entry.value} is no tilegan Format")
        yield brought


def written() -> tuple[Format, ...]:
    """The formats that can be written."""
    return tuple(each for each in formats() if each.writer is not None)


def writer_of(kind: str) -> Writer:
    """How results of a kind are written.

    Args:
        kind: as of ``kind_of``.
    """
    return next(each.writer for each in formats() if each.name == kind and each.writer is not None)


def endings(holds: Callable[[Writer], bool] = lambda _: True, joined: str = "or") -> str:
    """The usual endings of formats that can be written, as words: '.zarr, .tif or .png'.

    Args:
        holds: which of them.
        joined: the word before the last one.
    """
    names = [each.endings[0] for each in written() if each.writer is not None and holds(each.writer)]
    return f" {joined} ".join(filter(None, (", ".join(names[:-1]), names[-1])))


def kind_of_ending(ending: str) -> str | None:
    """The kind of output that an ending asks for, in any case; None if it cannot be written."""
    return next((each.name for each in written() if ending.lower() in each.endings), None)


def kind_of(path: str | Path) -> str:
    """The kind of output that a file name asks for, which is the name of a format.

    Raises:
        OutputError: its ending is none that can be written.
    """
    path = locate(path)
    kind = kind_of_ending(path.suffix)
    if kind is None:
        known = ", ".join(ending for each in written() for ending in each.endings)
        raise OutputError(f"cannot write {path}: unknown ending '{path.suffix}': use {known}")
    return kind
