"""The options of commands, derived from the fields that declare them."""

from collections.abc import Callable
from dataclasses import Field
from typing import Any, TypeVar

import click

from tilegan.cli.options import (
    assignment,
    bands,
    byte_count,
    duration,
    label_looks,
    plane,
    region,
    sizes,
    strength,
    stroke,
    style_shares,
)
from tilegan.options import default_of, default_text, info_of, options_of, types_of

Group = TypeVar("Group")
Command = Callable[..., Any]

# readers of values that are more than a word or a number, by the names of options
READERS: dict[str, Callable[[str], Any]] = {
    "bands": bands,
    "cache": byte_count,
    "looks": label_looks,
    "megapixels": sizes,
    "memory": byte_count,
    "plane": plane,
    "region": region,
    "strength": strength,
    "stroke": stroke,
    "style": style_shares,
    "time_limit": duration,
}


def options(group: type, *names: str, given: bool = False) -> Callable[[Command], Command]:
    """Return a decorator that gives a command the options of a group: the named ones, or all.

    Args:
        group: a dataclass whose fields are options (see ``tilegan.options``).
        *names: names of fields.
        given: whether an omitted option is None although it has a default.
    """
    entries = list(options_of((group, *names)))

    def decorated(command: Command) -> Command:
        for entry in reversed(entries):
            command = _option(entry, given)(command)
        return command

    return decorated


def taken(group: type[Group], values: dict[str, Any]) -> Group:
    """Return a group of options from the command line; its values are removed from ``values``."""
    own = {entry.name: values.pop(entry.name) for entry in options_of(group)}
    return group(**{name: value for name, value in own.items() if value is not None})


def _option(entry: Field[Any], given: bool) -> Callable[[Command], Command]:
    told, default = info_of(entry), default_of(entry)
    names = "--" + (told.flag or entry.name).replace("_", "-"), entry.name
    if types_of(entry) == (bool,):
        return click.option(*names, is_flag=True, help=f"{told.help}.")
    if told.repeated:
        return click.option(
            *names, type=assignment, multiple=True, callback=_mapping, metavar=told.metavar, help=f"{told.help}."
        )
    text = default_text(entry)
    known = not (told.unset or given) and bool(text)
    return click.option(
        *names,
        type=_type(entry),
        default=default if known else None,
        show_default=known or (told.unset if not given and told.unset else False),
        metavar=told.metavar or None,
        help=f"{told.help}  [default: {text}]" if given and text else f"{told.help}.",
    )


def _mapping(_context: click.Context, _option: click.Parameter, pairs: tuple[tuple[str, str], ...]) -> dict[str, str]:
    return dict(pairs)


def _type(entry: Field[Any]) -> Any:
    told, kinds = info_of(entry), types_of(entry)
    if entry.name in READERS:
        return READERS[entry.name]
    if told.choices:
        return click.Choice(told.choices)
    bounded = told.least is not None or told.most is not None
    if kinds == (int,):
        return click.IntRange(told.least, told.most) if bounded else int
    if kinds == (float,):
        return click.FloatRange(told.least, told.most) if bounded else float
    return str
