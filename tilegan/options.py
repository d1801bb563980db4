"""Options, each declared once: as a field of a frozen dataclass that holds its type, default, limits and help."""

import difflib
import inspect
import textwrap
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import MISSING, Field, dataclass, field, fields, replace
from typing import Any, TypeVar, get_args

from tilegan.errors import SettingError

Function = TypeVar("Function", bound=Callable[..., Any])
Group = TypeVar("Group")


@dataclass(frozen=True)
class Told:
    """Metadata of a field that describe an option, beside its type and its default.

    Attributes:
        help: one line: what the option is, and its unit.
        choices: all values that it can have; () if these are not listed.
        least, most: limits of a number, both included; None without a limit.
        metavar: what stands for the value on the command line; '' for the type's name.
        unset: what is done while the value is None, as a word; '' if the help says so.
        flag: its name on the command line, without dashes; '' for the field's name.
        noun: what messages call it; '' for the field's name.
    """

    help: str
    choices: tuple[str, ...] = ()
    least: int | None = None
    most: int | None = None
    metavar: str = ""
    unset: str = ""
    flag: str = ""
    noun: str = ""


def option(default: Any, text: str, **told: Any) -> Any:
    """A field of a dataclass that is an option.

    Args:
        default: its value if none is given; ``dict`` for an empty one.
        text: one line of help.
        **told: of ``Told``.
    """
    metadata = {"option": Told(text, **told)}
    return (
        field(default_factory=dict, metadata=metadata) if default is dict else field(default=default, metadata=metadata)
    )


def told_of(entry: Field[Any]) -> Told:
    """Return the metadata of a field that describe its option."""
    told: Told = entry.metadata["option"]
    return told


def options_of(*groups: Any) -> Iterator[Field[Any]]:
    """The fields of dataclasses that are options, in their order."""
    return (entry for group in groups for entry in fields(group) if "option" in entry.metadata)


def default_of(entry: Field[Any]) -> Any:
    """The value of an option if none is given."""
    return entry.default if entry.default_factory is MISSING else entry.default_factory()


def types_of(entry: Field[Any]) -> tuple[Any, ...]:
    """The types that a value of an option can have, but for None."""
    return tuple(kind for kind in get_args(entry.type) or (entry.type,) if kind is not type(None))


def values_of(entry: Field[Any]) -> str:
    """The values that an option can have, in words; '' if its help has to do."""
    told = told_of(entry)
    if told.choices:
        return ", ".join(told.choices)
    if told.most is not None:
        return f"{told.least} to {told.most}"
    return f"at least {told.least}" if told.least is not None else ""


def check_values(group: Any) -> None:
    """Refuse what is not among the choices, or not within the limits, of an option.

    Args:
        group: a dataclass whose fields are options.

    Raises:
        SettingError: the first such value, and what can be given.
    """
    for entry in options_of(group):
        told, value = told_of(entry), getattr(group, entry.name)
        noun = told.noun or entry.name.replace("_", " ")
        if told.choices and value is not None and value not in told.choices:
            raise SettingError(f"no {noun} '{value}': use {', '.join(told.choices[:-1])} or {told.choices[-1]}")
        if told.least is not None and value is not None and not told.least <= value <= (told.most or value):
            raise SettingError(f"no {noun} {value}: give {values_of(entry)}")


def changed(values: Mapping[str, Any], *groups: Any) -> tuple[Any, ...]:
    """Groups of options with some values instead of theirs.

    Args:
        values: by the names of options; None leaves what is there.
        *groups: dataclasses whose fields are options.

    Raises:
        SettingError: a name is none of an option's.
    """
    known = {entry.name: number for number, group in enumerate(groups) for entry in options_of(group)}
    for name in values:
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1)
            raise SettingError(f"no option '{name}': " + (f"use '{near[0]}'" if near else f"use {', '.join(known)}"))
    given = {name: value for name, value in values.items() if value is not None}
    return tuple(
        replace(group, **{name: value for name, value in given.items() if known[name] == number})
        for number, group in enumerate(groups)
    )


def described(group: type[Group]) -> type[Group]:
    """The dataclass, with its options listed at the end of its docstring."""
    if group.__doc__:
        group.__doc__ = "\n".join([inspect.cleandoc(group.__doc__), "", "Attributes:", *lines(options_of(group))])
    return group


def takes(*groups: type) -> Callable[[Function], Function]:
    """A decorator of functions with ``**values``: their signature and docstring list the options of groups instead."""

    def listed(function: Function) -> Function:
        signature = inspect.signature(function)
        own = [entry for entry in signature.parameters.values() if entry.kind is not inspect.Parameter.VAR_KEYWORD]
        added = [
            inspect.Parameter(
                entry.name, inspect.Parameter.KEYWORD_ONLY, default=default_of(entry), annotation=entry.type
            )
            for entry in options_of(*groups)
        ]
        function.__signature__ = signature.replace(parameters=[*own, *added])  # type: ignore[attr-defined]
        if function.__doc__:
            text = inspect.cleandoc(function.__doc__).splitlines()
            place = next(number for number, line in enumerate(text) if line.strip().startswith("**values:"))
            text[place : place + 1] = lines(options_of(*groups))
            function.__doc__ = "\n".join(text)
        return function

    return listed


def lines(entries: Iterable[Field[Any]]) -> list[str]:
    """Options as the lines of a docstring's list."""
    return [
        line
        for entry in entries
        for line in textwrap.wrap(
            f"{entry.name}: {summary(entry)}", 112, initial_indent=" " * 4, subsequent_indent=" " * 8
        )
    ]


def summary(entry: Field[Any]) -> str:
    """The help of an option, the values that it can have and what is done without any."""
    told = told_of(entry)
    unset = f"Default: {told.unset}." if told.unset else ""
    values = f"Values: {values_of(entry)}." if values_of(entry) else ""
    return " ".join(filter(None, (f"{told.help}.", values, unset)))
