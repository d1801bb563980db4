"""The settings of the Siamese GAN, the default method, known without torch."""

from dataclasses import dataclass
from math import inf

from tilegan.methods.repainting_settings import RepaintingSettings
from tilegan.methods.settings import before
from tilegan.options import described, option

SIDES = (64, 512)  # tile size and short side, in pixels
RATES = (5e-4, 3e-4)  # learning rates of generator and discriminator
BETAS = (0.5, 0.99)


@described
@dataclass(frozen=True)
class SiameseSettings(RepaintingSettings):
    """Hyperparameters of the method, in addition to those of every method that repaints.

    A content weight of 1 prevents strokes larger than the details that they replace. The style loss finds a coarse
    style early, and the discriminator refines it; before the discriminator has led to strokes, it would produce a
    relief of the photograph. Without the texture loss paint is a gray relief on the colors of the photograph, and
    without that on directions skies are hatched. With few targets the discriminator would overfit to their colors,
    hence the color jitter. The loss on seams keeps strokes small, so that they must develop first.

    Raises:
        SettingError: a value is out of range.
    """

    margin: float = option(
        2.0, "Length beyond which the vector of a generated image is not pushed further, above 0", metavar="LENGTH"
    )
    adversarial_weight: float = option(
        1.0,
        "Weight of the adversarial loss of the generator: the length of its images' vectors",
        least=0,
        metadata=before(1.0),
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
    direction_weight: float = option(
        4.0, "Weight of the same loss on directions of strokes in even areas", least=0, metadata=before(0.0)
    )
    style_start: float = option(
        0.25, "Share of the training after which the losses on style, texture and directions start", least=0, most=1
    )
    color_jitter: float = option(
        0.5, "Strength of the random color transforms of all inputs of the discriminator", least=0
    )
    keep_weight: float = option(
        0.0,
        "Weight of the distance from the results of the generator at the start, with the same noise: for small changes "
        "to a finished model",
        metavar="W",
        least=0,
        metadata=before(0.0),
    )
    keep_tones: float = option(
        7.0,
        "Weight of mean colors in that distance, relative to features: hundreds keep colors and let strokes change",
        metavar="W",
        least=0,
        metadata=before(7.0),
    )
    code_weight: float = option(
        1.0,
        "Weight of the loss on codes, of a generator with codes: how well they are recovered from its images",
        metavar="W",
        least=0,
        metadata=before(0.0),
    )

    def __post_init__(self) -> None:
        """Validate the settings."""
        super().__post_init__()
        self.check(0 < self.margin < inf, f"margin must be above 0, not {self.margin}")

    @property
    def keeps(self) -> bool:
        """See ``MethodSettings.keeps``."""
        return self.keep_weight > 0
