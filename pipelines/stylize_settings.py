"""What can be asked of stylizing an image, and what of that will be done."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import torch

from tilegan.errors import SettingError
from tilegan.images.formats import ExportOptions
from tilegan.images.origin import Reading
from tilegan.inference.look import Look
from tilegan.inference.memory import Memory
from tilegan.inference.record import RunRecord
from tilegan.inference.stroke import AUTO


@dataclass(frozen=True)
class StylizeSettings:
    """How an image is stylized; see ``tilegan.pipelines.stylize``."""

    seams: str = "exact"
    strength: float = 1.0
    keep_colors: bool = False
    stroke: int | str = AUTO
    window: int | None = None
    shard: int | None = None
    region: tuple[int, int, int, int] | None = None
    device: str = "auto"
    precision: str = "auto"
    memory: int | None = None
    workers: int | None = None
    scheduler: str | None = None
    overwrite: bool = False
    resume: bool = False
    reading: Reading = field(default_factory=Reading)
    options: ExportOptions = field(default_factory=ExportOptions)
    style: Mapping[str, float] = field(default_factory=dict)
    seed: int | None = None
    statistics: str | None = None
    looks: Mapping[int | str, int] = field(default_factory=dict)
    look_seed: int | None = None
    instances: str | Path | None = None

    @classmethod
    def of(cls, **asked: Any) -> "StylizeSettings":
        """The settings that ``stylize`` and ``plan_stylize`` are asked for; None stands for a default."""
        settings = cls(**{name: value for name, value in asked.items() if value is not None})
        keep = settings.options.profile == "keep"
        return replace(settings, reading=replace(settings.reading, keep_profile=keep))

    def processes(self) -> int:
        """How many compute on this machine, one for each GPU if not said; 0 where those of a scheduler do.

        Raises:
            SettingError: both are asked for, or less than one.
        """
        if self.scheduler is None:
            if self.workers is not None and self.workers < 1:
                raise SettingError(f"{self.workers} workers cannot be: give at least 1")
            gpus = torch.cuda.device_count() if self.device in ("auto", "cuda") else 0
            return self.workers or max(1, gpus)
        if self.workers is not None:
            raise SettingError(
                "workers on this machine and those of a scheduler exclude each other: give one of the two"
            )
        return 0

    def as_begun(self, begun: RunRecord) -> "StylizeSettings":
        """The settings, where they leave a choice, as unfinished work was begun with."""
        before = begun.plan
        return replace(
            self,
            window=self.window or before.window,
            shard=self.shard or before.shard,
            stroke=before.look.stroke if self.stroke == AUTO else self.stroke,
            device=before.device if self.device == "auto" else self.device,
            precision=before.precision if self.precision == "auto" else self.precision,
        )

    def look(self, stroke: int) -> Look:
        """How the style is applied, with strokes that were found (see ``tilegan.inference.stroke``).

        Raises:
            SettingError: a value cannot be.
        """
        return Look(self.strength, self.keep_colors, stroke)


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
