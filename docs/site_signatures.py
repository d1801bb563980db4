"""An extension of griffe: signatures and docstrings that decorators complete from option fields."""

import inspect
from importlib import import_module
from typing import Any

import griffe

DECORATORS = ("takes", "described")


class CompletedObjects(griffe.Extension):
    """Takes signature and docstring of decorated functions and classes from the imported objects."""

    def on_function(self, *, func: griffe.Function, **_: Any) -> None:
        """Complete a function whose options are declared elsewhere."""
        if not is_completed(func):
            return
        there = imported(func)
        shown = griffe.Parameters(
            *(
                griffe.Parameter(
                    entry.name,
                    annotation=inspect.formatannotation(entry.annotation).replace("collections.abc.", ""),
                    kind=griffe.ParameterKind(entry.kind.description),
                    default=None if entry.default is entry.empty else repr(entry.default),
                )
                for entry in inspect.signature(there).parameters.values()
            )
        )
        func.parameters = shown
        complete(func, there)

    def on_class(self, *, cls: griffe.Class, **_: Any) -> None:
        """Complete a class whose attributes are declared as options."""
        if is_completed(cls):
            complete(cls, imported(cls))


def is_completed(entry: griffe.Function | griffe.Class) -> bool:
    """Whether a decorator changes what an object says of itself."""
    return any(str(decorator.value).split("(")[0].split(".")[-1] in DECORATORS for decorator in entry.decorators)


def imported(entry: griffe.Object) -> Any:
    """Return the object itself, as Python has it."""
    return getattr(import_module(entry.module.path), entry.name)


def complete(entry: griffe.Object, there: Any) -> None:
    """Replace a docstring."""
    if entry.docstring is not None:
        entry.docstring.value = inspect.getdoc(there) or ""
