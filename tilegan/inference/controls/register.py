"""All controls, in the order of their names."""

import pkgutil
from functools import cache
from importlib import import_module

from tilegan.inference import controls as own
from tilegan.inference.controls.control import AmountControl, ChoiceControl, Control


@cache
def controls() -> tuple[Control, ...]:
    """Return all controls: each is the ``CONTROL`` of a file of this folder."""
    modules = (import_module(f"{own.__name__}.{file.name}") for file in pkgutil.iter_modules(own.__path__))
    found: list[Control] = [module.CONTROL for module in modules if hasattr(module, "CONTROL")]
    return tuple(sorted(found, key=lambda control: control.name))


def amount_controls() -> tuple[AmountControl, ...]:
    """Return those that say how much of the painting there is."""
    return tuple(control for control in controls() if isinstance(control, AmountControl))


def choice_controls() -> tuple[ChoiceControl, ...]:
    """Return those that choose between paintings."""
    return tuple(control for control in controls() if isinstance(control, ChoiceControl))
