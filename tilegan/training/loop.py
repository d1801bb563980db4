"""The training loop and its output in the run folder."""

import io
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import tilegan
from tilegan.errors import TileganWarning, ordinal
from tilegan.files import replace_file
from tilegan.images.pixels.sheet import sample_sheet
from tilegan.methods.base import PAIRED, UNPAIRED
from tilegan.settling import Choices
from tilegan.training.board import Board
from tilegan.training.checkpoint import save_checkpoint
from tilegan.training.codes import code_figures
from tilegan.training.crops import Crop
from tilegan.training.curves import loss_curves
from tilegan.training.dataset import Dataset
from tilegan.training.examples import Examples, batches
from tilegan.training.images import count_files
from tilegan.training.monitor import Monitor, warn_of_collapse
from tilegan.training.pairs import Domains
from tilegan.training.retrieval import caption_figures
from tilegan.training.run import CURVES, METRICS, SAMPLES, TRANSLATOR, RunConfig, append_metrics, last_losses
from tilegan.training.trainer import Trainer
from tilegan.translator import Translator

SHEET_COLUMNS = 6
FIXED = range(2**40, 2**40 + 2 * SHEET_COLUMNS)  # numbers of crops for sheets and metrics: far from those of training


@dataclass(frozen=True)
class TrainStep:
    """The argument of the progress callback after every step.

    Attributes:
        step, steps: completed steps, and total number of steps.
        losses: losses of this step, by name.
        figures: metrics of the last ``Monitor.measure``, by name; empty before the first.
    """

    step: int
    steps: int
    losses: dict[str, float]
    figures: dict[str, float]


