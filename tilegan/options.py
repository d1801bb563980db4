"""Options, each declared once: as a field of a frozen dataclass that holds its type, default, limits and help."""

import difflib
import inspect
import textwrap
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import MISSING, Field, dataclass, field, fields, replace
from math import inf
from typing import Any, TypeVar, get_args

from tilegan.errors import SettingError

Function = TypeVar("Function", bound=Callable[..., Any])
Group = TypeVar("Group")


@dataclass(frozen=True)
class OptionInfo:
    """Metadata of a field that describe an option, beside its type and its default.

    Attributes:
        help: one line: what the option is, and its unit.
        choices: all values that it can have; () if these are not listed.
        least, most: limits of a number, both included; None without a limit.
        metavar: placeholder of the value on the command line; '' for the type's name.
        unset: effect of omitting the value, in words; '' if the default or the help says so.
        flag: its name on the command line, without dashes; '' for the field's name.
        noun: its name in messages; '' for the field's name.
        repeated: whether it is a mapping whose entries are given one by one on the command line.
    """

    help: str
    choices: tuple[str, ...] = ()
    least: int | None = None
    most: int | None = None
    metavar: str = ""
    unset: str = ""
    flag: str = ""
    noun: str = ""
    repeated: bool = False


def option(default: Any, text: str, *, metadata: Mapping[str, Any] | None = None, **fields: Any) -> Any:
    """Return a field of a dataclass that is an option.

    Args:
        default: value if none is given; ``dict`` for an empty one.
        text: one line of help.
        metadata: further metadata of the field.
        **fields: fields of ``OptionInfo``.
    """
    metadata = {"option": OptionInfo(text, **fields), **(metadata or {})}
    return (
        field(default_factory=dict, metadata=metadata) if default is dict else field(default=default, metadata=metadata)
    )


def info_of(entry: Field[Any]) -> OptionInfo:
    """Return the metadata of a field that describe its option."""
    info: OptionInfo = entry.metadata["option"]
    return info


def options_of(*groups: Any) -> Iterator[Field[Any]]:
    """Yield the fields of dataclasses that are options, in order; for a tuple, those named after the dataclass."""
    for group in groups:
        kind, names = _divided(group)
        yield from (
            entry for entry in fields(kind) if "option" in entry.metadata and (not names or entry.name in names)
        )


def _divided(group: Any) -> tuple[Any, tuple[str, ...]]:
    """Return a dataclass and the names of the selected options; no names for all options."""
    return (group[0], group[1:]) if isinstance(group, tuple) else (group, ())


def default_of(entry: Field[Any]) -> Any:
    """Return the value of an option if none is given."""
    return entry.default if entry.default_factory is MISSING else entry.default_factory()


def default_text(entry: Field[Any]) -> str:
    """Describe the effect of omitting an option, or its default; '' if its help has to suffice."""
    value = default_of(entry)
    return info_of(entry).unset or ("" if value in (None, {}, (), "") else str(value))


def noun_of(entry: Field[Any]) -> str:
    """Return the name of an option in messages."""
    return info_of(entry).noun or entry.name.replace("_", " ")


def types_of(entry: Field[Any]) -> tuple[Any, ...]:
    """Return the types that a value of an option can have, except None."""
    return tuple(kind for kind in get_args(entry.type) or (entry.type,) if kind is not type(None))


def values_of(entry: Field[Any]) -> str:
    """Describe the values that an option can have; '' if its help has to suffice."""
    info = info_of(entry)
    if info.choices:
        return ", ".join(info.choices)
    if info.most is not None:
        return f"{info.least} to {info.most}"
    return f"at least {info.least}" if info.least is not None else ""


def check_values(group: Any) -> None:
    """Refuse values that are not among the choices, or not within the limits, of an option.

    Args:
        group: a dataclass whose fields are options.

    Raises:
        SettingError: the first such value, and the valid ones.
    """
    for entry in options_of(group):
        info, value = info_of(entry), getattr(group, entry.name)
        if info.choices and value is not None and value not in info.choices:
            known = f"{', '.join(info.choices[:-1])} or {info.choices[-1]}"
            raise SettingError(f"no {noun_of(entry)} '{value}': use {known}")
    for entry, value in beyond_limits(group):
        raise SettingError(f"no {noun_of(entry)} {value}: give {values_of(entry)}")


def beyond_limits(group: Any) -> Iterator[tuple[Field[Any], Any]]:
    """Yield the options that are not finite or not within their limits, with their values."""
    for entry in options_of(group):
        info, value = info_of(entry), getattr(group, entry.name)
        if info.least is not None and value is not None:
            most = inf if info.most is None else info.most
            if not (info.least <= value <= most and value < inf):
                yield entry, value


def check_numbers(group: Any) -> None:
    """Refuse hyperparameters that are not finite or not within their limits.

    Raises:
        SettingError: the first such value.
    """
    for entry, value in beyond_limits(group):
        least, most = info_of(entry).least, info_of(entry).most
        above = f"at least {least}" if least else "0 or more"
        limits = above if most is None else f"from {least} to {most}"
        raise SettingError(f"{noun_of(entry)} must be {limits}, not {value}")


def changed(values: Mapping[str, Any], *groups: Any) -> tuple[Any, ...]:
    """Return groups of options with other values of some options.

    Args:
        values: values by the names of options; None keeps the present value.
        *groups: dataclasses whose fields are options, or tuples as for ``options_of``; a class stands for its defaults.

    Raises:
        SettingError: there is no option of a name.
    """
    known = {entry.name: number for number, group in enumerate(groups) for entry in options_of(group)}
    for name in values:
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1)
            raise SettingError(f"no option '{name}': " + (f"use '{near[0]}'" if near else f"use {', '.join(known)}"))
    given = {name: value for name, value in values.items() if value is not None}
    made = [kind() if isinstance(kind, type) else kind for kind, _ in map(_divided, groups)]
    return tuple(
        replace(group, **{name: value for name, value in given.items() if known[name] == number})
        for number, group in enumerate(made)
    )


def described(group: type[Group]) -> type[Group]:
    """Return the dataclass with its options listed at the end of its docstring."""
    if group.__doc__:
        group.__doc__ = "\n".join([inspect.cleandoc(group.__doc__), "", "Attributes:", *lines(options_of(group))])
    return group


def takes(*groups: Any) -> Callable[[Function], Function]:
    """Decorate functions with ``**values``: their signature and docstring list the options of groups instead."""

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
    """Return options as the lines of a docstring's list."""
    return [
        line
        for entry in entries
        for line in textwrap.wrap(
            f"{entry.name}: {summary(entry)}", 112, initial_indent=" " * 4, subsequent_indent=" " * 8
        )
    ]


def summary(entry: Field[Any]) -> str:
    """Return the help of an option, the values that it can have and the effect of omitting it."""
    info = info_of(entry)
    unset = f"Default: {info.unset}." if info.unset else ""
    values = f"Values: {values_of(entry)}." if values_of(entry) else ""
    return " ".join(filter(None, (f"{info.help}.", values, unset)))
