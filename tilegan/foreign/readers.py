"""All readers of networks: each file of this package whose name ends in ``_reader`` holds one as ``READER``."""

import pkgutil
from functools import cache
from importlib import import_module
from pathlib import Path

from tilegan import foreign
from tilegan.errors import ModelError
from tilegan.foreign.read import OtherKindError, Read, Reader


@cache
def readers() -> tuple[Reader, ...]:
    """Return all readers, in the order of their files' names."""
    names = sorted(file.name for file in pkgutil.iter_modules(foreign.__path__) if file.name.endswith("_reader"))
    return tuple(import_module(f"{foreign.__name__}.{name}").READER for name in names)


def endings() -> tuple[str, ...]:
    """Return the endings of all files that can be read."""
    return tuple(dict.fromkeys(ending for reader in readers() for ending in reader.endings))


def read_network(path: Path) -> Read:
    """Read a file by the first reader of its ending that knows it.

    Raises:
        ModelError: there is none, or the file is damaged.
    """
    failure: ModelError = ModelError(f"no network: {path}: give a file that ends in {' or '.join(endings())}")
    for reader in readers():
        if path.suffix.lower() in reader.endings:
            try:
                return reader.read(path)
            except OtherKindError as error:
                failure = error
    raise failure
