"""All training methods by name."""

import pkgutil
from collections.abc import Mapping
from dataclasses import Field, fields, replace
from functools import cache
from importlib import import_module
from typing import Any

from tilegan import methods as own
from tilegan.errors import SettingError
from tilegan.extensions import extensions, left_out
from tilegan.files import locate
from tilegan.methods.base import Method, MethodSettings
from tilegan.methods.siamese import Siamese

GROUP = "tilegan.methods"


@cache
def methods() -> dict[str, type[Method]]:
    """Return all methods by name: the default first, then those of this package, then those of other packages.

    A file of this package holds one as ``METHOD``; other packages name theirs in the group ``tilegan.methods`` of their
    entry points. One that has the name of another is left out with a ``TileganWarning``.
    """
    modules = (import_module(f"{own.__name__}.{file.name}") for file in pkgutil.iter_modules(own.__path__))
    found: list[type[Method]] = [module.METHOD for module in modules if hasattr(module, "METHOD")]
    known = {method.name: method for method in sorted(found, key=lambda method: (method is not Siamese, method.name))}
    for name, brought in extensions(GROUP):
        if getattr(brought, "name", None) is None:
            left_out(GROUP, name, "it is no training method")
        elif known.setdefault(brought.name, brought) is not brought:
            left_out(GROUP, name, f"there is a method '{brought.name}'")
    return known


def find_method(name: str) -> type[Method]:
    """Return the method with a name.

    Raises:
        SettingError: there is no such method.
    """
    known = methods()
    if name not in known:
        raise SettingError(f"no method '{name}': there are {', '.join(known)}")
    return known[name]


def type_of(settings: MethodSettings) -> type[Method]:
    """Return the method whose settings these are."""
    return next(method for method in methods().values() if method.settings_type is type(settings))


def method_settings(name: str, numbers: Mapping[str, str | float]) -> MethodSettings:
    """Return the settings of a method from values or strings by name; the others are the defaults.

    Raises:
        SettingError: there is no such method; or as ``with_values``.
    """
    return with_values(find_method(name).settings_type(), numbers)


def with_values(settings: MethodSettings, numbers: Mapping[str, str | float]) -> MethodSettings:
    """Return settings with other values, which may be strings, by name. Relative paths of files are resolved.

    Raises:
        SettingError: the method has no such setting, or a value cannot be parsed.
    """
    types = {entry.name: entry.type for entry in choices(type(settings))}
    for unknown in numbers.keys() - types.keys():
        raise SettingError(f"{type_of(settings).name} has no {unknown}: it has {', '.join(types)}")
    values: dict[str, Any] = {key: _value(key, value, types[key]) for key, value in numbers.items()}
    return replace(settings, **values)


def choices(kind: type[MethodSettings]) -> list[Field[Any]]:
    """Return the settings that can be chosen: all except those that are fitted to the images."""
    return [entry for entry in fields(kind) if not entry.metadata.get("fitted")]


def _value(name: str, value: str | float, kind: object) -> float | str:
    """Parse a number, a boolean or the path of a file, which becomes absolute."""
    if kind is str:
        path = locate(str(value)).absolute()
        if value and path.is_dir():
            raise SettingError(f"{name} cannot be '{value}', a folder: give a file")
        return str(path) if value else ""
    words = {"true": True, "false": False}
    try:
        if kind is bool:
            return words[str(value).lower()]
        return int(value) if kind is int else float(value)
    except (KeyError, ValueError) as error:
        expected = "true or false" if kind is bool else "a number"
        raise SettingError(f"{name} cannot be '{value}': give {expected}") from error
