"""The settings of the Siamese GAN, the default method, known without torch."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from math import inf
from typing import TYPE_CHECKING, Self

from tilegan.methods.settings import FITTED, MethodSettings, before
from tilegan.options import described, option

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

SIDES = (64, 512)  # tile size and short side, in pixels
RATES = (5e-4, 3e-4)  # learning rates of generator and discriminator
BETAS = (0.5, 0.99)


@described
@dataclass(frozen=True)
class SiameseSettings(MethodSettings):
    """Hyperparameters of the method, in addition to those of every method.

    A content weight of 1 prevents strokes larger than the details that they replace. The style loss finds a coarse
    style early, and the discriminator refines it; before the discriminator has led to strokes, it would produce a
    relief of the photograph. Without the texture loss paint is a gray relief on the colors of the photograph. With few
    targets the discriminator would overfit to their colors, hence the color jitter. With a tone weight of 0 yellow
    spots appear in skies. D hardly sees that one edge of all tiles is slightly darker than the other, which shows as a
    grid in even areas; the loss on it keeps strokes small, so that they must develop first. Noise, which has one value
    per cell, produces a fine weave in even areas.

    ``color_maps`` holds for each style the map from the sources' colors to the targets' (see ``methods.color_map``).

    Raises:
        SettingError: a value is out of range.
    """

    margin: float = option(
        2.0, "Length beyond which the vector of a generated image is not pushed further, above 0", metavar="LENGTH"
    )
    content_weight: float = option(0.4, "Weight of the content loss, for both networks", metavar="W", least=0)
    feature_weight: float = option(
        2.0, "Weight of the loss on deep frozen features, which keeps eyes, twigs and outlines", least=0
    )
    style_weight: float = option(
        2.0,
        "Weight of the loss on statistics of frozen features: distance of the set of generated images from the targets",
        least=0,
    )
    texture_weight: float = option(
        2.0, "Weight of the same loss on textures in lightness and color", least=0, metadata=before(0.0)
    )
    style_start: float = option(
        0.25, "Share of the training after which the losses on style and texture start", least=0, most=1
    )
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
    color_jitter: float = option(
        0.5, "Strength of the random color transforms of all inputs of the discriminator", least=0
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
    code_weight: float = option(
        2.0,
        "Weight of the loss on codes, of a generator with codes: how well they are recovered from its images",
        metavar="W",
        least=0,
        metadata=before(0.0),
    )
    color_maps: list[list[list[float]]] = field(default_factory=list, metadata=FITTED)

    def __post_init__(self) -> None:
        """Validate the settings."""
        super().__post_init__()
        self.check(0 < self.margin < inf, f"margin must be above 0, not {self.margin}")

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
