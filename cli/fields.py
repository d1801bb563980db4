"""The options of commands, derived from the fields that declare them."""

from collections.abc import Callable
from dataclasses import Field
from typing import Any, TypeVar

import click

from tilegan.cli.options import bands, byte_count, label_looks, plane, region, stroke, style_shares
from tilegan.options import default_of, options_of, told_of, types_of

Group = TypeVar("Group")
Command = Callable[..., Any]

# how values are written that are more than a word or a number, by the names of options
READERS: dict[str, Callable[[str], Any]] = {
    "bands": bands,
    "looks": label_looks,
    "memory": byte_count,
    "plane": plane,
    "region": region,
    "stroke": stroke,
    "style": style_shares,
}


def options(group: type, *names: str) -> Callable[[Command], Command]:
    """A decorator that gives a command the options of a group: those that are named, or all.

    Args:
        group: a dataclass whose fields are options (see ``tilegan.options``).
        *names: of fields.
    """
    entries = [entry for entry in options_of(group) if not names or entry.name in names]

    def given(command: Command) -> Command:
        for entry in reversed(entries):
            command = _option(entry)(command)
        return command

    return given


def taken(group: type[Group], values: dict[str, Any]) -> Group:
    """A group of options as the command line says; its values are taken out of ``values``."""
    own = {entry.name: values.pop(entry.name) for entry in options_of(group)}
    return group(**{name: value for name, value in own.items() if value is not None})


def _option(entry: Field[Any]) -> Callable[[Command], Command]:
    told, default = told_of(entry), default_of(entry)
    name = "--" + (told.flag or entry.name).replace("_", "-")
    if types_of(entry) == (bool,):
        return click.option(name, entry.name, is_flag=True, help=f"{told.help}.")
    shown = default not in (None, {})
    return click.option(
        name,
        entry.name,
        type=_type(entry),
        default=default if shown else None,
        show_default=shown or told.unset or False,
        metavar=told.metavar or None,
        help=f"{told.help}.",
    )


def _type(entry: Field[Any]) -> Any:
    told, kinds = told_of(entry), types_of(entry)
    if entry.name in READERS:
        return READERS[entry.name]
    if told.choices:
        return click.Choice(told.choices)
    if kinds == (int,):
        return click.IntRange(told.least, told.most)
    if kinds == (float,):
        return click.FloatRange(told.least, told.most)
    return str
