"""An extension of griffe: signatures and docstrings as readers need them.

Decorators complete some of them from option fields (``tilegan.options``), which only the imported objects show. And
entries of docstrings may tell several names at once, ``height, width: size in pixels``.
"""

import inspect
import re
from importlib import import_module
from typing import Any

import griffe

DECORATORS = ("takes", "described")
MODULES = re.compile(r"\b(?:[a-z_]\w*\.)+(?=[A-Za-z])")  # before the name of a class
SEVERAL = re.compile(r"(?P<indent> +)(?P<names>\w+(?:, \w+)+)(?P<told>: .*)")


class PublicObjects(griffe.Extension):
    """Completes functions and classes whose options are declared elsewhere, and divides entries of docstrings."""

    def on_function(self, *, func: griffe.Function, **_: Any) -> None:
        """Complete a function."""
        if is_completed(func):
            there = imported(func)
            own = {entry.name: entry for entry in func.parameters}
            shown = inspect.signature(there).parameters.values()
            func.parameters = griffe.Parameters(*(parameter(entry, own.get(entry.name)) for entry in shown))
            complete(func, there)
        divide(func)

    def on_class(self, *, cls: griffe.Class, **_: Any) -> None:
        """Complete a class."""
        if is_completed(cls):
            complete(cls, imported(cls))
        divide(cls)


def is_completed(entry: griffe.Function | griffe.Class) -> bool:
    """Whether a decorator changes what an object says of itself."""
    return any(str(decorator.value).split("(")[0].split(".")[-1] in DECORATORS for decorator in entry.decorators)


def imported(entry: griffe.Object) -> Any:
    """Return the object itself, as Python has it."""
    return getattr(import_module(entry.module.path), entry.name)


def parameter(entry: inspect.Parameter, own: griffe.Parameter | None) -> griffe.Parameter:
    """Return a parameter as it was written, but for constants in defaults, or one that a decorator added."""
    default = None if entry.default is entry.empty else repr(entry.default)
    if own is None:
        annotation = MODULES.sub("", inspect.formatannotation(entry.annotation))
        kind = griffe.ParameterKind(entry.kind.description)
        return griffe.Parameter(entry.name, annotation=annotation, kind=kind, default=default)
    if isinstance(entry.default, str | float):
        own.default = default
    return own


def complete(entry: griffe.Object, there: Any) -> None:
    """Replace a docstring by that of the imported object."""
    if entry.docstring is not None:
        entry.docstring.value = inspect.getdoc(there) or ""


def divide(entry: griffe.Object) -> None:
    """Give each of several names in a docstring an entry of its own."""
    if entry.docstring is None:
        return
    lines: list[str] = []
    waiting: list[list[str]] = []  # entries of further names, whose description may go on in the next line
    for line in [*entry.docstring.value.splitlines(), ""]:
        found = SEVERAL.fullmatch(line)
        if waiting and not (line.strip() and _indent(line) > _indent(waiting[0][0])):  # it is told
            lines += [each for told in waiting for each in told]
            waiting = []
        if found is not None:
            waiting = [[f"{found['indent']}{name}{found['told']}"] for name in found["names"].split(", ")]
        elif waiting:
            for told in waiting:
                told.append(line)
        else:
            lines.append(line)
    entry.docstring.value = "\n".join(lines).rstrip()


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())
