"""Tiled high-resolution style transfer: learn a style from two folders, apply it to an image of any size."""

from importlib import import_module
from typing import Any

__version__ = "0.1.0"
__all__ = ["Translator", "load", "register_generator", "stylize_array"]

# torch takes seconds to import, so it is imported at first use and `tilegan --help` answers at once
_HOMES = {
    "Translator": "tilegan.translator",
    "load": "tilegan.translator",
    "register_generator": "tilegan.networks.build",
    "stylize_array": "tilegan.inference.array",
}


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module 'tilegan' has no attribute '{name}'")
