"""Convert calls of torch's own operators (ATen) to a graph, for the readers of torch.export and TorchScript."""

from collections.abc import Iterable, Mapping, Sequence

from tilegan.errors import ModelError
from tilegan.foreign.aten_builder import Arguments, Builder, Call, Conversion, Ref
from tilegan.foreign.aten_pointwise import POINTWISE
from tilegan.foreign.aten_reducing import REDUCING
from tilegan.foreign.aten_shaping import SHAPING, VIEWS
from tilegan.foreign.aten_spatial import SPATIAL
from tilegan.foreign.read import Array, Read, Sides, line, plain, with_names

CONVERSIONS: dict[str, Conversion] = POINTWISE | SHAPING | REDUCING | SPATIAL


def converted(
    calls: Iterable[Call],
    constants: Mapping[str, Array],
    inputs: Mapping[str, Sides],
    outputs: Sequence[str],
    source: str,
    declared: Mapping[str, str] | None = None,
) -> Read:
    """Convert calls to a network.

    A call that cannot be converted only matters if an output depends on it: exporters leave checks and unused values.

    Args:
        calls: in the order of execution.
        constants: weights by name.
        inputs: shapes of the inputs by name; None for sides that are not fixed.
        outputs: names of the outputs.
        source: what wrote the file.
        declared: see ``Read``.

    Raises:
        ModelError: an output depends on a call that cannot be converted.
    """
    builder = Builder({name: plain(value) for name, value in constants.items()})
    memory = _Memory()
    for call in calls:
        in_place = call.target.endswith("_") and not call.target.startswith("__")
        name = call.target.removesuffix("_") if in_place else call.target
        changed = next(iter(call.arguments.values()), None) if in_place else None
        results: Sequence[str | ModelError]
        try:
            results = _converted(builder, call, name)
        except ModelError as error:
            results = [error] * max(1, len(call.outputs))
        if isinstance(changed, Ref):
            for output in call.outputs:
                builder.same(output, changed)
            builder.bind(changed, results[0])
            refusal = ModelError(f"{call.title} is not supported: it changes a part of a tensor in place")
            for other in memory.others(builder.tensor(changed)):
                builder.bind(other, refusal)
            continue
        for output, result in zip(call.outputs, results, strict=False):
            builder.bind(output, result)
        if name in VIEWS and call.arguments and isinstance(whole := next(iter(call.arguments.values())), Ref):
            memory.share(builder.tensor(whole), call.outputs)
    made = {output: builder.value(Ref(output)) for output in outputs}
    sides: dict[str, Sides] = dict.fromkeys(made.values(), (None, 3, None, None))
    return Read(tuple(with_names(builder.nodes)), builder.constants, dict(inputs), sides, source, declared or {})


def _converted(builder: Builder, call: Call, name: str) -> Sequence[str]:
    if name not in CONVERSIONS:
        raise ModelError(f"{call.title} is not supported: no operator '{name}'")
    builder.call = call
    try:
        found = CONVERSIONS[name](builder, Arguments(builder, call.arguments))
    except ModelError:
        raise
    except NotImplementedError as error:
        raise ModelError(f"{call.title} is not supported: {error}") from error
    except (KeyError, ValueError, TypeError, IndexError, AttributeError) as error:
        raise ModelError(f"{call.title} has impossible arguments: {line(error)}") from error
    return [found] if isinstance(found, str) else list(found)


class _Memory:
    """Groups of values in the same memory, so that a change of one in place changes the others."""

    def __init__(self) -> None:
        self._groups: dict[str, set[str]] = {}

    def share(self, name: str, others: Iterable[str]) -> None:
        """Note that values are parts of another one."""
        group = self._groups.setdefault(name, {name})
        for other in others:
            group.add(other)
            self._groups[other] = group

    def others(self, name: str) -> set[str]:
        """Return the values that share the memory of one."""
        return self._groups.get(name, set()) - {name}
