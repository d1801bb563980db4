"""Options of the import of networks."""

from dataclasses import dataclass

from tilegan.foreign.values import LAYOUTS, ORDERS, RANGES
from tilegan.options import described, option

AUTO = "auto"


@described
@dataclass(frozen=True)
class ImportOptions:
    """Interpretation of a network's inputs and outputs, if it cannot be found automatically."""

    range: str = option(AUTO, "Values of black and white that the network takes", choices=(AUTO, *RANGES))
    output_range: str = option(AUTO, "Values of black and white that it makes", choices=(AUTO, *RANGES))
    mean: str | None = option(
        None, "Subtracted from red, green and blue, after the range", metavar="R,G,B", unset="found by trial"
    )
    deviation: str | None = option(
        None, "Red, green and blue are divided by it, after the mean", metavar="R,G,B", unset="found by trial"
    )
    order: str = option(AUTO, "Order of the colors, of input and output", choices=(AUTO, *ORDERS))
    layout: str = option(AUTO, "Order of batch, channels, rows and columns", choices=(AUTO, *LAYOUTS))
    image: str | None = option(None, "Name of the input that is the image", metavar="NAME", unset="the only image")
    output_name: str | None = option(None, "Name of the output", metavar="NAME", unset="the first")
    given: str | None = option(
        None,
        "Values of another input: numbers, a .npy file, or 'styles' for a share of each style",
        metavar="NAME=VALUES",
        unset="'styles' for one vector",
    )
