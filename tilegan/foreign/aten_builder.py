"""Build a graph from calls of torch's own operators (ATen), as torch.export and TorchScript store them."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from tilegan.errors import ModelError
from tilegan.foreign.graph import Node
from tilegan.foreign.read import Array


class Ref(str):
    """The name of a value, as an argument of a call; a plain str is a text."""


class Call(NamedTuple):
    """One call of an operator.

    Attributes:
        target: its name without namespace and overload, such as ``conv2d`` or ``relu_``; ``operator.add`` for numbers.
        name: the name of the call.
        arguments: by their names in torch's schema; those left out have the schema's default. A value is None, a
            number, a text, a Ref, or a list of these.
        outputs: names of the values that it makes.
    """

    target: str
    name: str
    arguments: Mapping[str, Any]
    outputs: tuple[str, ...]

    @property
    def title(self) -> str:
        """Return name and operator as messages show them."""
        return f"{self.name} ({self.target})"


class Builder:
    """Adds nodes for calls, one after the other.

    Attributes:
        nodes: those that were added.
        constants: all constants by name.
        call: the call that is being converted.
    """

    def __init__(self, constants: Mapping[str, Array]) -> None:
        self.nodes: list[Node] = []
        self.constants: dict[str, Array] = dict(constants)
        self.call = Call("", "", {}, ())
        self._values: dict[str, str | ModelError] = {}
        self._tensors: dict[str, str] = {}

    def bind(self, name: str, value: str | ModelError) -> None:
        """Set the value of the graph that a name stands for from here on; or why there is none."""
        self._values[self.tensor(name)] = value

    def tensor(self, name: str) -> str:
        """Return the first name of a tensor, which has others if it was changed in place."""
        return self._tensors.get(name, name)

    def same(self, name: str, tensor: str) -> None:
        """Note that a name is one more of a tensor that was changed in place."""
        self._tensors[name] = self.tensor(tensor)

    def value(self, argument: Any) -> str:
        """Return the name in the graph of an argument: a value, or a number as a constant; '' for None.

        Raises:
            ModelError: the call that should have made the value could not be converted.
        """
        if argument is None:
            return ""
        if isinstance(argument, Ref):
            name = self.tensor(argument)
            found = self._values.get(name, name)
            if isinstance(found, ModelError):
                raise found
            return found
        return self.constant(argument)

    def constant(self, value: Any) -> str:
        """Add a constant, and return its name."""
        array = np.asarray(value)
        if array.dtype.kind not in "fiub":
            raise NotImplementedError(f"an argument of {value!r:.40}")
        name = f"@{len(self.constants)}"
        self.constants[name] = array
        return name

    def numbers(self, values: Any) -> str:
        """Return the name of a vector of integers, of which some may depend on the size of the image."""
        if not isinstance(values, Sequence) or isinstance(values, str):
            return self.value(values)
        if not any(isinstance(each, Ref) for each in values):
            return self.constant(np.array(values, np.int64))
        parts = [self.add("Reshape", self.value(each), self.constant([1])) for each in values]
        return self.add("Concat", *parts, axis=0)

    def add(self, operator: str, *inputs: str, **attributes: Any) -> str:
        """Add a node, and return its output."""
        return self.adds(operator, *inputs, count=1, **attributes)[0]

    def adds(self, operator: str, *inputs: str, count: int, **attributes: Any) -> tuple[str, ...]:
        """Add a node with several outputs."""
        outputs = tuple(f"%{len(self.nodes)}.{number}" for number in range(count))
        while inputs and not inputs[-1]:
            inputs = inputs[:-1]
        self.nodes.append(Node(operator, self.call.name, tuple(inputs), outputs, attributes))
        return outputs


class Arguments:
    """The arguments of a call, by name; those that are left out have a default."""

    def __init__(self, builder: Builder, named: Mapping[str, Any]) -> None:
        self._builder, self.named = builder, named

    def get(self, name: str, default: Any = None) -> Any:
        """Return an argument as it is."""
        value = self.named.get(name)
        return default if value is None else value

    def number(self, name: str, default: float | None = None) -> Any:
        """Return a number, a text or a list of numbers.

        Raises:
            NotImplementedError: it depends on the image.
        """
        value = self.get(name, default)
        if isinstance(value, Ref) or (isinstance(value, list) and any(isinstance(each, Ref) for each in value)):
            raise NotImplementedError(f"'{name}' depends on the image")
        return value

    def value(self, name: str) -> str:
        """Return the name of a value; '' if it is left out."""
        return self._builder.value(self.get(name))

    def first(self) -> str:
        """Return the name of the first argument."""
        return self._builder.value(next(iter(self.named.values()), None))

    def pair(self, name: str, default: int) -> list[int]:
        """Return two numbers, for rows and columns, where one or two are given."""
        value = self.number(name, default)
        found = list(value) if isinstance(value, list) else [value]
        return [int(each) for each in ((found or [default]) * 2)[:2]] if len(found) < 2 else [int(v) for v in found]


# returns the values in the graph of the outputs of a call
Conversion = Callable[[Builder, Arguments], "str | Iterable[str]"]
