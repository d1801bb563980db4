"""All training methods by name: to add one, write a file with a class and add a line here."""

from collections.abc import Mapping
from dataclasses import Field, replace
from typing import Any

from tilegan.errors import SettingError
from tilegan.files import locate
from tilegan.methods.base import Method, MethodSettings
from tilegan.methods.cyclegan import CycleGan
from tilegan.methods.pix2pix import Pix2Pix
from tilegan.methods.pix2pixhd import Pix2PixHD
from tilegan.methods.siamese import Siamese
from tilegan.methods.spade import Spade
from tilegan.methods.srgan import SRGan
from tilegan.options import options_of

METHODS: dict[str, type[Method]] = {
    method.name: method for method in (Siamese, CycleGan, Pix2Pix, Pix2PixHD, Spade, SRGan)
}


def find_method(name: str) -> type[Method]:
    """Return the method with a name.

    Raises:
        SettingError: there is no such method.
    """
    if name not in METHODS:
        raise SettingError(f"no method '{name}': there are {', '.join(METHODS)}")
    return METHODS[name]


def type_of(settings: MethodSettings) -> type[Method]:
    """Return the method whose settings these are."""
    return next(method for method in METHODS.values() if method.settings_type is type(settings))


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
    return list(options_of(kind))


def _value(name: str, value: str | float, kind: object) -> float | str:
    """Parse a number, a boolean or the path of a file, which becomes absolute."""
    if kind is str:
        return str(locate(str(value)).absolute()) if value else ""
    words = {"true": True, "false": False}
    try:
        if kind is bool:
            return words[str(value).lower()]
        return int(value) if kind is int else float(value)
    except (KeyError, ValueError) as error:
        expected = "true or false" if kind is bool else "a number"
        raise SettingError(f"{name} cannot be '{value}': give {expected}") from error
