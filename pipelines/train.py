"""Train a style on two folders of images."""

import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import torch

from tilegan.devices import choose_device, choose_precision, precision_name
from tilegan.errors import ResumeError
from tilegan.networks.context import SIDE as THUMBNAIL
from tilegan.pipelines.train_data import found_again, prepared, with_colors
from tilegan.pipelines.train_report import TrainPlan, TrainResult
from tilegan.training.checkpoint import load_checkpoint
from tilegan.training.folders import Folders
from tilegan.training.loop import Loop, TrainStep
from tilegan.training.processes import Processes, joined
from tilegan.training.run import TRANSLATOR, RunConfig, check, cut_metrics, last_losses, prepare
from tilegan.training.settings import TrainSettings
from tilegan.training.trainer import Trainer
from tilegan.translator import load

__all__ = ["TrainPlan", "TrainResult", "TrainStep", "plan", "resume", "train"]

DEFAULT_CACHE = 2 * 10**9


def train(
    source: str | Path,
    target: str | Path | None = None,
    run: str | Path | None = None,
    *,
    paired: str = "",
    direction: str = "a-to-b",
    derive: str = "",
    styles: bool = False,
    labels: str | Path | None = None,
    instances: str | Path | None = None,
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

    Under ``torchrun``, several processes train one model together, each on its part of every batch; the first one
    writes and reports.

    Args:
        source: folder of images to be translated, such as photographs.
        target: folder of images of the style, such as paintings; None if files of ``source`` contain both side by side,
            or if the method derives sources from targets.
        run: folder for all results; default ``runs/<name of the target folder>``.
        paired: for methods that learn from pairs: 'by-name' (both folders have files of the same names) or
            'side-by-side' (each file of the one folder contains source and target).
        direction: 'a-to-b' if sources are on the left of such files, or 'b-to-a'.
        derive: for the same methods: sources are derived from the images in ``source``, which are the targets: 'gray'
            or 'edges' (see ``training.derive``).
        styles: whether each subfolder of ``target`` is a style, for one model of all styles.
        labels: for methods with label maps: a file with one color or number of a label per line, or 'auto' to find them
            in the sources, the default if a method needs label maps or if there are instances.
        instances: for methods that take them: folder of the instance maps of sources (see ``training.instances``).
        settings: hyperparameters; default ``TrainSettings()``.
        init: a model to start from; its architecture replaces that of the settings unless these add a context.
        device: 'auto', 'cpu', 'cuda', 'mps'.
        precision: 'auto', 'float32', or 'bfloat16' or 'float16' (mixed precision).
        cache: bytes of reduced images to cache in memory.
        time_limit: seconds after which to stop and save.
        sample_every: steps between sample sheets and metrics.
        checkpoint_every: steps between checkpoints.
        overwrite: replace an existing run in the folder.
        progress: called after every step.
        stop: called after every step; if it returns true, the run is saved and returned.

    Raises:
        DatasetError: a folder is missing or has no usable image.
        OutputExistsError: the run folder is not empty.
        OutputError: results cannot be written.
        SettingError, ModelError: a setting or ``init`` is invalid.
        TrainingError: a loss is not finite; the last checkpoint is kept.
    """
    folders = Folders.of(source, target, instances, paired=paired, direction=direction, derive=derive)
    folder = Path(run) if run is not None else Path("runs") / folders.target.name
    settings, dataset = prepared(folders, settings, init, styles, labels)
    with joined(device) as processes:
        processes.check_share(settings.batch)
        if processes.rank == 0:
            check(folder, overwrite)
        settings = processes.first(partial(with_colors, settings, dataset))
        config = RunConfig(
            folders=folders,
            source_files=dataset.digests[0],
            target_files=dataset.digests[1],
            name=folders.target.name,
            settings=settings,
            **_placement(device, precision),
            threads=torch.get_num_threads(),
            cache=cache,
            sample_every=sample_every,
            checkpoint_every=checkpoint_every,
            init=None if init is None else Path(init).as_posix(),
        )
        trainer = _trainer(config, processes)
        if init is not None:
            trainer.start_from(load(init, device="cpu", precision="float32"))
        loop = Loop(folder, config, trainer, dataset, {"seconds": 0.0, "figures": {}})
        if processes.rank == 0:  # only now, so that an earlier run is kept if this one cannot start
            prepare(folder)
            config.write(folder)
        loop.go(time_limit, progress, stop)
    return _result(loop)


def resume(
    run: str | Path,
    source: str | Path | None = None,
    target: str | Path | None = None,
    *,
    instances: str | Path | None = None,
    steps: int | None = None,
    time_limit: float | None = None,
    progress: Callable[[TrainStep], None] | None = None,
    stop: Callable[[], bool] = lambda: False,
) -> TrainResult:
    """Resume an interrupted run: on the same CPU the result equals that of an uninterrupted one.

    Args:
        run: the run folder.
        source: new path of its folder, if it has moved; the images must be the same.
        target: likewise.
        instances: likewise.
        steps: another total number of steps, to train a finished run further.
        time_limit: seconds after which to stop and save.
        progress: called after every step.
        stop: called after every step; if it returns true, the run is saved and returned.

    Raises:
        ResumeError: there is nothing to resume, or the images of the folders have changed.
        And the errors of ``train``.
    """
    folder = Path(run)
    config = RunConfig.read(folder)
    if steps is not None:
        config = replace(config, settings=replace(config.settings, steps=steps))
    tensors, facts = load_checkpoint(folder)
    config = replace(config, folders=config.folders.moved(source, target, instances))
    dataset = found_again(config)
    torch.set_num_threads(config.threads)
    with joined(config.device) as processes:
        trainer = _trainer(config, processes)
        try:
            trainer.restore(facts["step"], tensors)
        except (KeyError, ValueError, RuntimeError) as error:
            raise ResumeError(f"the checkpoint in '{folder}' does not fit its config.json") from error
        if processes.rank == 0:
            cut_metrics(folder, trainer.step)
            config.write(folder)
        loop = Loop(folder, config, trainer, dataset, facts)
        loop.go(time_limit, progress, stop)
    return _result(loop)


def plan(
    source: str | Path,
    target: str | Path | None = None,
    *,
    paired: str = "",
    direction: str = "a-to-b",
    derive: str = "",
    styles: bool = False,
    labels: str | Path | None = None,
    instances: str | Path | None = None,
    settings: TrainSettings | None = None,
    init: str | Path | None = None,
    device: str = "auto",
    precision: str = "auto",
    cache: int = DEFAULT_CACHE,
) -> TrainPlan:
    """Return what ``train`` would do, and the time of a step on this machine; nothing is written.

    Raises:
        DatasetError, SettingError, ModelError: as ``train``.
    """
    folders = Folders.of(source, target, instances, paired=paired, direction=direction, derive=derive)
    settings, dataset = prepared(folders, settings, init, styles, labels)
    kept = dataset.trained
    chosen = choose_device(device)
    number_format = choose_precision(precision, chosen)
    random = np.random.default_rng(0)
    colors = random.integers(0, 256, (1000, 3), np.uint8)  # fitting takes the same time for any colors
    count = max(1, len(dataset.styles))
    settings = replace(settings, method=settings.method.fitted(lambda: (colors, [colors] * count)))
    trainer = Trainer(settings, chosen, number_format)
    sources, targets, thumbnails = (
        random.integers(0, 256, (settings.batch, length, length, 3), np.uint8)
        for length in (2 * settings.tile_size, settings.target_side, THUMBNAIL)
    )
    seconds = []
    for _ in range(3):
        trainer.step = settings.steps - 1  # all weights are trained by all losses in the last step
        begin = time.perf_counter()
        trainer.train_step(sources, targets, thumbnails, np.zeros(settings.batch, np.int_))
        seconds.append(time.perf_counter() - begin)
    networks = trainer.method.networks()
    return TrainPlan(
        source_images=len(kept[0]),
        target_images=len(kept[1]),
        cache_needed=dataset.bytes,
        cache=cache,
        parameters={name: sum(weight.numel() for weight in net.parameters()) for name, net in networks.items()},
        steps=settings.steps,
        seconds_per_step=min(seconds),
        device=str(chosen),
        precision=precision_name(number_format),
    )


def _placement(device: str, precision: str) -> dict[str, str]:
    chosen = choose_device(device)
    return {"device": str(chosen), "precision": precision_name(choose_precision(precision, chosen))}


def _trainer(config: RunConfig, processes: Processes) -> Trainer:
    processes.check_share(config.settings.batch)
    device = choose_device(config.device)
    return Trainer(config.settings, device, choose_precision(config.precision, device), processes)


def _result(loop: Loop) -> TrainResult:
    return TrainResult(
        run=loop.folder,
        model=loop.folder / TRANSLATOR,
        steps=loop.trainer.step,
        finished=loop.trainer.step >= loop.config.settings.steps,
        seconds=loop.seconds,
        losses=last_losses(loop.folder, 100) if loop.leads else {},
        figures=loop.figures,
    )
