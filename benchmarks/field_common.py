"""What the situations of ``field.py`` share: the command in this process, a model that changes nothing, a list."""

import tempfile
from collections.abc import Callable
from functools import cache
from pathlib import Path

import numpy as np
import torch
from click.testing import CliRunner, Result
from numpy.typing import NDArray
from PIL import Image
from torch import nn

from tilegan.cli.main import main as command
from tilegan.networks.build import register_generator
from tilegan.translator import Translator

Situation = Callable[[Path], tuple[str, bool]]
DRAW = np.random.default_rng(0)
SITUATIONS: list[Situation] = []


class Same(nn.Module):
    """A generator that gives its input."""

    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Conv2d(3, 3, 3, padding=1)
        nn.init.dirac_(self.layer.weight)
        nn.init.zeros_(self.layer.bias)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """The images."""
        result: torch.Tensor = self.layer(images)
        return result


@cache
def model() -> str:
    """The file of a model that changes nothing."""
    register_generator("same", Same)
    path = Path(tempfile.mkdtemp()) / "same.safetensors"
    Translator.of(Same(), {"name": "same"}, tile_size=16, name="same").save(path)
    return str(path)


def run(*arguments: object) -> Result:
    """The command with these arguments."""
    return CliRunner().invoke(command, [str(argument) for argument in arguments])


def stylize(source: Path | str, output: Path, *options: object) -> Result:
    """`tilegan stylize` of an image, with its pixels as they are."""
    return run("stylize", source, "-o", output, "--model", model(), "--precision", "float32", *options)


def said(result: Result) -> str:
    """How a command ended: the notes of a success, or the error."""
    lines = [line for line in result.output.splitlines() if line.startswith(("Note", "Error"))]
    return f"exit {result.exit_code}" + "".join(f"; {line}" for line in lines)


def situation(function: Situation) -> Situation:
    """List a situation."""
    SITUATIONS.append(function)
    return function


def noise(height: int = 120, width: int = 150, channels: int = 3) -> NDArray[np.uint8]:
    """Pixels of an image."""
    return DRAW.integers(0, 256, (height, width, channels), np.uint8)


def pixels_of(path: Path) -> NDArray[np.uint8]:
    """The pixels that Pillow sees in a file."""
    with Image.open(path) as image:
        return np.asarray(image)
