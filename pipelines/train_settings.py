"""The request of a training: its groups of options."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Self

from tilegan.devices import choose_device, choose_precision, precision_name
from tilegan.errors import SettingError
from tilegan.inference.options import PassOptions, RunOptions
from tilegan.methods.registry import choices, method_settings, methods, with_values
from tilegan.networks import build
from tilegan.options import changed, check_values, option, options_of
from tilegan.training.options import (
    ANEW,
    CAPTIONS_METHOD,
    DEFAULT_METHOD,
    INIT,
    PAINTING_METHOD,
    STEPS,
    STEPS_FROM_MODEL,
    Contents,
    Learning,
    MethodOptions,
    NetworkOptions,
    Pairing,
    TimeOptions,
    Upkeep,
)
from tilegan.training.settings import TrainSettings


@dataclass(frozen=True)
class Whole:
    """The option of ``tilegan.pipelines.train.train`` that holds whole groups."""

    settings: TrainSettings | None = option(
        None, "All hyperparameters, method and networks at once; options given beside them take precedence"
    )


COMPUTED = (PassOptions, "device", "precision")
OUTPUT = (RunOptions, "overwrite")
ASKED = (Whole, Pairing, Contents, Learning, MethodOptions, NetworkOptions, Upkeep, TimeOptions, COMPUTED, OUTPUT)
"""All that ``tilegan.pipelines.train.train`` takes by name, beside the settings of methods."""


@dataclass(frozen=True)
class TrainRequest:
    """A request for a training: the groups of options of ``tilegan.pipelines.train.train``.

    Attributes:
        settings: hyperparameters; method and networks are chosen.
        pairing: how sources and targets correspond.
        contents: what the folders contain beside images.
        network: the model to start from.
        upkeep: what the run keeps in memory, shows and saves.
        time: when the run stops.
        passes: device and precision.
        run: whether an earlier run is replaced.
    """

    settings: TrainSettings = field(default_factory=TrainSettings)
    pairing: Pairing = field(default_factory=Pairing)
    contents: Contents = field(default_factory=Contents)
    network: NetworkOptions = field(default_factory=NetworkOptions)
    upkeep: Upkeep = field(default_factory=Upkeep)
    time: TimeOptions = field(default_factory=TimeOptions)
    passes: PassOptions = field(default_factory=PassOptions)
    run: RunOptions = field(default_factory=RunOptions)

    @classmethod
    def of(cls, settings: TrainSettings | None = None, *, target: str | Path | None = None, **values: Any) -> Self:
        """Create a request from options, and settings of the method, by name; None stands for the default.

        Args:
            settings: hyperparameters to start from.
            target: the targets: the file of one painting has another default method.
            **values: options by name.

        Raises:
            SettingError: there is no option of a name, or a value is invalid.
        """
        given = {name: value for name, value in values.items() if value is not None}
        of_method = {name: given.pop(name) for name in _names_of_methods() & given.keys()}
        pairing, contents, _, method, network, *others = changed(given, *ASKED[1:])
        learning = {name: given[name] for name in (entry.name for entry in options_of(Learning)) if name in given}
        of_method = {**of_method, **method.method_settings}
        usual = _usual_method(target, contents)
        if settings is None:
            name = method.method or usual
            if network.init is None and name == usual and not (network.generator or network.generator_set):
                network = replace(network, init=INIT)
            if network.init not in (None, ANEW):
                learning = {"steps": STEPS_FROM_MODEL.get(name, STEPS)} | learning
                if name == DEFAULT_METHOD:
                    of_method = {"style_start": 0.0} | of_method  # strokes need not develop first
        made = _settings(settings, method.method, usual, of_method, learning)
        network = replace(network, init=None if network.init == ANEW else network.init)
        check_values(network)
        if made.method.keeps and network.init is None:
            raise SettingError("keep_weight keeps the look of a finished model: give one as init, or leave it out")
        made = replace(made, generator=_generator(made.generator, network))
        return cls(made, pairing, contents, network, *others)

    def placement(self) -> dict[str, str]:
        """Return the names of device and precision.

        Raises:
            SettingError: one is unknown.
        """
        device = choose_device(self.passes.device)
        return {"device": str(device), "precision": precision_name(choose_precision(self.passes.precision, device))}


def _usual_method(target: str | Path | None, contents: Contents) -> str:
    if target is not None and Path(target).is_file():
        return PAINTING_METHOD
    return DEFAULT_METHOD if contents.captions is None else CAPTIONS_METHOD


def _names_of_methods() -> set[str]:
    return {entry.name for method in methods().values() for entry in choices(method.settings_type)}


def _settings(
    settings: TrainSettings | None,
    method: str | None,
    usual: str,
    of_method: Mapping[str, Any],
    learning: Mapping[str, Any],
) -> TrainSettings:
    """Return the settings with the given values; those of a method, over its defaults, if there are none."""
    if settings is None:
        return TrainSettings.of(method_settings(method or usual, of_method), **learning)
    known = settings.method_type.name
    if method not in (None, known):
        raise SettingError(f"the settings are those of {known}: leave out method '{method}', or the settings")
    return replace(settings, method=with_values(settings.method, of_method), **learning)


def _generator(architecture: dict[str, Any], network: NetworkOptions) -> dict[str, Any]:
    """Return the architecture of the generator that is asked for."""
    made = dict(build.NAMED_GENERATORS[network.generator]) if network.generator else architecture
    made = build.with_numbers(made, network.generator_set)
    if network.norm:
        made = build.with_norm(made, network.norm)
    if network.codes:
        made = build.with_codes(made, network.codes)
    if network.recolor:
        made = build.with_recolor(made)
    return made | {"context": build.DEFAULT_CONTEXT} if network.context else made
