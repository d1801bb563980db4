"""Programs of torch.export: what is read, and what is refused without being opened."""

import io
import json
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from tilegan.errors import ModelError
from tilegan.foreign.pt2_reader import read_pt2
from tilegan.pipelines import network_info

ONE = np.eye(3, dtype=np.float32).reshape(3, 3, 1, 1)
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


class Evil:
    def __reduce__(self) -> tuple[object, ...]:
        return (Path("stolen").touch, ())


def convolution(weight: str = "w") -> dict[str, object]:
    return node("torch.ops.aten.conv2d.default", {"input": tensor("image"), "weight": tensor(weight)})


def refused(path: Path, words: str) -> None:
    with pytest.raises(ModelError, match=words) as caught:
        network_info(path)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 600


def test_a_program_is_read_as_data(tmp_path: Path) -> None:
    path = write(tmp_path / "x.pt2", [convolution()], {"w": entry(ONE.shape)}, ONE.tobytes())
    found = read_pt2(path)
    assert found.inputs == {"image": (1, 3, None, None)}
    info = network_info(path)
    assert (info.verdict.words, info.known["range"]) == ("exact with halo 0", "assumed")


def test_bytes_with_strides_are_read_as_torch_reads_them(tmp_path: Path) -> None:
    data = torch.arange(18.0)
    stored = entry((3, 3, 1, 1))
    stored["tensor_meta"]["strides"] = [{"as_int": side} for side in (1, 6, 1, 1)]
    stored["tensor_meta"]["storage_offset"] = {"as_int": 3}
    path = write(tmp_path / "x.pt2", [convolution()], {"w": stored}, data.numpy().tobytes())
    expected = data.as_strided((3, 3, 1, 1), (1, 6, 1, 1), 3).numpy()
    assert (read_pt2(path).constants["w"] == expected).all()


@pytest.mark.parametrize(
    ("stored", "data", "words"),
    [
        (entry((3, 3, 1, 1)), b"\0" * 8, "not whole"),
        (entry((2**31, 2**20, 1, 1)), b"\0" * 64, "not whole"),
        (entry((3, 3, 1, 1), use_pickle=True), ONE.tobytes(), "pickled object, which is not opened"),
        (entry((3, 3, 1, 1), path_name="../../secret"), ONE.tobytes(), "has no part"),
        (entry((3, 3, 1, 1), tensor_meta={"dtype": 99}), ONE.tobytes(), "unknown type"),
        (entry((-1, 3, 1, 1)), ONE.tobytes(), "a shape of"),
    ],
)
def test_weights_that_are_not_there(tmp_path: Path, stored: dict[str, object], data: bytes, words: str) -> None:
    refused(write(tmp_path / "x.pt2", [convolution()], {"w": stored}, data), words)


def test_no_more_memory_is_taken_than_a_tensor_has_bytes(tmp_path: Path) -> None:
    stored = entry((2**20, 2**20, 1, 1))
    stored["tensor_meta"]["strides"] = [{"as_int": 0}] * 4
    refused(write(tmp_path / "x.pt2", [convolution()], {"w": stored}, ONE.tobytes()), "larger than its bytes")


def test_a_part_that_is_asked_for_again_and_again(tmp_path: Path) -> None:
    stored = {f"w{number}": entry((2**18,)) for number in range(9)}
    refused(write(tmp_path / "x.pt2", [convolution()], stored, bytes(2**20)), "asks for its parts again and again")


def test_copies_without_end(tmp_path: Path) -> None:
    copies = {"self": tensor("image"), "repeats": {"as_int": 10**9}, "dim": {"as_int": 2}}
    program = [node("torch.ops.aten.repeat_interleave.self_int", copies)]
    refused(write(tmp_path / "x.pt2", program), "1,000,000,000 copies")


def test_operators_that_are_not_torchs_own(tmp_path: Path) -> None:
    evil = node("torch.ops.evil.run.default", {"self": tensor("image")})
    refused(write(tmp_path / "x.pt2", [evil]), "custom operator, 'torch.ops.evil.run.default'")
    for target in ("os.system", "torch.ops.higher_order.cond", "torch.ops.aten.eval.default"):
        refused(write(tmp_path / "x.pt2", [node(target, {"self": tensor("image")})]), "not supported")
    refused(write(tmp_path / "x.pt2", [convolution("nobody")]), "nobody")
    refused(write(tmp_path / "x.pt2", [node("torch.ops.aten.relu.default", {"self": {}})]), "damaged")


def test_pickles_in_an_archive_are_not_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    path = write(tmp_path / "x.pt2", [convolution()], {"w": entry(ONE.shape)}, ONE.tobytes())
    buffer = io.BytesIO()
    torch.save(Evil(), buffer)
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("x/data/sample_inputs/model.pt", buffer.getvalue())
        archive.writestr("x/data/constants/custom_obj_0", buffer.getvalue())
    assert network_info(path).verdict.exact
    constants = {"config": {"w": entry(ONE.shape, use_pickle=True, path_name="custom_obj_0", tensor_meta=None)}}
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("x/data/constants/model_constants_config.json", json.dumps(constants))
    refused(path, "pickled object")
    for name, comment in (("y/data/x", b""), ("X/Models/model.json", b""), ("x/other", b"hidden")):
        with zipfile.ZipFile(write(path, [convolution()]), "a") as archive:
            archive.writestr(name, "")
            archive.comment = comment
        refused(path, "it has a comment, or parts of one name")
    assert not (tmp_path / "stolen").exists()


def test_other_and_damaged_archives(tmp_path: Path) -> None:
    path = write(tmp_path / "x.pt2", [convolution()], {"w": entry(ONE.shape)}, ONE.tobytes())
    whole = path.read_bytes()
    for length in (0, 100, len(whole) // 2, len(whole) - 30):
        path.write_bytes(whole[:length])
        refused(path, "not an archive of torch, or not whole")
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("x/models/model.json", bytes(2**24))
    refused(path, "would unpack to 16,777,216 bytes")
    for text, words in (
        ("[1", "damaged"),
        ('{"schema_version": {"major": 99}}', "version 99"),
        ("[" * 9999, "damaged"),
    ):
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("x/models/model.json", text)
        refused(path, words)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("serialized_exported_program.json", "")
    refused(path, "older versions")
    torch.save({"w": torch.zeros(3)}, path)
    refused(path, "0 programs")
