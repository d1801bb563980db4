"""Curves in TensorBoard, if it is installed."""

from pathlib import Path
from typing import Any

FOLDER = "tensorboard"


class Board:
    """Writes scalars into ``tensorboard/`` of a run folder; does nothing without the package ``tensorboard``.

    Args:
        folder: the run folder.
        step: completed steps: values of later steps from an interrupted run are hidden.
    """

    def __init__(self, folder: Path, step: int) -> None:
        self._writer: Any = None
        try:
            from torch.utils.tensorboard import SummaryWriter
        except ImportError:
            return
        self._writer = SummaryWriter(folder / FOLDER, purge_step=step + 1)

    def write(self, group: str, step: int, values: dict[str, float]) -> None:
        """Add one value to each curve of a group."""
        if self._writer is not None:
            for name, value in values.items():
                self._writer.add_scalar(f"{group}/{name}", value, step)

    def close(self) -> None:
        """Close the file."""
        if self._writer is not None:
            self._writer.close()
