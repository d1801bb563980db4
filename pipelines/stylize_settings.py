"""What can be asked of stylizing an image, and what of that will be done."""

from dataclasses import dataclass, field, replace
from typing import Any

import torch

from tilegan.errors import SettingError
from tilegan.images.encoding import ExportOptions
from tilegan.images.reading import Reading
from tilegan.inference.look import Look
from tilegan.inference.memory import Memory
from tilegan.inference.options import LabelOptions, PassOptions, RunOptions, StyleOptions
from tilegan.inference.record import RunRecord
from tilegan.inference.stroke import AUTO
from tilegan.options import changed
from tilegan.settling import Choices


@dataclass(frozen=True)
class StylizeSettings:
    """How an image is stylized: the groups of options of ``tilegan.pipelines.stylize``.

    Attributes:
        styling: how the style is applied.
        labels: how label maps are painted.
        passes: how the network is run.
        run: what part of the image is processed, with which resources.
        reading: how values become pixels.
        options: how the output is encoded.
    """

    styling: StyleOptions = field(default_factory=StyleOptions)
    labels: LabelOptions = field(default_factory=LabelOptions)
    passes: PassOptions = field(default_factory=PassOptions)
    run: RunOptions = field(default_factory=RunOptions)
    reading: Reading = field(default_factory=Reading)
    options: ExportOptions = field(default_factory=ExportOptions)

    def but(
        self, reading: Reading | None = None, options: ExportOptions | None = None, **values: Any
    ) -> "StylizeSettings":
        """The settings with other values of some options; None leaves what is there.

        Args:
            reading: all options of reading.
            options: all options of export.
            **values: options of the other groups, by name.

        Raises:
            SettingError: a name is none of an option's.
        """
        styling, labels, passes, run = changed(values, self.styling, self.labels, self.passes, self.run)
        options = options or self.options
        reading = replace(reading or self.reading, keep_profile=options.profile == "keep")
        return StylizeSettings(styling, labels, passes, run, reading, options)

    def processes(self) -> int:
        """How many compute on this machine, one for each GPU if not said; 0 where those of a scheduler do.

        Raises:
            SettingError: both are asked for, or less than one.
        """
        workers = self.run.workers
        if self.run.scheduler is None:
            if workers is not None and workers < 1:
                raise SettingError(f"{workers} workers cannot be: give at least 1")
            gpus = torch.cuda.device_count() if self.passes.device in ("auto", "cuda") else 0
            return workers or max(1, gpus)
        if workers is not None:
            raise SettingError(
                "workers on this machine and those of a scheduler exclude each other: give one of the two"
            )
        return 0

    def as_begun(self, begun: RunRecord) -> "StylizeSettings":
        """The settings, where they leave a choice, as unfinished work was begun with."""
        before, passes = begun.plan, self.passes
        return replace(
            self,
            styling=replace(self.styling, stroke=before.look.stroke) if self.styling.stroke == AUTO else self.styling,
            passes=replace(
                passes,
                window=passes.window or before.window,
                device=before.device if passes.device == "auto" else passes.device,
                precision=before.precision if passes.precision == "auto" else passes.precision,
            ),
            run=replace(self.run, shard=self.run.shard or before.shard),
        )

    def choices(self) -> Choices:
        """What of a model is chosen."""
        styling, labels = self.styling, self.labels
        return Choices(styling.style, styling.seed, labels.looks, labels.look_seed, bool(labels.instances))

    def look(self, stroke: int) -> Look:
        """How the style is applied, with strokes that were found (see ``tilegan.inference.stroke``).

        Raises:
            SettingError: a value cannot be.
        """
        return Look(self.styling.strength, self.styling.keep_colors, stroke)


@dataclass(frozen=True)
class StylizePlan:
    """What will be done.

    Attributes:
        source, output: paths.
        height, width: of the output, in pixels.
        region: x, y, width and height of the part of the source that is stylized, in pixels.
        seams, window, shard, batch, device, precision: see ``tilegan.inference.plan.Plan``.
        statistics: what instance norms take theirs from (see ``tilegan.inference.statistics``); '' if there are none.
        strength, keep_colors, stroke: see ``tilegan.inference.look.Look``.
        halo: context of each forward pass, per side, in input pixels.
        overhead: pixels of all forward passes, also over the copies that large strokes begin with, by input pixels
            (see ``tilegan.inference.overhead``); 1 without halos.
        block: height and width of what the source decodes at once, in pixels.
        sequential: whether it decodes only from the top.
        decoded: how often each of its pixels is decoded on average, at most.
        shards: tasks of full resolution.
        workers: processes that compute; 0 where those of an existing cluster do.
        threads: shards in flight in each.
        streams: forward passes at once in each.
        memory: bytes of all processes together, by part (see ``tilegan.inference.memory.Memory``).
        finished: whether the output is there already, finished.
        notes: what is done otherwise than asked for, a line each.
    """

    source: str
    output: str
    height: int
    width: int
    region: tuple[int, int, int, int]
    seams: str
    statistics: str
    strength: float
    keep_colors: bool
    stroke: int
    window: int
    shard: int
    batch: int
    device: str
    precision: str
    halo: int
    overhead: float
    block: tuple[int, int]
    sequential: bool
    decoded: float
    shards: int
    workers: int
    threads: int
    streams: int
    memory: Memory
    finished: bool
    notes: tuple[str, ...]
