"""Files that are damaged, or that want more than to be read: one line, and nothing is executed or opened."""

from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from onnx import TensorProto, helper, numpy_helper

from tilegan.errors import ModelError
from tilegan.foreign.graph import Graph
from tilegan.foreign.onnx_reader import read_onnx
from tilegan.networks.build import build_generator
from tilegan.pipelines import network_info

ONE = np.ones((3, 3, 1, 1), np.float32)


def network(node: Any, weight: Any = None, **more: Any) -> Any:
    """A network of one node, of the input 'image' and the weight 'w'."""
    sides = (1, 3, "height", "width")
    inputs = [helper.make_tensor_value_info("image", TensorProto.FLOAT, sides)]
    outputs = [helper.make_tensor_value_info("made", TensorProto.FLOAT, sides)]
    stored = [numpy_helper.from_array(ONE, "w") if weight is None else weight]
    graph = helper.make_graph([node], "graph", inputs, outputs, stored)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], **more)


def refused(model: Any, folder: Path, words: str) -> None:
    path = folder / "network.onnx"
    path.write_bytes(model if isinstance(model, bytes) else model.SerializeToString())
    with pytest.raises(ModelError, match=words) as caught:
        network_info(path)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 600


def convolution() -> Any:
    return helper.make_node("Conv", ["image", "w"], ["made"])


def external(location: str, **entries: str) -> Any:
    tensor = TensorProto(name="w", data_type=TensorProto.FLOAT, dims=ONE.shape)
    tensor.data_location = TensorProto.EXTERNAL
    for key, value in {"location": location, **entries}.items():
        tensor.external_data.add(key=key, value=value)
    return tensor


@pytest.mark.parametrize("data", [b"", b"no network", b"\x80\x04N.", b"PK\x03\x04" + bytes(100), bytes(1000)])
def test_other_files(tmp_path: Path, data: bytes) -> None:
    refused(data, tmp_path, "not an ONNX")


def test_a_truncated_file(tmp_path: Path) -> None:
    whole = network(convolution()).SerializeToString()
    for length in range(1, len(whole), 19):
        (tmp_path / "network.onnx").write_bytes(whole[:length])
        with suppress(ModelError):  # nothing else; what is cut off may be the name of its author
            network_info(tmp_path / "network.onnx")


def test_custom_operators(tmp_path: Path) -> None:
    refused(network(helper.make_node("Run", ["image"], ["made"], domain="evil")), tmp_path, "custom operator of 'evil'")
    refused(network(helper.make_node("Hardmax", ["image"], ["made"], name="n")), tmp_path, r"n \(Hardmax\) is not supp")


def test_branches(tmp_path: Path) -> None:
    inner = network(convolution()).graph
    node = helper.make_node("Relu", ["image"], ["made"], body=inner)
    refused(network(node), tmp_path, "branches or loops")


@pytest.mark.parametrize("place", ["../secret", "/etc/passwd", "link/secret", ""])
def test_weights_outside_of_the_folder_are_not_opened(tmp_path: Path, place: str) -> None:
    folder = tmp_path / "inside"
    folder.mkdir()
    (tmp_path / "secret").write_bytes(ONE.tobytes())
    (folder / "link").symlink_to(tmp_path)
    refused(network(convolution(), external(place)), folder, "outside of the file's folder|is missing")


def test_weights_beside_the_file(tmp_path: Path) -> None:
    (tmp_path / "weights").write_bytes(bytes(4) + ONE.tobytes())
    (tmp_path / "network.onnx").write_bytes(network(convolution(), external("weights", offset="4")).SerializeToString())
    assert (read_onnx(tmp_path / "network.onnx").constants["w"] == ONE).all()
    for wrong in ({"offset": "5"}, {"length": "1"}, {"offset": "-4"}):
        refused(network(convolution(), external("weights", **wrong)), tmp_path, "not whole")


def test_weights_that_are_one_file_again_and_again(tmp_path: Path) -> None:
    (tmp_path / "weights").write_bytes(ONE.tobytes())
    model = network(convolution())
    for number in range(5):
        tensor = external("weights")
        tensor.name = f"w{number}"
        model.graph.initializer.append(tensor)
    refused(model, tmp_path, "together far larger")


@pytest.mark.parametrize("dims", [(2**40,), (3, 3, 1, 2), (-1,), (2**31, 2**31, 2**31)])
def test_weights_that_are_not_there(tmp_path: Path, dims: tuple[int, ...]) -> None:
    tensor = TensorProto(name="w", data_type=TensorProto.FLOAT, dims=dims, raw_data=ONE.tobytes())
    refused(network(convolution(), tensor), tmp_path, "shape|damaged")


def test_values_that_nothing_makes(tmp_path: Path) -> None:
    refused(network(helper.make_node("Add", ["image", "nobody"], ["made"])), tmp_path, "nobody")


