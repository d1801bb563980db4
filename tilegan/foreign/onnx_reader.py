"""Read ONNX files as data. Nothing outside of the file's folder is opened, and no unknown operator is taken."""

from math import prod
from pathlib import Path
from typing import Any

import numpy as np

from tilegan.errors import ModelError
from tilegan.foreign.archive import LARGER
from tilegan.foreign.graph import Node
from tilegan.foreign.layers import FUNCTIONS
from tilegan.foreign.read import Array, Read, Reader, declared, line, plain, with_names

MOST_NODES = 100_000
MOST_BYTES = 2**31  # of one tensor, as in ONNX itself


def read_onnx(path: Path) -> Read:
    """Read an ONNX file.

    Raises:
        ModelError: it is none, is damaged, has an operator that is not known, or needs the package onnx.
    """
    try:
        import onnx
    except ImportError as error:
        raise ModelError("ONNX files need the package onnx: pip install 'tilegan[onnx]'") from error
    try:
        model = onnx.load_model(str(path), load_external_data=False)
    except Exception as error:  # protobuf raises classes of its own
        raise ModelError(f"not an ONNX file: {path}: {line(error)}") from error
    graph = model.graph
    if not graph.node or len(graph.node) > MOST_NODES:
        raise ModelError(f"not an ONNX network: {path}: it has {len(graph.node)} nodes")
    if model.functions:
        raise ModelError(f"{path} has functions of its own: export it with its operators inlined")
    version = next((each.version for each in model.opset_import if each.domain in ("", "ai.onnx")), 0)
    try:
        weights = _Weights(path.parent)
        constants = {each.name: weights.array(each) for each in graph.initializer}
        nodes = []
        for number, entry in enumerate(graph.node):
            if entry.op_type == "Constant" and not entry.domain:
                constants[entry.output[0]] = _constant(entry, weights)
            else:
                nodes.append(_node(entry, number, version, constants))
        inputs = {each.name: _shape(each) for each in graph.input if each.name not in constants}
        outputs = {each.name: _shape(each) for each in graph.output}
    except ModelError as error:
        raise ModelError(f"{path}: {error}") from error
    except Exception as error:  # onnx raises many classes for damaged contents
        raise ModelError(f"damaged ONNX file: {path}: {line(error)}") from error
    source = f"{model.producer_name}, opset {version}"
    facts = {"range": [0, 1]} if _range_of(model) == "[0, 1]" else {}
    return Read(tuple(with_names(nodes)), constants, inputs, outputs, source, declared(facts))


def _range_of(model: Any) -> str:
    """Return the range that the file declares, as ``onnx_writer`` writes it; '' if it does not."""
    own = model.producer_name == "tilegan"
    return next((entry.value for entry in model.metadata_props if own and entry.key == "range"), "")


def _shape(value: Any) -> tuple[int | None, ...]:
    sides = value.type.tensor_type.shape.dim
    return tuple(side.dim_value if side.HasField("dim_value") and side.dim_value > 0 else None for side in sides)


class _Weights:
    """Reads tensors of a file, and of others in its folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder.resolve()
        self._left: dict[Path, int] = {}  # bytes, by the other file

    def array(self, tensor: Any) -> Array:
        """Return a tensor."""
        from onnx import TensorProto, helper, numpy_helper

        size = prod(int(side) for side in tensor.dims)
        if any(side < 0 for side in tensor.dims) or size * 8 > MOST_BYTES:
            raise ModelError(f"the tensor '{tensor.name}' has a shape of {list(tensor.dims)}")
        if tensor.data_location == TensorProto.EXTERNAL:
            kind = np.dtype(helper.tensor_dtype_to_np_dtype(tensor.data_type))
            return plain(np.frombuffer(self._external(tensor, size * kind.itemsize), kind).reshape(tensor.dims))
        return plain(numpy_helper.to_array(tensor))

    def _external(self, tensor: Any, size: int) -> bytes:
        """Return the bytes of a tensor that lies in another file."""
        entries = {entry.key: entry.value for entry in tensor.external_data}
        place = (self._folder / entries.get("location", "")).resolve()
        if not place.is_relative_to(self._folder):
            raise ModelError(f"the tensor '{tensor.name}' lies outside of the file's folder: {entries.get('location')}")
        if not place.is_file():
            raise ModelError(f"the tensor '{tensor.name}' lies in a file that is missing: {place.name}")
        start, length, whole = int(entries.get("offset", 0)), int(entries.get("length", size)), place.stat().st_size
        if start < 0 or length != size or start + size > whole:
            raise ModelError(f"the tensor '{tensor.name}' is not whole in {place.name}")
        self._left[place] = self._left.get(place, LARGER * whole) - size
        if self._left[place] < 0:
            raise ModelError(f"the tensors in {place.name} are together far larger than it")
        with place.open("rb") as file:
            file.seek(start)
            found: bytes = file.read(size)
        return found


def _constant(entry: Any, weights: _Weights) -> Array:
    value = entry.attribute[0]
    if value.name == "value":
        return weights.array(value.t)
    if value.name in ("value_float", "value_floats", "value_int", "value_ints"):
        return plain(np.array(_attribute(value)))
    raise ModelError(f"a constant of kind '{value.name}' is not supported")


def _node(entry: Any, number: int, version: int, constants: dict[str, Array]) -> Node:
    name = entry.name or f"{entry.op_type}_{number}"
    if entry.domain not in ("", "ai.onnx"):
        raise ModelError(f"{name} ({entry.op_type}) is a custom operator of '{entry.domain}': it cannot be run")
    if entry.op_type not in FUNCTIONS:
        raise ModelError(f"{name} ({entry.op_type}) is not supported: no operator '{entry.op_type}'")
    attributes = {value.name: _attribute(value) for value in entry.attribute}
    match entry.op_type:
        case "Softmax" | "LogSoftmax":
            attributes.setdefault("axis", -1 if version >= 13 else 1)
        case "Resize" if version < 11:
            attributes |= {"coordinate_transformation_mode": "asymmetric", "nearest_mode": "floor"}
        case "Split":
            attributes["outputs"] = len(entry.output)
        case "QuantizeLinear":
            zero = constants.get(entry.input[2]) if len(entry.input) > 2 else None
            kind = np.dtype(np.uint8) if zero is None else zero.dtype
            attributes["limits"] = [int(np.iinfo(kind).min), int(np.iinfo(kind).max)]
    return Node(entry.op_type, name, tuple(entry.input), tuple(entry.output), attributes)


def _attribute(value: Any) -> Any:
    from onnx import AttributeProto, helper, numpy_helper

    if value.type in (AttributeProto.GRAPH, AttributeProto.GRAPHS):
        raise ModelError("a network with branches or loops is not supported: export it by tracing")
    found = helper.get_attribute_value(value)
    match value.type:
        case AttributeProto.TENSOR:
            array = numpy_helper.to_array(found)
            return array.flatten()[0].item() if array.size == 1 else array.tolist()
        case AttributeProto.STRING:
            return found.decode()
        case AttributeProto.FLOAT | AttributeProto.INT:
            return found
        case AttributeProto.FLOATS | AttributeProto.INTS:
            return list(found)
        case AttributeProto.STRINGS:
            return [each.decode() for each in found]
    raise ModelError(f"an attribute '{value.name}' of this kind is not supported")


READER = Reader((".onnx",), read_onnx, "ONNX")
