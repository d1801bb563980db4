"""Read TorchScript (torch.jit.save, .pt or .pth) by its graph, which is converted and never run.

TorchScript is deprecated in torch 2.13, but many published networks are of that form. Loading a file compiles its code
without running it, with one exception, methods ``__setstate__``: files that have them are refused before they are
loaded, and so are classes of other libraries. Branches whose condition is not known are resolved if one of them only
raises an error; loops are refused, unless they only check something.
"""

import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch

from tilegan.errors import ModelError
from tilegan.foreign.archive import Archive
from tilegan.foreign.aten import converted
from tilegan.foreign.aten_builder import Call, Ref
from tilegan.foreign.read import Array, OtherKindError, Read, Reader, Sides, line
from tilegan.foreign.torchscript_code import check_code, with_large_stack

RUN_ON_LOAD = b"__setstate__"
CLASSES = b"torch.classes"  # of other libraries, and of quantized layers
MOST_PASSES = 256  # of a loop
MOST = 100_000  # steps, and elements of a list
TOO_LARGE = "it has a list, text or number that is far too large"
DIMENSIONS = 4  # of an image; code that asks a tensor for them is checked to be given one
# what can be said of arguments that are known
KNOWN: dict[str, Callable[..., Any]] = {
    "aten::__contains__": lambda a, b: b in a,
    "aten::gt": lambda a, b: a > b,
    "aten::ge": lambda a, b: a >= b,
    "aten::lt": lambda a, b: a < b,
    "aten::le": lambda a, b: a <= b,
    "aten::add": lambda a, b, *_: a + b,
    "aten::sub": lambda a, b, *_: a - b,
    "aten::mul": lambda a, b: _product(a, b),
    "aten::neg": lambda a: -a,
    "aten::__range_length": lambda a, b, c: len(range(a, b, c)),
    "aten::__is__": lambda a, b: a is b,
    "aten::__isnot__": lambda a, b: a is not b,
    "aten::__not__": lambda a: not a,
    "aten::eq": lambda a, b: a == b,
    "aten::ne": lambda a, b: a != b,
    "aten::len": len,
    "aten::Float": float,
    "aten::Int": int,
}


def read_torchscript(path: Path) -> Read:
    """Read a file of TorchScript.

    Raises:
        OtherKindError: it is another archive of torch, such as a checkpoint.
        ModelError: it is damaged, would run code when it is loaded, or has an operator that is not known.
    """
    with Archive(path) as archive:
        if not archive.code:
            raise OtherKindError(f"no TorchScript: {path}: it has no code")
        parts = [archive.read(name) for name in archive.names]
        if any(RUN_ON_LOAD in part for part in parts):
            raise ModelError(f"{path} would run code when it is loaded (__setstate__): it is not opened")
        if any(CLASSES in part for part in parts):
            raise ModelError(f"{path} has quantized layers, or classes of another library: export it without")
        texts = [archive.read(name).decode(errors="replace") for name in archive.code]
    try:
        check_code(texts)
        return _network(*with_large_stack(lambda: _loaded(path)))
    except ModelError as error:
        raise ModelError(f"{path}: {error}") from error
    except Exception as error:  # torch raises many classes for damaged archives
        raise ModelError(f"damaged TorchScript: {path}: {line(error)}") from error


