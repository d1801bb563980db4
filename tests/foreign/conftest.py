"""Networks of other programs, exported as their authors do."""

import warnings
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from torch import nn

from foreign_networks import NETWORKS

Export = Callable[..., Path]


@pytest.fixture
def exported(tmp_path: Path) -> Export:
    """A function that makes a network with random weights and exports it: its name -> an .onnx file."""

    def export(name: str, side: int = 64, dynamic: bool = True) -> Path:
        torch.manual_seed(0)
        path = tmp_path / f"{name.replace(' ', '-')}.onnx"
        axes = {"image": {0: "batch", 2: "height", 3: "width"}} if dynamic else None
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # torch prefers its other exporter, which takes much longer
            torch.onnx.export(
                NETWORKS[name]().eval(),
                (torch.rand(1, 3, side, side),),
                str(path),
                input_names=["image"],
                dynamic_axes=axes,
                dynamo=False,
            )
        return path

    return export


@pytest.fixture
def networks() -> dict[str, Callable[[], nn.Module]]:
    """The networks by name."""
    return NETWORKS
