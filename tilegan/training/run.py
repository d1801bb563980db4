"""A run folder: everything a training leaves on disk.

``config.json`` (all settings), ``metrics.jsonl`` (a line a step; figures now and then), ``samples/`` (sheets),
``checkpoint.safetensors``, ``translator.safetensors``, ``tensorboard/`` where that is installed, and at the end
``curves.png``.
"""

import json
import shutil
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Self

from tilegan.errors import OutputError, OutputExistsError, ResumeError, SettingError
from tilegan.files import replace_file
from tilegan.training.board import FOLDER as BOARD
from tilegan.training.checkpoint import NAME as CHECKPOINT
from tilegan.training.folders import Folders
from tilegan.training.settings import TrainSettings

CONFIG, METRICS, SAMPLES, CURVES = "config.json", "metrics.jsonl", "samples", "curves.png"
TRANSLATOR = "translator.safetensors"


@dataclass(frozen=True)
class RunConfig:
    """What a run was started with; resuming needs nothing else.

    Attributes:
        folders: of its images, absolute, and how these correspond.
        source_files, target_files: digests of their usable files' names and sizes (see ``Dataset.digests``).
        name: the style's name.
        settings: the numbers of the training.
        device, precision: names.
        threads: CPU threads; other sums differ in the last bit.
        cache: bytes of reduced images to keep in memory.
        sample_every, checkpoint_every: steps.
        init: the model it was started from, if any.
    """

    folders: Folders
    source_files: str
    target_files: str
    name: str
    settings: TrainSettings
    device: str
    precision: str
    threads: int
    cache: int
    sample_every: int
    checkpoint_every: int
    init: str | None = None

    def __post_init__(self) -> None:
        """Check what no other part does.

        Raises:
            SettingError: nothing would ever be shown or kept.
        """
        for name in ("sample_every", "checkpoint_every"):
            if getattr(self, name) < 1:
                raise SettingError(f"{name.replace('_', ' ')} must be at least 1 step, not {getattr(self, name)}")

    def write(self, folder: Path) -> None:
        """Write ``config.json``, in which the entries of ``folders`` stand among the others."""
        own = {name: value for name, value in vars(self).items() if name != "folders"}
        content = self.folders.to_json() | own | {"settings": self.settings.to_json()}
        replace_file(folder / CONFIG, (json.dumps(content, indent=2) + "\n").encode())

    @classmethod
    def read(cls, folder: Path) -> Self:
        """Read ``config.json``.

        Raises:
            ResumeError: there is none, or it is of another version.
        """
        try:
            values: dict[str, Any] = json.loads((folder / CONFIG).read_text())
        except (OSError, json.JSONDecodeError) as error:
            raise ResumeError(f"nothing to resume in '{folder}': no readable {CONFIG}") from error
        own = {entry.name for entry in fields(cls)} - {"folders"}
        of_folders = {entry.name for entry in fields(Folders)}
        if not isinstance(values, dict) or set(values) != own | of_folders:
            raise ResumeError(f"{folder / CONFIG} is of another version: start a new run")
        found = Folders.from_json({name: values.pop(name) for name in of_folders})
        return cls(**{**values, "folders": found, "settings": TrainSettings.from_json(values["settings"])})


def check(folder: Path, overwrite: bool) -> None:
    """Make sure that a run may be put into a folder.

    Raises:
        OutputExistsError: there is a run already and ``overwrite`` is false, or a file or foreign folder of that name.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        if not (folder / CONFIG).is_file():
            raise OutputExistsError(f"'{folder}' exists and is no run: choose another folder with -o")
        if not overwrite:
            raise OutputExistsError(f"'{folder}' holds a run: --resume {folder} goes on, --overwrite replaces it")


def prepare(folder: Path) -> None:
    """Make an empty run folder; a run that is there goes.

    Raises:
        OutputError: the folder cannot be made.
    """
    for name in (CONFIG, METRICS, CURVES, CHECKPOINT, TRANSLATOR):
        (folder / name).unlink(missing_ok=True)
    for name in (SAMPLES, BOARD):
        shutil.rmtree(folder / name, ignore_errors=True)
    try:
        (folder / SAMPLES).mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"cannot make the folder '{folder}': {error.strerror}") from error


def append_metrics(
    folder: Path, step: int, seconds: float, losses: dict[str, float], figures: dict[str, float]
) -> None:
    """Add a step's line to ``metrics.jsonl``; ``seconds`` is the training time so far, ``figures`` may be none."""
    content = {"step": step, "seconds": round(seconds, 3), "losses": _rounded(losses)}
    line = json.dumps({**content, "figures": _rounded(figures)} if figures else content)
    try:
        with (folder / METRICS).open("a") as file:
            file.write(line + "\n")
    except OSError as error:
        raise OutputError(f"cannot write {folder / METRICS}: {error.strerror}") from error


def _rounded(values: dict[str, float]) -> dict[str, float]:
    return {name: float(f"{value:.6g}") for name, value in values.items()}


def cut_metrics(folder: Path, step: int) -> None:
    """Forget the lines of steps after ``step``, and a torn last line: they will be done again."""
    path = folder / METRICS
    lines = path.read_text().splitlines() if path.is_file() else []
    kept = [line for line in lines if line.endswith("}}") and json.loads(line)["step"] <= step]
    replace_file(path, "".join(line + "\n" for line in kept).encode())


def last_losses(folder: Path, count: int) -> dict[str, float]:
    """Means of the losses over the last ``count`` steps."""
    lines = [json.loads(line)["losses"] for line in (folder / METRICS).read_text().splitlines()[-count:]]
    return {name: round(sum(line[name] for line in lines) / len(lines), 4) for name in lines[0]} if lines else {}