def _loaded(path: Path) -> tuple[Any, Any]:
    """Return graph and module."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it is deprecated
        module = torch.jit.load(path, map_location="cpu").eval()  # type: ignore[no-untyped-call]
        graph = module.forward.graph.copy()
        torch._C._jit_pass_inline(graph)
    return graph, module._c


def _network(graph: Any, module: Any) -> Read:
    found = _Calls()
    this, *images = graph.inputs()
    found.known[this.debugName()] = module
    found.block(graph)
    outputs = [each for value in graph.outputs() for each in _flat(found.value(value))]
    sides: Sides = (None,) * DIMENSIONS  # it says nothing of them
    inputs = {value.debugName(): sides for value in images}
    names = [str(each) for each in outputs if isinstance(each, Ref)]
    if not names:
        raise ModelError("the network makes no tensor")
    return converted(found.calls, found.constants, inputs, names, "TorchScript")


def _flat(value: Any) -> list[Any]:
    """Return the elements of lists of lists."""
    found: list[Any] = []
    waiting = [value]
    for _ in range(MOST):
        if not waiting:
            return found
        each = waiting.pop()
        if isinstance(each, list):
            waiting += each[::-1]
        else:
            found.append(each)
    raise ModelError(TOO_LARGE)


def _few(values: Any) -> Any:
    """Return a list, text or number, unless it is far larger than those of networks."""
    if len(values) > MOST if isinstance(values, list | str) else isinstance(values, int) and abs(values) > 2**63:
        raise ModelError(TOO_LARGE)
    return values


def _product(first: Any, second: Any) -> Any:
    if isinstance(first, list | str):
        return first * min(second, MOST // max(1, len(first)) + 1)
    return first * second


class _Calls:
    """Follows a graph, and notes calls of operators, with what is known without an image.

    Attributes:
        calls: in the order of execution.
        constants: tensors, by name.
        known: modules, numbers, texts and lists, by name.
    """

    def __init__(self) -> None:
        self.calls: list[Call] = []
        self.constants: dict[str, Array] = {}
        self.known: dict[str, Any] = {}
        self._sizes: dict[Ref, Ref] = {}  # tensors by their sizes
        self._steps = 0

    def value(self, value: Any) -> Any:
        """Return what is known of a value, or its name."""
        name = value.debugName()
        return self.known[name] if name in self.known else Ref(name)

    def block(self, block: Any) -> None:
        """Note all nodes of a block.

        Raises:
            ModelError: there are far more than networks have: loops in loops.
        """
        for node in block.nodes():
            self._steps += 1
            if self._steps > MOST:
                raise ModelError(f"it has more than {MOST:,} steps")
            self._node(node)

    def _node(self, node: Any) -> None:
        kind, inputs = node.kind(), [self.value(each) for each in node.inputs()]
        outputs = [each.debugName() for each in node.outputs()]
        match kind:
            case "prim::Constant":
                self._set(outputs[0], node.output().toIValue())
            case "prim::GetAttr":
                self._set(outputs[0], inputs[0].getattr(node.s("name")))
            case "prim::ListConstruct" | "prim::TupleConstruct":
                self.known[outputs[0]] = inputs
            case "prim::ListUnpack" | "prim::TupleUnpack":
                self._unpack(inputs[0], outputs)
            case "prim::If":
                self._branch(node, inputs[0], outputs)
            case "prim::Loop":
                self._loop(node, inputs, outputs)
            case "prim::RaiseException":
                pass
            case "aten::append" if isinstance(inputs[0], list):
                inputs[0].append(inputs[1])
            case "aten::dim" if isinstance(inputs[0], Ref):
                self._image(inputs[0], outputs[0])
            case "aten::len" if isinstance(inputs[0], Ref) and inputs[0] in self._sizes:
                self._image(self._sizes[inputs[0]], outputs[0])
            case _ if kind in KNOWN and not any(isinstance(each, Ref) for each in _flat(inputs)):
                self.known[outputs[0]] = _few(KNOWN[kind](*inputs))
            case "aten::__getitem__" if isinstance(inputs[0], list) and isinstance(inputs[1], int):
                self.known[outputs[0]] = inputs[0][inputs[1]]
            case _:
                if kind == "aten::size" and len(inputs) == 1:
                    self._sizes[Ref(outputs[0])] = inputs[0]
                self.calls.append(Call(_target(kind), _name(node), _arguments(node, inputs), tuple(outputs)))

    def _set(self, name: str, value: Any) -> None:
        if isinstance(value, torch.Tensor):
            tensor = value.detach()
            self.constants[name] = (tensor.float() if tensor.is_floating_point() else tensor).numpy()
        else:
            self.known[name] = list(value) if isinstance(value, tuple) else value

    def _image(self, tensor: Ref, output: str) -> None:
        """Take a tensor for an image; the transposition, which changes nothing, fails for others."""
        self.calls.append(Call("permute", f"dim {output}", {"self": tensor, "dims": [0, 1, 2, 3]}, (str(tensor),)))
        self.known[output] = DIMENSIONS

    def _unpack(self, whole: Any, outputs: list[str]) -> None:
        if isinstance(whole, list):
            self.known |= dict(zip(outputs, whole, strict=False))
            return
        for number, call in enumerate(self.calls):
            if call.outputs == (whole,):
                if call.target == "size":
                    for place, output in enumerate(outputs):
                        arguments = {"self": whole, "idx": place}
                        self.calls.append(Call("__getitem__", f"{call.name}[{place}]", arguments, (output,)))
                else:
                    self.calls[number] = call._replace(outputs=tuple(outputs))
                return

    def _loop(self, node: Any, inputs: list[Any], outputs: list[str]) -> None:
        """Repeat a block whose number of passes is known."""
        (block,) = node.blocks()
        count, going, carried = inputs[0], inputs[1], inputs[2:]
        if not isinstance(count, int) or count > MOST_PASSES or going is not True:
            if _changes(block):
                raise ModelError(f"{_name(node)} is a loop whose number of passes is not fixed: export it by tracing")
            self.calls.append(Call("loop", _name(node), {}, tuple(outputs)))
            return
        counter, *names = (each.debugName() for each in block.inputs())
        for number in range(count):
            self.known |= {counter: number, **dict(zip(names, carried, strict=True))}
            self.block(block)
            going, *carried = (self.value(each) for each in block.outputs())
            if going is not True:
                raise ModelError(f"{_name(node)} is a loop that may end early: export it by tracing")
        self.known |= dict(zip(outputs, carried, strict=True))

    def _branch(self, node: Any, condition: Any, outputs: list[str]) -> None:
        blocks = list(node.blocks())
        if isinstance(condition, bool):
            blocks = [blocks[0 if condition else 1]]
        elif len(left := [each for each in blocks if not _raises(each)]) == 1:
            blocks = left
        if len(blocks) > 1:
            if not outputs and not any(_changes(each) for each in blocks):
                return  # it only checks something
            self.calls.append(Call("branch", _name(node), {}, tuple(outputs)))
            return
        self.block(blocks[0])
        for output, value in zip(outputs, blocks[0].outputs(), strict=True):
            self.known[output] = self.value(value)


def _raises(block: Any) -> bool:
    return any(node.kind() == "prim::RaiseException" for node in block.nodes())


def _changes(block: Any) -> bool:
    """Return whether a block changes values in place."""
    kinds = [node.kind() for node in block.nodes()]
    inner = [each for node in block.nodes() for each in node.blocks()]
    return any(kind.endswith("_") or kind == "aten::append" for kind in kinds) or any(map(_changes, inner))


def _target(kind: str) -> str:
    space, _, name = kind.partition("::")
    return name if space in ("aten", "prim") else kind


def _name(node: Any) -> str:
    outputs = [each.debugName() for each in node.outputs()]
    return f"{node.kind().partition('::')[2]} {'' if not outputs else outputs[0]}".strip()


def _arguments(node: Any, inputs: list[Any]) -> dict[str, Any]:
    schema = node.schema()
    names = [each.name for each in torch._C.parse_schema(schema).arguments] if "(no schema)" not in schema else []
    names += [f"argument {number}" for number in range(len(names), len(inputs))]
    found = dict(zip(names, inputs, strict=False))
    if isinstance(found.get("dtype"), int):
        found["dtype"] += 1  # as torch.export numbers types
    return found


READER = Reader((".pt", ".pth"), read_torchscript, "TorchScript")
