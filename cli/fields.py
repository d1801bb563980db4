"""The options of commands, derived from the fields that declare them."""

from collections.abc import Callable
from dataclasses import Field
from typing import Any, TypeVar

import click

from tilegan.cli.options import (
    assignment,
    bands,
    byte_count,
    code_counts,
    code_values,
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
    "code": code_values,
    "codes": code_counts,
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
    info, default = info_of(entry), default_of(entry)
    names = "--" + (info.flag or entry.name).replace("_", "-"), entry.name
    if types_of(entry) == (bool,):
        return click.option(*names, is_flag=True, help=f"{info.help}.")
    if info.repeated:
        return click.option(
            *names, type=assignment, multiple=True, callback=_mapping, metavar=info.metavar, help=f"{info.help}."
        )
    text = default_text(entry)
    known = not (info.unset or given) and bool(text)
    return click.option(
        *names,
        type=_type(entry),
        default=default if known else None,
        show_default=known or (info.unset if not given and info.unset else False),
        metavar=info.metavar or None,
        help=f"{info.help}  [default: {text}]" if given and text else f"{info.help}.",
    )


def _mapping(_context: click.Context, _option: click.Parameter, pairs: tuple[tuple[str, str], ...]) -> dict[str, str]:
    return dict(pairs)


def _type(entry: Field[Any]) -> Any:
    info, kinds = info_of(entry), types_of(entry)
    if entry.name in READERS:
        return READERS[entry.name]
    if info.choices:
        return click.Choice(info.choices)
    bounded = info.least is not None or info.most is not None
    if kinds == (int,):
        return click.IntRange(info.least, info.most) if bounded else int
    if kinds == (float,):
        return click.FloatRange(info.least, info.most) if bounded else float
    return str
