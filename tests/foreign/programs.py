"""Programs of torch.export written by hand, so that tests need no exporter, and files that none writes."""

import json
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

SIDES = [{"as_int": 1}, {"as_int": 3}, {"as_expr": {"expr_str": "s0"}}, {"as_expr": {"expr_str": "s1"}}]


def tensor(name: str) -> dict[str, Any]:
    return {"as_tensor": {"name": name}}


def node(target: str, inputs: dict[str, Any], output: str = "made") -> dict[str, Any]:
    given = [{"name": name, "arg": value} for name, value in inputs.items()]
    return {"target": target, "name": output, "inputs": given, "outputs": [tensor(output)], "metadata": {}}


def entry(shape: Sequence[int], **more: Any) -> dict[str, Any]:
    """What the archive says of a weight."""
    strides = [int(np.prod(shape[axis + 1 :])) for axis in range(len(shape))]
    meta = {"dtype": 7, "sizes": [{"as_int": side} for side in shape], "storage_offset": {"as_int": 0}}
    meta["strides"] = [{"as_int": stride} for stride in strides]
    return {"path_name": "weight_0", "use_pickle": False, "tensor_meta": meta} | more


def write(path: Path, nodes: list[dict[str, Any]], stored: dict[str, Any] | None = None, data: bytes = b"") -> Path:
    """Write a program of one image, whose output is 'made', and of one weight 'w', if it is given."""
    stored = stored or {}
    specs: list[dict[str, Any]] = [{"parameter": {"arg": {"name": "w"}, "parameter_name": "w"}}] if stored else []
    specs.append({"user_input": {"arg": tensor("image")}})
    signature = {"input_specs": specs, "output_specs": [{"user_output": {"arg": tensor("made")}}]}
    graph = {"nodes": nodes, "tensor_values": {"image": {"sizes": SIDES}}}
    program = {"schema_version": {"major": 8}, "graph_module": {"graph": graph, "signature": signature}}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr("x/models/model.json", json.dumps(program))
        archive.writestr("x/data/weights/model_weights_config.json", json.dumps({"config": stored}))
        archive.writestr("x/data/weights/weight_0", data)
    return path
