"""Operators of graphs, against ONNX Runtime."""

from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from tilegan.foreign.folding import folded
from tilegan.foreign.onnx_reader import read_onnx
from tilegan.foreign.values import Values
from tilegan.networks.graph import GraphGenerator

SIDES = (1, 3, 12, 10)
RANDOM = np.random.default_rng(0)


def weights(*shape: int) -> NDArray[np.float32]:
    return RANDOM.standard_normal(shape).astype(np.float32)


def integers(*values: int) -> NDArray[np.int64]:
    return np.array(values, np.int64)


def floats(*values: float) -> NDArray[np.float32]:
    return np.array(values, np.float32)


Case = tuple[str, dict[str, Any], list[NDArray[Any] | None]]
PLAIN = [
    *("Abs", "Neg", "Exp", "Sin", "Cos", "Erf", "Sign", "Floor", "Ceil", "Round", "Reciprocal", "Identity"),
    *("Relu", "Sigmoid", "Tanh", "Softplus", "Softsign", "Mish", "HardSwish", "HardSigmoid", "Selu"),
]
CASES: list[Case] = [
    *((name, {}, []) for name in PLAIN),
    ("HardSigmoid", {"alpha": 0.3, "beta": 0.4}, []),
    ("LeakyRelu", {"alpha": 0.2}, []),
    ("Elu", {"alpha": 1.5}, []),
    ("Gelu", {}, []),
    ("Gelu", {"approximate": "tanh"}, []),
    ("PRelu", {}, [weights(3, 1, 1)]),
    ("Clip", {}, [np.float32(-0.5), np.float32(0.5)]),
    ("Clip", {}, [None, np.float32(0.5)]),
    ("Add", {}, [weights(1, 3, 1, 1)]),
    ("Sub", {}, [np.float32(0.5)]),
    ("Mul", {}, [weights(3, 1, 1)]),
    ("Div", {}, [floats(2, 3, 4).reshape(3, 1, 1)]),
    ("Pow", {}, [np.float32(2)]),
    ("Pow", {}, [floats(3)]),
    ("Max", {}, [weights(1, 3, 1, 1), np.float32(0)]),
    ("Min", {}, [weights(1, 3, 1, 1)]),
    ("Sum", {}, [weights(1, 3, 1, 1)]),
    ("Softmax", {"axis": 1}, []),
    ("LogSoftmax", {}, []),
    ("Cast", {"to": TensorProto.FLOAT}, []),
    ("Conv", {"pads": [1, 1, 1, 1]}, [weights(4, 3, 3, 3), weights(4)]),
    ("Conv", {"pads": [0, 1, 2, 1], "strides": [2, 1]}, [weights(4, 3, 3, 3)]),
    ("Conv", {"pads": [2, 2, 2, 2], "dilations": [2, 2], "group": 3}, [weights(6, 1, 3, 3)]),
    ("Conv", {"auto_pad": "SAME_UPPER", "strides": [2, 2]}, [weights(4, 3, 3, 3)]),
    ("Conv", {"auto_pad": "SAME_LOWER"}, [weights(4, 3, 2, 2)]),
    ("Conv", {"auto_pad": "VALID"}, [weights(4, 3, 2, 2)]),
    ("ConvTranspose", {"strides": [2, 2], "pads": [1, 1, 1, 1]}, [weights(3, 4, 4, 4), weights(4)]),
    ("ConvTranspose", {"strides": [2, 2], "pads": [0, 0, 1, 1]}, [weights(3, 4, 3, 3)]),
    ("ConvTranspose", {"strides": [2, 2], "pads": [1, 1, 1, 1], "output_padding": [1, 1]}, [weights(3, 4, 3, 3)]),
    ("ConvTranspose", {"strides": [2, 2], "group": 3}, [weights(3, 2, 2, 2)]),
    ("ConvTranspose", {"strides": [2, 2], "auto_pad": "SAME_UPPER"}, [weights(3, 4, 3, 3)]),
    ("MaxPool", {"kernel_shape": [2, 2], "strides": [2, 2]}, []),
    ("MaxPool", {"kernel_shape": [3, 3], "pads": [0, 0, 1, 1]}, []),
    ("AveragePool", {"kernel_shape": [2, 2], "strides": [2, 2]}, []),
    ("AveragePool", {"kernel_shape": [3, 3], "pads": [1, 1, 1, 1]}, []),
    ("AveragePool", {"kernel_shape": [3, 3], "pads": [1, 1, 1, 1], "count_include_pad": 1}, []),
    ("GlobalAveragePool", {}, []),
    ("GlobalMaxPool", {}, []),
    ("Pad", {"mode": "reflect"}, [integers(0, 0, 1, 2, 0, 0, 3, 4)]),
    ("Pad", {"mode": "edge"}, [integers(0, 0, 1, 2, 0, 0, 3, 4)]),
    ("Pad", {}, [integers(0, 0, 1, 2, 0, 0, 3, 4), np.float32(2)]),
    ("Pad", {}, [integers(1, 2, 3, 4), None, integers(2, 3)]),
    ("Pad", {"mode": "reflect"}, [integers(0, 1, 2, 0, 0, 1, 1, 0)]),
    ("Resize", {"mode": "nearest"}, [None, floats(1, 1, 2, 3)]),
    (
        "Resize",
        {"mode": "nearest", "nearest_mode": "floor", "coordinate_transformation_mode": "asymmetric"},
        [None, floats(1, 1, 0.5, 0.5)],
    ),
    ("Resize", {"mode": "linear"}, [None, floats(1, 1, 2, 2)]),
    ("Resize", {"mode": "linear"}, [None, None, integers(1, 3, 6, 5)]),
    ("Resize", {"mode": "linear", "coordinate_transformation_mode": "align_corners"}, [None, floats(1, 1, 2, 2)]),
    ("Resize", {"mode": "cubic", "coordinate_transformation_mode": "pytorch_half_pixel"}, [None, floats(1, 1, 2, 2)]),
    ("InstanceNormalization", {"epsilon": 1e-3}, [weights(3), weights(3)]),
    ("BatchNormalization", {}, [weights(3), weights(3), weights(3), np.abs(weights(3))]),
    ("LayerNormalization", {"axis": -1}, [weights(10), weights(10)]),
    ("Reshape", {}, [integers(0, -1, 10)]),
    ("Transpose", {"perm": [0, 2, 3, 1]}, []),
    ("Flatten", {"axis": 2}, []),
    ("Unsqueeze", {}, [integers(0, -1)]),
    ("Squeeze", {}, [integers(0)]),
    ("Concat", {"axis": 1}, [weights(1, 2, 12, 10)]),
    ("Slice", {}, [integers(1, 2), integers(100, -1), integers(2, 3), integers(2, 1)]),
    ("Slice", {}, [integers(-1), integers(-100), integers(1), integers(-1)]),
    ("Gather", {"axis": 1}, [integers(2, 1, 0)]),
    ("Gather", {"axis": 2}, [np.int64(3)]),
    ("Expand", {}, [integers(2, 3, 12, 10)]),
    ("Tile", {}, [integers(1, 1, 2, 1)]),
    ("SpaceToDepth", {"blocksize": 2}, []),
    ("ReduceMean", {"keepdims": 0}, [integers(2, 3)]),
    ("ReduceSum", {}, [integers(1)]),
    ("ReduceMax", {}, [integers(1)]),
    ("ReduceMin", {"keepdims": 0}, [integers(-1)]),
    ("ReduceL2", {}, [integers(1)]),
    ("ReduceProd", {}, [integers(1)]),
    ("ReduceMean", {}, []),
    ("MatMul", {}, [weights(10, 4)]),
]


