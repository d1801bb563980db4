"""Train a style on two folders of images, or on a folder and one painting."""

import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch

from tilegan.devices import choose_device, choose_precision
from tilegan.errors import ResumeError
from tilegan.networks.context import SIDE as THUMBNAIL
from tilegan.options import changed, takes
from tilegan.pipelines.train_data import found_again, prepared, with_colors
from tilegan.pipelines.train_report import TrainPlan, TrainResult
from tilegan.pipelines.train_settings import ASKED, TrainRequest
from tilegan.training.captions import OTHERS
from tilegan.training.checkpoint import load_checkpoint
from tilegan.training.images import count_files
from tilegan.training.loop import Loop, TrainStep
from tilegan.training.options import TimeOptions
from tilegan.training.processes import Processes, joined
from tilegan.training.run import TRANSLATOR, RunConfig, check, cut_metrics, last_losses, prepare
from tilegan.training.trainer import Trainer
from tilegan.training.word_colors import fit_word_colors
from tilegan.translator import load

__all__ = ["TrainPlan", "TrainResult", "TrainStep", "plan", "resume", "train"]


@takes(*ASKED)
def train(
    source: str | Path,
    target: str | Path | None = None,
    run: str | Path | None = None,
    *,
    progress: Callable[[TrainStep], None] | None = None,
    stop: Callable[[], bool] = lambda: False,
    **values: Any,
) -> TrainResult:
    """Train a translator from source images to the style of target images.

    Under ``torchrun``, several processes train one model together, each on its part of every batch; the first one
    writes and reports.

    The settings of the method are options as well: ``train("a", "b", steps=3000, content_weight=0.5)``.

    Args:
        source: folder of images to be translated, such as photographs.
        target: folder of images of the style, such as paintings, or the file of one painting (then method, steps and
            the model to start from have other defaults); None if files of ``source`` contain both side by side, or if
            the method derives sources from targets.
        run: folder for all results; default ``runs/<name of the target>``.
        progress: called after every step.
        stop: called after every step; if it returns true, the run is saved and returned.
        **values: options by name.

    Raises:
        DatasetError: a folder is missing or has no usable image.
        OutputExistsError: the run folder is not empty.
        OutputError: results cannot be written.
        SettingError, ModelError: a setting or ``init`` is invalid.
        TrainingError: a loss is not finite; the last checkpoint is kept.
    """
    request = TrainRequest.of(target=target, **values)
    settings, dataset = prepared(source, target, request)
    folders, init = dataset.folders, request.network.init
    folder = Path(run) if run is not None else Path("runs") / folders.name
    with joined(request.passes.device) as processes:
        processes.check_share(settings.batch)
        if processes.rank == 0:
            check(folder, request.run.overwrite)
        settings = processes.first(partial(with_colors, settings, dataset))
        config = RunConfig(
            folders=folders,
            source_files=dataset.digests[0],
            target_files=dataset.digests[1],
            name=folders.name,
            settings=settings,
            **request.placement(),
            threads=torch.get_num_threads(),
            upkeep=request.upkeep,
            init=None if init is None else Path(init).as_posix(),
        )
        trainer = _trainer(config, processes)
        if init is not None:
            trainer.start_from(load(init, device="cpu", precision="float32"))
        fit_word_colors(trainer, dataset)
        loop = Loop(folder, config, trainer, dataset, {"seconds": 0.0, "figures": {}})
        if processes.rank == 0:  # only now, so that an earlier run is kept if this one cannot start
            prepare(folder)
            config.write(folder)
        loop.go(request.time.time_limit, progress, stop)
    return _result(loop)


@takes(TimeOptions)
def resume(
    run: str | Path,
    source: str | Path | None = None,
    target: str | Path | None = None,
    *,
    instances: str | Path | None = None,
    steps: int | None = None,
    progress: Callable[[TrainStep], None] | None = None,
    stop: Callable[[], bool] = lambda: False,
    **values: Any,
) -> TrainResult:
    """Resume an interrupted run: on the same CPU the result equals that of an uninterrupted one.

    Args:
        run: the run folder.
        source: new path of its folder, if it has moved; the images must be the same.
        target: likewise.
        instances: likewise.
        steps: another total number of steps, to train a finished run further.
        progress: called after every step.
        stop: called after every step; if it returns true, the run is saved and returned.
        **values: options by name.

    Raises:
        ResumeError: nothing to resume, more steps done than asked for, or the images of the folders have changed.
        And the errors of ``train``.
    """
    folder, (time_options,) = Path(run), changed(values, TimeOptions())
    config = RunConfig.read(folder)
    if steps is not None:
        config = replace(config, settings=replace(config.settings, steps=steps))
    tensors, facts = load_checkpoint(folder)
    if steps is not None and steps < facts["step"]:
        raise ResumeError(
            f"'{folder}' has {facts['step']} steps already: --steps {steps} is the total, with these; give a larger one"
        )
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
        loop.go(time_options.time_limit, progress, stop)
    return _result(loop)


@takes(*ASKED)
def plan(source: str | Path, target: str | Path | None = None, **values: Any) -> TrainPlan:
    """Return what ``train`` would do, and the time of a step on this machine; nothing is written.

    Args:
        source: as for ``train``.
        target: likewise.
        **values: options by name, and settings of the method.

    Raises:
        DatasetError, SettingError, ModelError: as ``train``.
    """
    request = TrainRequest.of(target=target, **values)
    settings, dataset = prepared(source, target, request)
    kept = dataset.trained
    device = choose_device(request.passes.device)
    random = np.random.default_rng(0)
    colors = random.integers(0, 256, (1000, 3), np.uint8)  # fitting takes the same time for any colors
    count = max(1, len(dataset.styles))
    settings = replace(settings, method=settings.method.fitted(lambda: (colors, [colors] * count)))
    trainer = Trainer(settings, device, choose_precision(request.passes.precision, device))
    sources, targets, thumbnails = (
        random.integers(0, 256, (settings.batch, length, length, 3), np.uint8)
        for length in (2 * settings.tile_size, settings.target_side, THUMBNAIL)
    )
    captions = np.zeros((settings.batch, 1 + OTHERS, len(dataset.words)), np.float32)
    seconds = []
    for _ in range(3):
        trainer.step = settings.steps - 1  # all weights are trained by all losses in the last step
        begin = time.perf_counter()
        trainer.train_step(sources, targets, thumbnails, np.zeros(settings.batch, np.int_), captions)
        seconds.append(time.perf_counter() - begin)
    networks = trainer.method.networks()
    return TrainPlan(
        source_images=len(kept[0]),
        target_images=count_files(kept[1]),
        cache_needed=dataset.bytes,
        cache=request.upkeep.cache,
        init=None if request.network.init is None else str(request.network.init),
        parameters={name: sum(weight.numel() for weight in net.parameters()) for name, net in networks.items()},
        steps=settings.steps,
        seconds_per_step=min(seconds),
        **request.placement(),
    )


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
