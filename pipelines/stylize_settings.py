"""The settings of a stylization."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import torch

from tilegan.errors import SettingError
from tilegan.images.encoding import ExportOptions
from tilegan.images.reading import Reading
from tilegan.inference.options import LabelOptions, PassOptions, RunOptions, StyleOptions
from tilegan.inference.record import RunRecord
from tilegan.inference.stroke import AUTO
from tilegan.options import changed, option
from tilegan.settling import Choices


@dataclass(frozen=True)
class StylizeSettings:
    """Settings of a stylization: the option groups of ``tilegan.pipelines.stylize``.

    Attributes:
        styling: how the style is applied.
        labels: how label maps are painted.
        passes: how the network is run.
        run: region, resources and resuming.
        reading: read options.
        options: export options.
    """

    styling: StyleOptions = field(default_factory=StyleOptions)
    labels: LabelOptions = field(default_factory=LabelOptions)
    passes: PassOptions = field(default_factory=PassOptions)
    run: RunOptions = field(default_factory=RunOptions)
    reading: Reading = field(default_factory=Reading)
    options: ExportOptions = field(default_factory=ExportOptions)

    @classmethod
    def of(cls, settings: "StylizeSettings | None" = None, **values: Any) -> "StylizeSettings":
        """Return settings from the options of ``tilegan.pipelines.stylize`` by name, including those of ``Whole``.

        Raises:
            SettingError: there is no option of a name.
        """
        return (settings or cls()).but(**values)

    def but(
        self, reading: Reading | None = None, options: ExportOptions | None = None, **values: Any
    ) -> "StylizeSettings":
        """Return the settings with other values of some options; None keeps the present values.

        Args:
            reading: all read options.
            options: all export options.
            **values: options of the other groups, by name.

        Raises:
            SettingError: there is no option of a name.
        """
        styling, labels, passes, run = changed(values, self.styling, self.labels, self.passes, self.run)
        options = options or self.options
        reading = replace(reading or self.reading, keep_profile=options.profile == "keep")
        return StylizeSettings(styling, labels, passes, run, reading, options)

    def processes(self) -> int:
        """Return the number of processes on this machine, by default one per GPU; 0 if a scheduler's workers compute.

        Raises:
            SettingError: both are requested, or fewer than one process.
        """
        workers = self.run.workers
        if self.run.scheduler is None:
            if workers is not None and workers < 1:
                raise SettingError(f"{workers} workers cannot work: give at least 1")
            gpus = torch.cuda.device_count() if self.passes.device in ("auto", "cuda") else 0
            return workers or max(1, gpus)
        if workers is not None:
            raise SettingError(
                "workers on this machine and those of a scheduler exclude each other: give one of the two"
            )
        return 0

    @property
    def free(self) -> frozenset[str]:
        """Names of the settings that are left to choice, so that a finished output may have any value of them."""
        return frozenset(name for name in ("precision", "backend") if getattr(self.passes, name) == "auto")

    def as_begun(self, begun: RunRecord) -> "StylizeSettings":
        """Return the settings with open choices made as in unfinished work."""
        before, passes = begun.plan, self.passes
        return replace(
            self,
            styling=replace(self.styling, stroke=before.look.stroke) if self.styling.stroke == AUTO else self.styling,
            passes=replace(
                passes,
                window=passes.window or before.window,
                device=before.device if passes.device == "auto" else passes.device,
                precision=before.precision if passes.precision == "auto" else passes.precision,
                backend=before.backend if passes.backend == "auto" else passes.backend,
            ),
            run=replace(self.run, shard=self.run.shard or before.shard),
        )

    def choices(self, styling: StyleOptions | None = None) -> Choices:
        """Return the choices that settle a model, for the options of one painting; None for those of all."""
        styling, labels = styling or self.styling, self.labels
        assert isinstance(styling.style, Mapping), "a painting has no map"
        masked = self.styling.mask is not None  # of all paintings, which have no maps
        instances = bool(labels.instances)
        looks, told = (labels.looks, labels.look_seed), (styling.code, styling.text)
        return Choices(styling.style, styling.seed, *looks, instances, masked, *told)


@dataclass(frozen=True)
class Whole:
    """The options of ``tilegan.pipelines.stylize`` that hold whole groups."""

    settings: StylizeSettings | None = option(
        None, "All options at once, for example for several images; options given beside them take precedence"
    )
    reading: Reading | None = option(
        None, "How the values of the image become pixels", unset="8 bits, as the file says"
    )
    options: ExportOptions | None = option(None, "How the output is encoded, where its format leaves a choice")


ASKED = (Whole, StyleOptions, LabelOptions, PassOptions, RunOptions)
"""All that ``tilegan.pipelines.stylize`` takes by name."""
