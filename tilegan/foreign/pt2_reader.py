"""Read networks of torch.export (.pt2) as data.

``torch.export.load`` unpickles: sample inputs, custom objects, and weights that are marked so, without torch's
restriction to tensors. So the parts of the archive are read here: the program, which is JSON, and the bytes of the
weights. No other part is opened.
"""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch

from tilegan.errors import ModelError
from tilegan.foreign.archive import Archive
from tilegan.foreign.aten import converted
from tilegan.foreign.aten_builder import Call, Ref
from tilegan.foreign.read import FACTS, Array, OtherKindError, Read, Reader, Sides, declared, line

VERSION = 8  # of the program's schema, as of torch 2.13
# by the numbers of ``torch._export.serde.schema.ScalarType``
KINDS = {
    **{1: torch.uint8, 2: torch.int8, 3: torch.int16, 4: torch.int32, 5: torch.int64},
    **{6: torch.float16, 7: torch.float32, 8: torch.float64, 12: torch.bool, 13: torch.bfloat16},
}
PLAIN = ("as_int", "as_float", "as_bool", "as_string", "as_ints", "as_floats", "as_bools", "as_strings")
IGNORED = ("as_none", "as_memory_format", "as_layout", "as_device")


def read_pt2(path: Path) -> Read:
    """Read a program of torch.export.

    Raises:
        OtherKindError: it is another archive of torch.
        ModelError: it is none, is damaged, or has an operator that is not known.
    """
    with Archive(path) as archive:
        models = [name for name in archive.names if name.startswith("models/") and name.endswith(".json")]
        if "serialized_exported_program.json" in archive.names:
            raise ModelError(
                f"{path} has the form of older versions of torch: load it there, and export it with torch 2.13"
            )
        if len(models) != 1:
            raise OtherKindError(f"no network of torch.export: {path}: it has {len(models)} programs")
        try:
            program = json.loads(archive.read(models[0]))
            name = models[0].removeprefix("models/").removesuffix(".json")
            version = program["schema_version"]["major"]
            if version != VERSION:
                raise ModelError(f"its schema has version {version}, not {VERSION}: export it with torch 2.13")
            return _network(program, archive, name)
        except ModelError as error:
            named = str(error).startswith(str(path))  # those of the archive
            raise (error if named else ModelError(f"{path}: {error}")) from error
        except Exception as error:  # of json, numpy and torch, by what a damaged file says
            raise ModelError(f"damaged network of torch.export: {path}: {line(error)}") from error


def _network(program: Mapping[str, Any], archive: Archive, name: str) -> Read:
    module = program["graph_module"]
    graph, signature = module["graph"], module["signature"]
    stored = _tensors(archive, "weights", name) | _tensors(archive, "constants", name)
    constants, inputs = {}, {}
    for spec in signature["input_specs"]:
        ((kind, entry),) = spec.items()
        if kind == "user_input":
            value = str(_argument(entry["arg"]))
            inputs[value] = _sides(graph["tensor_values"][value]["sizes"])
            continue
        tensor = next((entry[key] for key in entry if key.endswith("_name")), None)
        if kind not in ("parameter", "buffer", "tensor_constant") or tensor not in stored:
            raise ModelError(f"it needs '{tensor}', which is no tensor: export it without custom objects")
        constants[str(entry["arg"]["name"])] = stored[tensor]
    outputs = [
        str(_argument(spec["user_output"]["arg"])) for spec in signature["output_specs"] if "user_output" in spec
    ]
    facts = f"extra/{FACTS}"
    known = declared(json.loads(archive.read(facts))) if facts in archive.names else {}
    source = f"torch.export, torch {program.get('torch_version', 'unknown')}"
    return converted(_calls(graph), constants, inputs, outputs, source, known)


def _tensors(archive: Archive, kind: str, name: str) -> dict[str, Array]:
    config = f"data/{kind}/{name}_{kind}_config.json"
    if config not in archive.names:
        return {}
    found = {}
    for key, entry in json.loads(archive.read(config))["config"].items():
        meta = entry["tensor_meta"]
        if entry["use_pickle"] or meta is None:
            raise ModelError(f"'{key}' is a pickled object, which is not opened: export it with plain tensors")
        found[str(key)] = _tensor(archive.read(f"data/{kind}/{entry['path_name']}"), meta, str(key))
    return found


def _tensor(data: bytes, meta: Mapping[str, Any], key: str) -> Array:
    if meta["dtype"] not in KINDS:
        raise ModelError(f"'{key}' is a tensor of an unknown type")
    shape, strides = ([int(side["as_int"]) for side in meta[part]] for part in ("sizes", "strides"))
    start, kind = int(meta["storage_offset"]["as_int"]), KINDS[meta["dtype"]]
    last = start + sum((side - 1) * stride for side, stride in zip(shape, strides, strict=True))
    if any(side < 0 for side in (*shape, *strides, start)):
        raise ModelError(f"the tensor '{key}' has a shape of {shape}")
    if 0 in shape:
        return np.zeros(shape, np.float32)
    if (last + 1) * kind.itemsize > len(data):
        raise ModelError(f"the tensor '{key}' of {shape} is not whole")
    if np.prod(shape, dtype=object) * kind.itemsize > len(data):
        raise ModelError(f"the tensor '{key}' of {shape} is larger than its bytes")
    whole = torch.frombuffer(bytearray(data), dtype=kind, count=len(data) // kind.itemsize)
    made = whole.as_strided(shape, strides, start)
    return made.float().numpy() if kind.is_floating_point else made.contiguous().numpy()


def _sides(sizes: list[dict[str, Any]]) -> Sides:
    found = (side.get("as_int") for side in sizes)
    return tuple(side if isinstance(side, int) and side > 0 else None for side in found)


def _calls(graph: Mapping[str, Any]) -> Iterator[Call]:
    for number, node in enumerate(graph["nodes"]):
        target = str(node["target"])
        name = str(node.get("name") or f"{target}_{number}")
        if target.startswith("torch.ops.aten."):
            target = target.split(".")[3]
        elif target.startswith("_operator."):
            target = target[1:]
        elif target.startswith("torch.ops.") and not target.startswith("torch.ops.higher_order."):
            raise ModelError(f"{name} is a custom operator, '{target}': it cannot be run")
        arguments = {str(each["name"]): _argument(each["arg"]) for each in node["inputs"]}
        outputs: list[str] = []
        for output in node["outputs"]:
            found = _argument(output)
            outputs += [str(each) for each in found] if isinstance(found, list) else [str(found)]
        yield Call(target, name, arguments, tuple(outputs))


def _argument(value: Mapping[str, Any]) -> Any:
    """Return an argument of a call: a number, a text, a Ref or a list."""
    kind, inner = next(iter(value.items()))
    if kind in PLAIN:
        return inner
    if kind in IGNORED:
        return None
    match kind:
        case "as_tensor" | "as_optional_tensor" if "name" in inner:
            return Ref(inner["name"])
        case "as_optional_tensor":
            return _argument(inner)
        case "as_name":
            return Ref(inner)
        case "as_sym_int" | "as_sym_float" | "as_sym_bool":
            return _argument(inner)
        case "as_tensors":
            return [Ref(each["name"]) for each in inner]
        case "as_sym_ints" | "as_optional_tensors" | "as_sym_floats":
            return [_argument(each) for each in inner]
        case "as_scalar_type":
            return int(inner)
    return str(kind)  # of no operator that is known


READER = Reader((".pt2",), read_pt2, "torch.export")