def model_of(nodes: list[Any], constants: dict[str, NDArray[Any]], opset: int = 20) -> Any:
    """A model with the input 'image' and the output 'made'."""
    inputs = [helper.make_tensor_value_info("image", TensorProto.FLOAT, SIDES)]
    outputs = [helper.make_tensor_value_info("made", TensorProto.FLOAT, None)]
    stored = [numpy_helper.from_array(np.asarray(value), name) for name, value in constants.items()]
    graph = helper.make_graph(nodes, "graph", inputs, outputs, stored)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=9)


def made_by_both(model: Any, folder: Path) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """What this package and ONNX Runtime make of one random image."""
    path = folder / "network.onnx"
    onnx.save(model, str(path))
    graph, tensors = folded(read_onnx(path), "image", "made", {})
    network = GraphGenerator(graph.data(), Values().data())
    network.load_tensors(tensors)
    image = RANDOM.uniform(-2, 2, SIDES).astype(np.float32)
    with torch.no_grad():
        ours = network.run(torch.from_numpy(image)).numpy()
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    return ours, np.asarray(session.run(["made"], {"image": image})[0])


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case[0]} {' '.join(map(str, case[1]))}")
def test_as_in_onnx_runtime(case: Case, tmp_path: Path) -> None:
    operator, attributes, values = case
    names = [f"constant.{number}" if value is not None else "" for number, value in enumerate(values)]
    constants = {name: value for name, value in zip(names, values, strict=True) if value is not None}
    node = helper.make_node(operator, ["image", *names], ["made"], name="node.1", **attributes)
    ours, theirs = made_by_both(model_of([node], constants), tmp_path)
    assert ours.shape == theirs.shape
    assert np.allclose(ours, theirs, rtol=1e-4, atol=1e-5)


