"""The run folder: all files of a training.

``config.json`` (all settings), ``metrics.jsonl`` (one line per step; metrics at intervals), ``samples/`` (sheets),
``checkpoint.safetensors``, ``translator.safetensors``, ``tensorboard/`` if it is installed, and at the end
``curves.png``.
"""

import json
import shutil
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any, Self

from tilegan.errors import OutputError, OutputExistsError, ResumeError
from tilegan.files import replace_file
from tilegan.training.board import FOLDER as BOARD
from tilegan.training.checkpoint import NAME as CHECKPOINT
from tilegan.training.folders import Folders
from tilegan.training.options import Upkeep
from tilegan.training.settings import TrainSettings

CONFIG, METRICS, SAMPLES, CURVES = "config.json", "metrics.jsonl", "samples", "curves.png"
TRANSLATOR = "translator.safetensors"


@dataclass(frozen=True)
class RunConfig:
    """The configuration of a run, with everything needed to resume it.

    Attributes:
        folders: absolute folders of its images, and how these correspond.
        source_files, target_files: digests of the names and sizes of usable files (see ``Dataset.digests``).
        name: name of the style.
        settings: hyperparameters of the training.
        device, precision: names of device and precision.
        threads: CPU threads; other numbers change the last bits of sums.
        upkeep: what the run keeps in memory, shows and saves.
        init: the model that it was started from, if any.
    """

    folders: Folders
    source_files: str
    target_files: str
    name: str
    settings: TrainSettings
    device: str
    precision: str
    threads: int
    upkeep: Upkeep = field(default_factory=Upkeep)
    init: str | None = None

    def write(self, folder: Path) -> None:
        """Write ``config.json``, in which the entries of ``folders`` and ``upkeep`` are merged with the others."""
        own = {name: value for name, value in vars(self).items() if name not in ("folders", "upkeep")}
        content = self.folders.to_json() | own | asdict(self.upkeep) | {"settings": self.settings.to_json()}
        replace_file(folder / CONFIG, (json.dumps(content, indent=2) + "\n").encode())

    @classmethod
    def read(cls, folder: Path) -> Self:
        """Read ``config.json``.

        Raises:
            ResumeError: the file does not exist, or is of another version.
        """
        try:
            values: dict[str, Any] = json.loads((folder / CONFIG).read_text())
        except (OSError, json.JSONDecodeError) as error:
            raise ResumeError(f"nothing to resume in '{folder}': no readable {CONFIG}") from error
        if isinstance(values, dict):
            values.setdefault("captions", "")  # which earlier versions do not have
        own = {entry.name for entry in fields(cls)} - {"folders", "upkeep"}
        of_folders, of_upkeep = ({entry.name for entry in fields(group)} for group in (Folders, Upkeep))
        if not isinstance(values, dict) or set(values) != own | of_folders | of_upkeep:
            raise ResumeError(f"{folder / CONFIG} is from another version: start a new run")
        found = Folders.from_json({name: values.pop(name) for name in of_folders})
        upkeep = Upkeep(**{name: values.pop(name) for name in of_upkeep})
        settings = TrainSettings.from_json(values.pop("settings"))
        return cls(folders=found, upkeep=upkeep, settings=settings, **values)


def check(folder: Path, overwrite: bool) -> None:
    """Check that a run may be written to a folder.

    Raises:
        OutputExistsError: there is a run and ``overwrite`` is false, or a file or another folder with that name.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        if not (folder / CONFIG).is_file():
            raise OutputExistsError(f"'{folder}' exists and is no run: choose another folder with -o")
        if not overwrite:
            raise OutputExistsError(f"'{folder}' is a run: --resume {folder} continues it, --overwrite replaces it")


def prepare(folder: Path) -> None:
    """Create an empty run folder; an existing run is removed.

    Raises:
        OutputError: the folder cannot be created.
    """
    for name in (CONFIG, METRICS, CURVES, CHECKPOINT, TRANSLATOR):
        (folder / name).unlink(missing_ok=True)
    for name in (SAMPLES, BOARD):
        shutil.rmtree(folder / name, ignore_errors=True)
    try:
        (folder / SAMPLES).mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"cannot create the folder '{folder}': {error.strerror}") from error


def append_metrics(
    folder: Path, step: int, seconds: float, losses: dict[str, float], figures: dict[str, float]
) -> None:
    """Append the line of a step to ``metrics.jsonl``; ``seconds`` is the training time, ``figures`` may be empty."""
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
    """Remove the lines of steps after ``step``, and an incomplete last line: these steps are run again."""
    path = folder / METRICS
    lines = path.read_text().splitlines() if path.is_file() else []
    kept = [line for line in lines if line.endswith("}}") and json.loads(line)["step"] <= step]
    replace_file(path, "".join(line + "\n" for line in kept).encode())


def last_losses(folder: Path, count: int) -> dict[str, float]:
    """Return the means of the losses over the last ``count`` steps."""
    lines = [json.loads(line)["losses"] for line in (folder / METRICS).read_text().splitlines()[-count:]]
    return {name: round(sum(line[name] for line in lines) / len(lines), 4) for name in lines[0]} if lines else {}
