"""The settings that methods of repainting share, known without torch."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Self

from tilegan.methods.settings import FITTED, MethodSettings, before
from tilegan.options import described, option

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@described
@dataclass(frozen=True)
class RepaintingSettings(MethodSettings):
    """Hyperparameters of colors, and of the patterns that repeat with tile and cell.

    With a tone weight of 0 yellow spots appear in skies. Discriminators hardly see that one edge of all tiles is
    slightly darker than the other, which shows as a grid in even areas. Noise, which has one value per cell, produces a
    fine weave in even areas.

    ``color_maps`` holds for each style the map from the sources' colors to the targets' (see ``methods.color_map``).

    Raises:
        SettingError: a value is out of range.
    """

    lightness: float = option(
        1.0,
        "Share of the targets' lightness: 1 matches it, 0 keeps that of the source",
        metavar="SHARE",
        least=0,
        most=1,
    )
    palette: float = option(
        0.5,
        "Share of the targets' hue and chroma: 1 matches them, 0 keeps those of the source",
        metavar="SHARE",
        least=0,
        most=1,
    )
    tone_weight: float = option(0.75, "Weight of the loss on mean colors of areas", metavar="W", least=0)
    tone_cell: int = option(32, "Side of these areas in pixels; colors within them are free", least=1)
    seam_weight: float = option(
        200.0, "Weight of the loss on the pattern that repeats with the tile in joined images", least=0
    )
    seam_start: float = option(0.5, "Share of the training after which this loss starts", least=0, most=1)
    weave_weight: float = option(
        1e5,
        "Weight of the loss on the pattern that repeats with the generator's cell in all images",
        least=0,
        metadata=before(0.0),
    )
    color_maps: list[list[list[float]]] = field(default_factory=list, metadata=FITTED)

    def fitted(self, colors: "Callable[[], tuple[NDArray[np.uint8], list[NDArray[np.uint8]]]]") -> Self:
        """Return the settings with a color map for each style, unless lightness and palette are 0."""
        from tilegan.methods.color_map import fit_color_map  # imports torch

        if self.lightness == self.palette == 0:
            return self
        sources, targets = colors()
        return replace(self, color_maps=[fit_color_map(sources, each) for each in targets])

    def unfitted(self) -> Self:
        """Return the settings without color maps."""
        return replace(self, color_maps=[])