def test_depth_to_space_of_both_orders(tmp_path: Path) -> None:
    for mode in ("DCR", "CRD"):
        conv = helper.make_node("Conv", ["image", "weight"], ["deep"])
        shuffle = helper.make_node("DepthToSpace", ["deep"], ["made"], blocksize=2, mode=mode)
        ours, theirs = made_by_both(model_of([conv, shuffle], {"weight": weights(12, 3, 1, 1)}), tmp_path)
        assert np.allclose(ours, theirs, atol=1e-5)


def test_sizes_may_be_computed(tmp_path: Path) -> None:
    nodes = [
        helper.make_node("Shape", ["image"], ["shape"]),
        helper.make_node("Slice", ["shape", "two", "four", "zero"], ["sides"]),
        helper.make_node("Mul", ["sides", "two"], ["larger"]),
        helper.make_node("Concat", ["head", "larger"], ["sizes"], axis=0),
        helper.make_node("Resize", ["image", "", "", "sizes"], ["made"], mode="nearest"),
    ]
    constants = {"two": integers(2), "four": integers(4), "zero": integers(0), "head": integers(1, 3)}
    ours, theirs = made_by_both(model_of(nodes, constants), tmp_path)
    assert ours.shape == theirs.shape == (1, 3, 24, 20)
    assert (ours == theirs).all()


def test_parts_that_are_split_and_chosen(tmp_path: Path) -> None:
    nodes = [
        helper.make_node("Split", ["image", "sides"], ["first", "second"], axis=1),
        helper.make_node("Greater", ["second", "bound"], ["large"]),
        helper.make_node("Where", ["large", "second", "first"], ["made"]),
    ]
    ours, theirs = made_by_both(model_of(nodes, {"sides": integers(1, 2), "bound": np.float32(0)}), tmp_path)
    assert (ours == theirs).all()


def test_weights_of_integers_are_made_floats_once(tmp_path: Path) -> None:
    nodes = [
        helper.make_node("DequantizeLinear", ["weight", "step", "zero"], ["floats"], axis=0),
        helper.make_node("Conv", ["image", "floats"], ["made"]),
    ]
    weight = RANDOM.integers(-128, 127, (4, 3, 1, 1)).astype(np.int8)
    constants = {"weight": weight, "step": floats(0.1, 0.2, 0.3, 0.4), "zero": np.zeros(4, np.int8)}
    ours, theirs = made_by_both(model_of(nodes, constants), tmp_path)
    assert np.allclose(ours, theirs, atol=1e-4)


def test_quantized_values_are_clipped_and_not_rounded(tmp_path: Path) -> None:
    nodes = [
        helper.make_node("QuantizeLinear", ["image", "step", "zero"], ["small"]),
        helper.make_node("DequantizeLinear", ["small", "step", "zero"], ["made"]),
    ]
    ours, theirs = made_by_both(model_of(nodes, {"step": np.float32(0.01), "zero": np.int8(0)}), tmp_path)
    assert ours.max() == pytest.approx(1.27)
    assert np.abs(ours - theirs).max() <= 0.0051
    assert (ours != theirs).mean() > 0.5
