"""Options of training: images, hyperparameters, method, network, and the run."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tilegan.errors import SettingError
from tilegan.methods.siamese_settings import BETAS, RATES, SIDES
from tilegan.names import BY_NAME, DERIVATIONS, DIRECTIONS, NETWORKS, NORMS, SIDE_BY_SIDE
from tilegan.options import beyond_limits, described, info_of, noun_of, option

BY_METHOD = "that of the method"
DEFAULT_METHOD = "siamese"
CAPTIONS_METHOD = "stackgan"
PAINTING_METHOD = "neural-style"  # for the file of one painting in place of a folder of targets
NAMES = "names"  # of files and folders, as captions
INIT = "vangogh"  # the model that these methods start from
ANEW = "none"  # a model to start from that is none
STEPS = 6000
STEPS_FROM_MODEL = {DEFAULT_METHOD: 2000, CAPTIONS_METHOD: 400, PAINTING_METHOD: 150}


@described
@dataclass(frozen=True, kw_only=True)
class Pairing:
    """Correspondence of sources and targets, for methods that learn from pairs (see ``training.pairs``)."""

    paired: str = option("", f"Correspondence of images: {BY_NAME}, or {SIDE_BY_SIDE} in one file", metavar="HOW")
    direction: str = option(
        DIRECTIONS[0],
        f"Direction of side-by-side pairs: {DIRECTIONS[0]} (the left image is the source) or {DIRECTIONS[1]}",
        metavar="WAY",
    )
    derive: str = option(
        "",
        f"Derivation of the sources of pairs from the images of one folder: {' or '.join(DERIVATIONS)}",
        metavar="WHAT",
    )


@described
@dataclass(frozen=True)
class Contents:
    """Content of the folders of a training beside images."""

    styles: bool = option(False, "Take each folder in the folder of targets as a style: one model learns them all")
    labels: str | Path | None = option(
        None,
        "Table of the label maps in the folder of sources: file with one color or number of a label per line, or auto "
        "to find them in the images, which is the default if a method needs label maps or if there are instances",
        metavar="TABLE",
    )
    instances: str | Path | None = option(
        None, "Folder of instance maps of the label maps: one number per object", metavar="DIR"
    )
    captions: str | Path | None = option(
        None,
        f"Captions of the targets: table with the columns file and caption, or {NAMES} for the words of the names of "
        "files and folders",
        metavar=f"TABLE|{NAMES}",
    )


@described
@dataclass(frozen=True)
class Learning:
    """Hyperparameters of every method; the defaults are those of the default method.

    ``betas``, decay rates of Adam, and ``average_decay``, decay per step of the moving average of the generator's
    weights, which is saved, are no options. Why the two learning rates may differ: Heusel et al. 2017, 'GANs Trained by
    a Two Time-Scale Update Rule'. They fall linearly to 0, so that strokes converge.
    """

    tile_size: int = option(
        SIDES[0],
        "Side S of a tile in pixels, a multiple of 16; crops are 2S x 2S, those of targets scale times as large",
        metavar="PX",
        unset=BY_METHOD,
    )
    short_side: int = option(
        SIDES[1],
        "Short side to which images are reduced first, in pixels; smaller ones are unchanged",
        metavar="PX",
        unset=BY_METHOD,
    )
    batch: int = option(4, "Crops per step", metavar="N", least=2)
    steps: int = option(
        STEPS,
        "Steps in all; with --resume, train on to this one",
        metavar="N",
        least=1,
        unset=", ".join(f"{steps} with {name}" for name, steps in STEPS_FROM_MODEL.items())
        + f", from a model; {STEPS} otherwise",
    )
    learning_rate: float = option(RATES[0], "Learning rate of the generator (Adam)", metavar="RATE", unset=BY_METHOD)
    discriminator_rate: float = option(
        RATES[1], "Learning rate of the discriminator (Adam)", metavar="RATE", unset=BY_METHOD
    )
    rate_decay: float = option(
        0.5, "Last share of the steps, in which learning rates fall", metavar="SHARE", least=0, most=1
    )
    betas: tuple[float, float] = BETAS
    average_decay: float = 0.999
    hold_out: int = option(0, "Hold out every N-th file of each folder, for metrics; 0: none", metavar="N", least=0)
    seed: int = option(0, "Seed of initial weights and crops", metavar="N", least=0)


@described
@dataclass(frozen=True)
class MethodOptions:
    """The training method."""

    method: str | None = option(
        None,
        "Training method; `tilegan methods` lists them",
        metavar="NAME",
        unset=f"{DEFAULT_METHOD}; {PAINTING_METHOD} if the target is an image file, {CAPTIONS_METHOD} with captions",
    )
    method_settings: Mapping[str, str | float] = option(
        dict, "A setting of the method", flag="set", metavar="NAME=VALUE", repeated=True
    )


@described
@dataclass(frozen=True)
class NetworkOptions:
    """The generator, if it is not that of the method."""

    init: str | Path | None = option(
        None,
        f"Start from a finished model (fine-tuning): a name, file or run folder, or {ANEW}; its generator replaces the "
        "others",
        metavar="MODEL",
        unset=f"{INIT} with the methods {', '.join(STEPS_FROM_MODEL)}, unless a generator is given; {ANEW} otherwise",
    )
    context: bool = option(False, "Let the generator see a thumbnail of the whole image")
    recolor: bool = option(
        False, "Move colors to the targets' before painting: for prints and drawings in few colors, with a palette of 1"
    )
    codes: Mapping[str, int] = option(
        dict,
        "Codes that modulate the generator, whose meaning is found without labels: numbers from -1 to 1, one category "
        "of N, or both",
        metavar="continuous=N,categorical=N",
    )
    generator: str | None = option(
        None, "Generator in place of the method's; resnet is CycleGAN's", choices=NETWORKS, unset=BY_METHOD
    )
    generator_set: Mapping[str, str | int] = option(
        dict, "Number of the generator's architecture, such as downs=8", metavar="NAME=NUMBER", repeated=True
    )
    norm: str | None = option(
        None,
        "Norm of the generator: channel and batch allow exact seams; most papers use instance",
        choices=NORMS,
        unset="channel",
    )


@described
@dataclass(frozen=True)
class Upkeep:
    """Memory, samples and checkpoints of a run.

    Raises:
        SettingError: an interval is less than 1.
    """

    cache: int = option(2 * 10**9, "Memory of cached images", metavar="SIZE", unset="2GB")
    sample_every: int = option(500, "Steps between sample grids and metrics", metavar="N", least=1)
    checkpoint_every: int = option(250, "Steps between checkpoints", metavar="N", least=1)

    def __post_init__(self) -> None:
        """Validate the intervals."""
        for entry, value in beyond_limits(self):
            raise SettingError(f"{noun_of(entry)} must be at least {info_of(entry).least} step, not {value}")


@described
@dataclass(frozen=True)
class TimeOptions:
    """Time limit of a run."""

    time_limit: float | None = option(
        None, "Stop and save after this time: seconds, on the command line also 30m or 2h", flag="time", metavar="TIME"
    )
