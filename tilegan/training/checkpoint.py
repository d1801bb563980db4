"""The state of a training on disk: safetensors, replaced atomically, so that there is always a complete checkpoint."""

import json
from pathlib import Path
from typing import Any

import safetensors
import torch
from safetensors.torch import save

from tilegan.errors import ResumeError
from tilegan.files import replace_file

NAME = "checkpoint.safetensors"
FORMAT = "tilegan-checkpoint/1"


def save_checkpoint(folder: Path, tensors: dict[str, torch.Tensor], facts: dict[str, Any]) -> None:
    """Write a checkpoint into a run folder; the previous one is kept until the new one is on disk.

    Args:
        folder: the run folder.
        tensors: the state from ``Trainer.state``.
        facts: other data needed to continue, as JSON types.

    Raises:
        OutputError: no space or no permission; the previous checkpoint is unchanged.
    """
    metadata = {"format": FORMAT, "facts": json.dumps(facts)}
    replace_file(folder / NAME, save({name: value.cpu() for name, value in tensors.items()}, metadata))


def load_checkpoint(folder: Path) -> tuple[dict[str, torch.Tensor], dict[str, Any]]:
    """Return the tensors and the facts of a run folder's checkpoint.

    Raises:
        ResumeError: there is none, or it cannot be read.
    """
    path = folder / NAME
    if not path.is_file():
        raise ResumeError(f"nothing to resume in '{folder}': it has no {NAME}")
    try:
        with safetensors.safe_open(path, framework="pt") as file:
            metadata = file.metadata() or {}
            if metadata.get("format") != FORMAT:
                raise ResumeError(f"not a tilegan checkpoint: {path}")
            return {name: file.get_tensor(name) for name in file.keys()}, json.loads(metadata["facts"])  # noqa: SIM118
    except (safetensors.SafetensorError, OSError) as error:
        raise ResumeError(f"damaged checkpoint: {path}: {error}") from error
