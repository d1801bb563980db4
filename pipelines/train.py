"""Learn a style from two folders of images."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

import tilegan
from tilegan.devices import choose_device, choose_precision, precision_name
from tilegan.errors import OutputError, ResumeError, SettingError
from tilegan.training.checkpoint import load_checkpoint, save_checkpoint
from tilegan.training.crops import Crops, TrainingImage, find_images
from tilegan.training.run import (
    CURVES,
    METRICS,
    SAMPLES,
    TRANSLATOR,
    RunConfig,
    append_metrics,
    cut_metrics,
    digest,
    last_losses,
    prepare,
)
from tilegan.training.settings import TrainSettings
from tilegan.training.sheet import loss_curves, sample_sheet
from tilegan.training.trainer import Trainer
from tilegan.translator import load

SHEET_COLUMNS = 6
SHEET_CROPS = 2**40  # crop numbers of the sheets: far from those that are trained on
DEFAULT_CACHE = 2 * 10**9


@dataclass(frozen=True)
class TrainStep:
    """What the progress callback is told after every step."""

    step: int
    steps: int
    losses: dict[str, float]


@dataclass(frozen=True)
class TrainResult:
    """What a training came to.

    Attributes:
        run: the run folder.
        model: the translator's file in it.
        steps: steps done in all; ``finished`` tells whether these are all that were asked for.
        seconds: training time in all, in seconds.
        losses: means over the last 100 steps.
    """

    run: Path
    model: Path
    steps: int
    finished: bool
    seconds: float
    losses: dict[str, float]


@dataclass(frozen=True)
class TrainPlan:
    """What a training would do.

    Attributes:
        source_images, target_images: usable images.
        cache_needed: bytes of all reduced images; ``cache`` is what may be kept of them.
        parameters: of each network.
        steps: in all.
        seconds_per_step: measured on this machine, without reading images.
        device, precision: names.
    """

    source_images: int
    target_images: int
    cache_needed: int
    cache: int
    parameters: dict[str, int]
    steps: int
    seconds_per_step: float
    device: str
    precision: str


def train(
    source: str | Path,
    target: str | Path,
    run: str | Path | None = None,
    *,
    settings: TrainSettings | None = None,
    init: str | Path | None = None,
    device: str = "auto",
    precision: str = "auto",
    cache: int = DEFAULT_CACHE,
    time_limit: float | None = None,
    sample_every: int = 500,
    checkpoint_every: int = 250,
    overwrite: bool = False,
    progress: Callable[[TrainStep], None] | None = None,
    stop: Callable[[], bool] = lambda: False,
) -> TrainResult:
    """Train a translator from source images to the style of target images.

    Args:
        source: folder of images to be translated, such as photographs.
        target: folder of images of the style, such as paintings.
        run: folder for all results; default ``runs/<name of the target folder>``.
        settings: numbers of the training; default ``TrainSettings()``.
        init: a model to start from; its architecture replaces that of the settings.
        device: 'auto', 'cpu', 'cuda', 'mps'.
        precision: 'auto', 'float32' or 'bfloat16' (mixed precision).
        cache: bytes of reduced images to keep in memory.
        time_limit: seconds after which to stop and save.
        sample_every: steps between sheets of samples.
        checkpoint_every: steps between checkpoints.
        overwrite: replace a run that is in the folder.
        progress: called after every step.
        stop: asked after every step; true saves and returns.

    Raises:
        DatasetError: a folder is missing or has no usable image.
        OutputExistsError: the run folder holds something.
        OutputError: results cannot be written.
        SettingError, ModelError: a setting or ``init`` does not work.
        TrainingError: a loss is no longer a number; the last checkpoint is kept.
    """
    settings = _with_architecture(settings or TrainSettings(), init)
    source, target = Path(source).resolve(), Path(target).resolve()
    folder = Path(run) if run is not None else Path("runs") / target.name
    images = _find(source, target, settings)
    config = RunConfig(
        source=str(source),
        target=str(target),
        source_files=digest(images[0], source),
        target_files=digest(images[1], target),
        name=target.name,
        settings=settings,
        **_placement(device, precision),
        threads=torch.get_num_threads(),
        cache=cache,
        sample_every=sample_every,
        checkpoint_every=checkpoint_every,
        init=None if init is None else str(init),
    )
    trainer = _trainer(config)
    if init is not None:
        trainer.start_from(load(init, device="cpu", precision="float32"))
    prepare(folder, overwrite)
    config.write(folder)
    return _Run(folder, config, trainer, images, 0.0).go(time_limit, progress, stop)


def resume(
    run: str | Path,
    *,
    steps: int | None = None,
    time_limit: float | None = None,
    progress: Callable[[TrainStep], None] | None = None,
    stop: Callable[[], bool] = lambda: False,
) -> TrainResult:
    """Go on with an interrupted run: on the same machine the result equals that of an uninterrupted one.

    Args:
        run: the run folder.
        steps: another number of steps in all, to train a finished run further.
        time_limit: seconds after which to stop and save.
        progress: called after every step.
        stop: asked after every step; true saves and returns.

    Raises:
        ResumeError: there is nothing to resume, or the folders' images are no longer those it was started with.
        And what ``train`` raises.
    """
    folder = Path(run)
    config = RunConfig.read(folder)
    if steps is not None:
        config = replace(config, settings=replace(config.settings, steps=steps))
    tensors, facts = load_checkpoint(folder)
    source, target = Path(config.source), Path(config.target)
    images = _find(source, target, config.settings)
    for path, found, expected in zip((source, target), images, (config.source_files, config.target_files), strict=True):
        if digest(found, path) != expected:
            raise ResumeError(f"the images in '{path}' are not those the run was started with: put them back")
    torch.set_num_threads(config.threads)
    trainer = _trainer(config)
    try:
        trainer.restore(facts["step"], tensors)
    except (KeyError, ValueError, RuntimeError) as error:
        raise ResumeError(f"the checkpoint in '{folder}' does not fit its config.json") from error
    cut_metrics(folder, trainer.step)
    config.write(folder)
    return _Run(folder, config, trainer, images, facts["seconds"]).go(time_limit, progress, stop)


def plan(
    source: str | Path,
    target: str | Path,
    *,
    settings: TrainSettings | None = None,
    init: str | Path | None = None,
    device: str = "auto",
    precision: str = "auto",
    cache: int = DEFAULT_CACHE,
) -> TrainPlan:
    """Tell what ``train`` would do, and how long a step takes here; nothing is written.

    Raises:
        DatasetError, SettingError, ModelError: as ``train``.
    """
    settings = _with_architecture(settings or TrainSettings(), init)
    images = _find(Path(source).resolve(), Path(target).resolve(), settings)
    placement = _placement(device, precision)
    trainer = Trainer(settings, torch.device(placement["device"]), choose_precision(**_named(placement)))
    side = 2 * settings.tile_size
    crops = np.random.default_rng(0).integers(0, 256, (settings.batch, side, side, 3), dtype=np.uint8)
    seconds = []
    for _ in range(3):
        begin = time.perf_counter()
        trainer.train_step(crops, crops)
        seconds.append(time.perf_counter() - begin)
    networks = trainer.method.networks()
    return TrainPlan(
        source_images=len(images[0]),
        target_images=len(images[1]),
        cache_needed=sum(3 * image.height * image.width for found in images for image in found),
        cache=cache,
        parameters={name: sum(weight.numel() for weight in net.parameters()) for name, net in networks.items()},
        steps=settings.steps,
        seconds_per_step=min(seconds),
        device=placement["device"],
        precision=placement["precision"],
    )


class _Run:
    """The loop over steps, and what it writes."""

    def __init__(
        self,
        folder: Path,
        config: RunConfig,
        trainer: Trainer,
        images: tuple[list[TrainingImage], list[TrainingImage]],
        seconds: float,
    ) -> None:
        self.folder = folder
        self.config = config
        self.trainer = trainer
        self.images = images
        side, seed = 2 * config.settings.tile_size, config.settings.seed
        self.crops = [Crops(found, side, config.cache // 2, 2 * seed + domain) for domain, found in enumerate(images)]
        self.seconds = seconds

    def go(
        self, time_limit: float | None, progress: Callable[[TrainStep], None] | None, stop: Callable[[], bool]
    ) -> TrainResult:
        settings, trainer = self.config.settings, self.trainer
        begin, before = time.perf_counter(), self.seconds
        saved = -1
        for source, target in self._batches():
            losses = trainer.train_step(source, target)
            elapsed = time.perf_counter() - begin
            self.seconds = before + elapsed
            append_metrics(self.folder, trainer.step, self.seconds, losses)
            if progress is not None:
                progress(TrainStep(trainer.step, settings.steps, losses))
            if trainer.step % self.config.sample_every == 0:
                self._save_sheet()
            if trainer.step % self.config.checkpoint_every == 0:
                self._save()
                saved = trainer.step
            if stop() or (time_limit is not None and elapsed >= time_limit):
                break
        if saved != trainer.step:
            self._save()
            self._save_sheet()
        finished = trainer.step >= settings.steps
        if finished:
            loss_curves(self.folder / METRICS, self.folder / CURVES)
        return TrainResult(
            run=self.folder,
            model=self.folder / TRANSLATOR,
            steps=trainer.step,
            finished=finished,
            seconds=self.seconds,
            losses=last_losses(self.folder, 100),
        )

    def _batches(self) -> Iterator[tuple[NDArray[np.uint8], NDArray[np.uint8]]]:
        """The batches of the steps still to do, each made while the step before it is computed."""
        size, steps = self.config.settings.batch, range(self.trainer.step, self.config.settings.steps)

        def make(step: int) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
            return self.crops[0].batch(step, size), self.crops[1].batch(step, size)

        with ThreadPoolExecutor(1, thread_name_prefix="crops") as executor:
            following = executor.submit(make, steps.start) if steps else None
            for step in steps:
                assert following is not None
                batch = following.result()
                following = executor.submit(make, step + 1) if step + 1 < steps.stop else None
                yield batch

    def _save(self) -> None:
        facts: dict[str, Any] = {"step": self.trainer.step, "seconds": self.seconds}
        save_checkpoint(self.folder, self.trainer.state(), facts)
        try:
            self.trainer.translator(self.config.name, self._facts()).save(self.folder / TRANSLATOR)
        except OSError as error:
            raise OutputError(f"cannot write {self.folder / TRANSLATOR}: {error.strerror}") from error

    def _facts(self) -> dict[str, Any]:
        """How the translator was made, for whoever meets its file."""
        settings = self.config.settings.to_json()
        return {
            "tilegan": tilegan.__version__,
            "method": "siamese",
            "steps": self.trainer.step,
            "hours": round(self.seconds / 3600, 3),
            "source_images": len(self.images[0]),
            "target_images": len(self.images[1]),
            "device": self.config.device,
            "precision": self.config.precision,
            "init": self.config.init,
            "losses": last_losses(self.folder, 100),
            "settings": {name: value for name, value in settings.items() if name not in ("generator", "steps")},
        }

    def _save_sheet(self) -> None:
        """Source crops, their translations, and target crops: twice the trained side, always the same ones."""
        side = 4 * self.config.settings.tile_size
        numbers = range(SHEET_CROPS, SHEET_CROPS + SHEET_COLUMNS)
        sources, targets = ([crops.crop(number, side) for number in numbers] for crops in self.crops)
        translator = self.trainer.translator(self.config.name, {})
        sheet = sample_sheet([sources, [translator.translate(crop) for crop in sources], targets])
        path = self.folder / SAMPLES / f"{self.trainer.step:07d}.png"
        try:
            sheet.save(path)
        except OSError as error:
            path.unlink(missing_ok=True)
            raise OutputError(f"cannot write {path}: {error.strerror}") from error


def _find(source: Path, target: Path, settings: TrainSettings) -> tuple[list[TrainingImage], list[TrainingImage]]:
    side = 2 * settings.tile_size
    return find_images(source, side, settings.short_side), find_images(target, side, settings.short_side)


def _with_architecture(settings: TrainSettings, init: str | Path | None) -> TrainSettings:
    if init is None:
        return settings
    return replace(settings, generator=load(init, device="cpu", precision="float32").architecture)


def _placement(device: str, precision: str) -> dict[str, str]:
    chosen = choose_device(device)
    dtype = choose_precision(precision, chosen)
    if dtype == torch.float16:
        if precision == "float16":
            raise SettingError("training in float16 is not supported: use bfloat16 or float32")
        dtype = torch.float32
    return {"device": str(chosen), "precision": precision_name(dtype)}


def _named(placement: dict[str, str]) -> dict[str, Any]:
    return {"name": placement["precision"], "device": torch.device(placement["device"])}


def _trainer(config: RunConfig) -> Trainer:
    device = choose_device(config.device)
    return Trainer(config.settings, device, choose_precision(config.precision, device))
