"""Options of an evaluation."""

from dataclasses import dataclass
from pathlib import Path

from tilegan.options import described, option


@described
@dataclass(frozen=True)
class EvaluateOptions:
    """Images and settings of an evaluation."""

    images: int = option(
        12,
        "Number of source images to translate, and of targets in each of two halves, evenly spread over the sorted "
        "names",
        metavar="N",
        least=1,
    )
    held_out: int | None = option(
        None,
        "Only every N-th file of both folders: those held out by training with hold-out N",
        metavar="N",
        least=2,
    )
    short_side: int | None = option(
        None,
        "Short side to which images are reduced first, in pixels",
        metavar="PX",
        least=1,
        unset="as trained, or five tiles if that is more",
    )
    megapixels: tuple[float, ...] = option(
        (),
        "Sizes to which sources are scaled, to stylize them and compare the results from near and from far",
        metavar="N[,N...]",
    )
    large: str | Path | None = option(
        None,
        "Folder of the sources of these large images, preferably of these sizes",
        metavar="DIR",
        unset="the folder of sources",
    )
    features: str | Path | None = option(
        None,
        "EfficientNet-Lite0 weights of the feature metrics, a PyTorch file",
        metavar="FILE",
        unset="those of the installed package",
    )
    seed: int = option(0, "Seed that places the crops whose texture is compared", metavar="N", least=0)