def test_a_network_that_makes_no_image(tmp_path: Path) -> None:
    refused(network(helper.make_node("ReduceMean", ["image"], ["made"])), tmp_path, "makes")
    refused(network(helper.make_node("Greater", ["image", "zero"], ["made"]), zero()), tmp_path, "makes bool")
    refused(network(helper.make_node("Mul", ["image", "zero"], ["made"]), zero()), tmp_path, "no picture")


def zero() -> Any:
    return numpy_helper.from_array(np.zeros((), np.float32), "zero")


BOMBS: dict[str, tuple[str, list[Any]]] = {
    "filled": ("ConstantOfShape", [[2**15, 2**15]]),
    "broadcast": ("Mul", [np.ones((2**15, 1), np.float32), np.ones((1, 2**15), np.float32)]),
    "multiplied": ("MatMul", [np.ones((2**15, 1), np.float32), np.ones((1, 2**15), np.float32)]),
    "repeated": ("Tile", [np.ones((1, 1), np.float32), [2**15, 2**15]]),
    "picked": ("Gather", [np.ones((1, 2**15), np.float32), [0] * 2**15]),
    "padded": ("Pad", [np.ones((1, 1, 1, 1), np.float32), [0, 0, 0, 0, 0, 0, 2**15, 2**15]]),
    "resized": ("Upsample", [np.ones((1, 1, 1, 1), np.float32), np.array([1, 1, 2**15, 2**15], np.float32)]),
}


@pytest.mark.parametrize("name", BOMBS)
def test_constants_that_would_take_all_memory(tmp_path: Path, name: str) -> None:
    operator, values = BOMBS[name]
    inputs = [f"v{number}" for number in range(len(values))]
    model = network(helper.make_node(operator, inputs, ["large"]))
    model.graph.node.append(helper.make_node("Add", ["image", "large"], ["made"]))
    for label, value in zip(inputs, values, strict=True):
        model.graph.initializer.append(numpy_helper.from_array(np.asarray(value), label))
    refused(model, tmp_path, r"cannot be computed: a tensor of \[")


def test_constants_that_double_again_and_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tilegan.foreign.folding.MOST_READING", 2**12)
    nodes = [helper.make_node("Concat", [f"v{n}", f"v{n}"], [f"v{n + 1}"], axis=0) for n in range(40)]
    model = network(nodes[0], numpy_helper.from_array(np.ones(4, np.float32), "v0"))
    model.graph.node.extend([*nodes[1:], helper.make_node("Add", ["image", "v40"], ["made"])])
    refused(model, tmp_path, "far larger than the file's weights")


def test_a_network_that_would_take_all_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tilegan.foreign.prepare.MOST_NODES", 1)
    model = network(helper.make_node("Relu", ["image"], ["v"]))
    model.graph.node.append(helper.make_node("Tanh", ["v"], ["made"]))
    refused(model, tmp_path, "2 nodes: 1 are possible")


@pytest.mark.parametrize(
    ("sides", "words"), [(("height", "width"), r"takes [\d.]+ GiB for 256 x 256 pixels"), ((2**31, 99), "4096 a side")]
)
def test_images_that_would_take_all_memory(tmp_path: Path, sides: tuple[Any, Any], words: str) -> None:
    factors = numpy_helper.from_array(np.array([1, 1, 256, 256], np.float32), "w")
    model = network(helper.make_node("Upsample", ["image", "w"], ["large"]), factors)
    model.graph.node.append(helper.make_node("MaxPool", ["large"], ["made"], kernel_shape=[8, 8], strides=[256, 256]))
    model.graph.input[0].CopyFrom(helper.make_tensor_value_info("image", TensorProto.FLOAT, (1, 3, *sides)))
    refused(model, tmp_path, words)


def test_damaged_graphs_of_models() -> None:
    whole = {"image": "x", "output": "y", "nodes": [["Relu", "r:", ["x"], ["y"], {}]], "constants": {}, "shapes": {}}
    assert Graph.of(whole).data() == whole
    for wrong in (
        {"nodes": [["Relu", "r:", ["z"], ["y"], {}]]},
        {"nodes": [["Relu", "r:", ["x"], ["z"], {}]]},
        {"nodes": [["Relu"]]},
        {"nodes": 5},
        {"nodes": [["eval", "r:", ["x"], ["y"], {}]]},
        {"constants": {"c": ["object", [1], [1]]}},
        {"constants": {"c": ["int64", [2], [1]]}},
        {"shapes": {"w": ["a"]}},
    ):
        with pytest.raises(ModelError):
            build_generator({"name": "graph", "graph": whole | wrong, "values": {}})
    for values in ({"range": "0-7"}, {"mean": [1]}, {"deviation": [0, 1, 1]}, {"code": "x"}):
        with pytest.raises(ModelError):
            build_generator({"name": "graph", "graph": whole, "values": values})
    huge = whole | {"shapes": {"w": [2**62]}, "nodes": [["Add", "r:", ["x", "w"], ["y"], {}]]}
    with pytest.raises(ModelError):
        build_generator({"name": "graph", "graph": huge, "values": {}})