class Loop:
    """Runs training steps until the end or a request to stop, and keeps the run folder up to date.

    Attributes:
        dataset: the images to train on.
        trainer: the networks and optimizers. With several processes the first one (``leads``) writes and reports.
        seconds: training time so far, including that before a resume.
    """

    def __init__(
        self,
        folder: Path,
        config: RunConfig,
        trainer: Trainer,
        dataset: Dataset,
        facts: dict[str, Any],
    ) -> None:
        self.folder = folder
        self.config = config
        self.trainer = trainer
        self.dataset = dataset
        tile = config.settings.tile_size
        self.leads = trainer.processes.rank == 0
        self.examples = self._examples(dataset.trained, 2 * tile)
        if self.leads and dataset.lacks_held_out:
            nth = ordinal(dataset.hold_out)
            message = f"a folder has no {nth} usable file to hold out: metrics use training images"
            warnings.warn(message, TileganWarning, stacklevel=2)
        self.seconds: float = facts["seconds"]
        self._fixed = self._examples(dataset.shown, 4 * tile)
        self.figures: dict[str, float] = facts["figures"]

    def go(
        self, time_limit: float | None, progress: Callable[[TrainStep], None] | None, stop: Callable[[], bool]
    ) -> None:
        """Train until the last step, the time limit (in seconds) or a request to stop, then save.

        Raises:
            OutputError: a file cannot be written; the last checkpoint is kept.
            DatasetError: no image of a folder decodes.
            TrainingError: a loss is no longer a number; the last checkpoint is kept.
        """
        settings, trainer = self.config.settings, self.trainer
        begin, before = time.perf_counter(), self.seconds
        board = Board(self.folder, trainer.step) if self.leads else None
        part = trainer.processes.part(settings.batch)
        try:
            for source, target in batches(self.examples, range(trainer.step, settings.steps), part, settings.batch):
                losses = trainer.train_step(source.pixels, target.pixels, source.thumbnail, *target[2:])
                elapsed = time.perf_counter() - begin
                self.seconds = before + elapsed
                over = time_limit is not None and elapsed >= time_limit
                last = trainer.processes.any(stop() or over) or trainer.step >= settings.steps
                if board is not None:
                    self._record(losses, board, last)
                    if progress is not None:
                        progress(TrainStep(trainer.step, settings.steps, losses, self.figures))
                if last:
                    break
        finally:
            if board is not None:
                board.close()
        if self.leads and trainer.step >= settings.steps:
            loss_curves(self.folder / METRICS, self.folder / CURVES)

    def _examples(self, domains: Domains, side: int) -> Examples:
        """Return crops of sources and targets as the method needs them."""
        settings = self.config.settings
        labels = bool(settings.generator.get("labels"))
        return self.dataset.examples(domains, side, self.config.upkeep.cache, settings.seed, labels)

    def _record(self, losses: dict[str, float], board: Board, last: bool) -> None:
        """Record a step; at intervals, and after the last step, also metrics and a checkpoint."""
        step = self.trainer.step
        measured = self._show() if last or step % self.config.upkeep.sample_every == 0 else {}
        append_metrics(self.folder, step, self.seconds, losses, measured)
        board.write("losses", step, losses)
        board.write("figures", step, measured)
        if last or step % self.config.upkeep.checkpoint_every == 0:
            self._save()

    def _save(self) -> None:
        self.trainer.check_finite()
        facts = {"step": self.trainer.step, "seconds": self.seconds, "figures": self.figures}
        save_checkpoint(self.folder, self.trainer.state(), facts)
        self.trainer.translator(self.config.name, self._facts()).save(self.folder / TRANSLATOR)

    def _facts(self) -> dict[str, Any]:
        """Return how the translator was made, for the metadata of its file."""
        settings = replace(self.config.settings, method=self.config.settings.method.unfitted()).to_json()
        return {
            "tilegan": tilegan.__version__,
            "method": self.config.settings.method_type.name,
            "steps": self.trainer.step,
            "hours": round(self.seconds / 3600, 3),
            "source_images": len(self.dataset.trained[0]),
            "target_images": count_files(self.dataset.trained[1]),
            "device": self.config.device,
            "precision": self.config.precision,
            "derive": self.dataset.folders.derive or None,
            "init": None if self.config.init is None else Path(self.config.init).name,
            "losses": last_losses(self.folder, 100),
            "figures": {name: round(value, 3) for name, value in self.figures.items()},
            "settings": {name: value for name, value in settings.items() if name not in ("generator", "steps")},
        }

    @cached_property
    def _shown(self) -> tuple[list[Crop], list[Crop], Monitor]:
        """Return fixed source and target crops for sheets and metrics; only the first process needs them."""
        sources, targets = map(list, zip(*map(self._fixed.crops, FIXED), strict=True))
        before, after = ([crop.pixels[..., :3] for crop in crops] for crops in (sources, targets))
        return sources, targets, Monitor(before, after, self.config.settings.scale, self.dataset.kind != UNPAIRED)

    def _show(self) -> dict[str, float]:
        """Write a sheet of fixed source crops, their outputs and target crops, and return metrics of the outputs."""
        sources, targets, monitor = self._shown
        translator = self.trainer.translator(self.config.name, {})
        wanted: list[dict[str, float]] = [{name: 1.0} for name in translator.styles] or [{}]
        words = bool(translator.vocabulary.words)  # then each translation has a text of its own
        in_styles = [
            translator if words else translator.settled(Choices(style, mask=translator.fills)) for style in wanted
        ]
        translations = [
            _told(in_styles[int(target.style)], target).for_image(source.thumbnail).translate(source.pixels)
            for source, target in zip(sources, targets, strict=True)
        ]
        enlarged = [crop.pixels[..., :3].repeat(translator.scale, 0).repeat(translator.scale, 1) for crop in sources]
        rows = (enlarged, translations, [crop.pixels for crop in targets])
        sheet = sample_sheet([list(row[:SHEET_COLUMNS]) for row in rows])
        content = io.BytesIO()
        sheet.save(content, "PNG")
        replace_file(self.folder / SAMPLES / f"{self.trainer.step:07d}.png", content.getvalue())
        self.figures = monitor.measure(translations) | code_figures(self.trainer, translator, rows[0][:SHEET_COLUMNS])
        self.figures |= caption_figures(self.trainer, self.dataset)
        if self.dataset.kind != PAIRED:  # for example, a map need not have the colors and edges of a drawing
            warn_of_collapse(self.figures, self.trainer.step)
        return self.figures


def _told(translator: Translator, target: Crop) -> Translator:
    """Return the translator that paints by the caption of a target; itself if it knows no words."""
    known = translator.vocabulary
    return translator.with_text(known.text(target.captions[0])) if known.words else translator
