"""The result of readers of files: a network as its file says it, before anything is folded or analyzed."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tilegan.errors import ModelError
from tilegan.foreign.graph import Node

Array = NDArray[Any]
Sides = tuple[int | None, ...]
FACTS = "tilegan.json"  # name of the metadata of exported networks, where a file holds further files


@dataclass(frozen=True)
class Read:
    """A network as its file says it.

    Attributes:
        nodes: in the order of execution; constants are not among them.
        constants: all constants by name, floats as float32.
        inputs: shapes of the inputs by name; None for sides that are not fixed.
        outputs: likewise.
        source: what wrote the file, as it says.
        declared: what the file says of the meaning of its values, by the names of ``ImportOptions``.
    """

    nodes: tuple[Node, ...]
    constants: dict[str, Array]
    inputs: dict[str, Sides]
    outputs: dict[str, Sides]
    source: str
    declared: Mapping[str, str] = field(default_factory=dict)


class OtherKindError(ModelError):
    """A file is sound, but not of the kind that a reader reads: another reader may try."""


@dataclass(frozen=True)
class Reader:
    """A kind of files.

    Attributes:
        endings: of their names, with the dot, in lower case.
        read: reads a file; raises OtherKindError if it may be of another kind, and ModelError if it cannot be read.
        what: the kind in a few words, for help and messages.
    """

    endings: tuple[str, ...]
    read: Callable[[Path], Read]
    what: str


def declared(facts: Mapping[str, Any]) -> dict[str, str]:
    """Return what metadata of exported networks say of values (see ``pipelines.export``), as ``Read`` holds it."""
    if facts.get("range") != [0, 1]:
        return {}
    values = {"range": "0-1", "output_range": "0-1", "order": "rgb", "layout": "nchw"}
    return values | {"mean": "0,0,0", "deviation": "1,1,1"}


def line(error: BaseException) -> str:
    """Return the message of an error of another package as one short line."""
    return " ".join(str(error).split())[:200] or type(error).__name__


def plain(array: Array) -> Array:
    """Return an array of a type that graphs take: floats as float32.

    Raises:
        ModelError: there is no such type for it.
    """
    if array.dtype.kind not in "fiub":
        try:
            return array.astype(np.float32)  # bfloat16 and floats of 8 bits
        except (TypeError, ValueError) as error:
            raise ModelError(f"a tensor of {array.dtype} is not supported") from error
    return array.astype(np.float32) if array.dtype.kind == "f" else array


def with_names(nodes: Iterable[Node]) -> Iterator[Node]:
    """Yield the nodes with unique names that a module can have: without dots."""
    seen: set[str] = set()
    for node in nodes:
        name = node.name.replace(".", "/")
        if name.isidentifier():
            name = f"{name}:"  # no name of a method
        while name in seen:
            name += "'"
        seen.add(name)
        yield node._replace(name=name)
