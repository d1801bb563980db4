"""Networks of each method that are trained in a moment, and trainings of them."""

from typing import Any

from tilegan.methods.registry import method_settings
from tilegan.training.settings import TrainSettings

NETWORKS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "siamese": (
        {"name": "residual", "channels": 8, "blocks": 1, "stride": 4, "detail": 4, "squint": 5, "noise": 2},
        {"name": "siamese", "channels": [4, 4, 8, 8], "cell_values": 4},
    ),
    "neural-style": (
        {"name": "residual", "channels": 8, "blocks": 1, "stride": 4, "detail": 4, "recolor": True},
        {"name": "patch-and-features", "channels": 4, "layers": 2, "width": 4},
    ),
    "cyclegan": (
        {"name": "residual", "channels": 8, "blocks": 1, "stride": 4, "detail": 4},
        {"name": "patch", "channels": 4, "layers": 2},
    ),
    "pix2pix": ({"name": "unet", "channels": 4, "downs": 3}, {"name": "patch", "channels": 4, "layers": 2}),
    "spade": (
        {"name": "spade", "channels": 4, "downs": 2, "hidden": 4},
        {"name": "multiscale", "channels": 4, "layers": 2, "scales": 2},
    ),
    "pix2pixhd": (
        {
            "name": "pix2pixhd",
            "channels": 8,
            "downs": 1,
            "blocks": 1,
            "enhancers": 1,
            "enhancer_blocks": 1,
            "features": 2,
            "looks": 5,
        },
        {"name": "multiscale", "channels": 4, "layers": 2, "scales": 2},
    ),
    "srgan": (
        {"name": "srresnet", "channels": 4, "blocks": 1, "scale": 4},
        {"name": "patch", "channels": 4, "layers": 2},
    ),
    "inpaint": (
        {"name": "filling", "channels": 4, "dilations": [1], "detail": 4, "stride": 2},
        {"name": "patch-and-global", "channels": 4, "layers": 2},
    ),
    "stackgan": (
        {"name": "stacked", "channels": 8, "blocks": 1, "stride": 4, "detail": 4, "factor": 2},
        {"name": "matching", "width": 8, "values": 4},
    ),
}
"""Small generator and discriminator of each method."""


def tiny_pix2pixhd(steps: int) -> TrainSettings:
    """The numbers of a training of pix2pixHD, with three looks per label."""
    generator, discriminator = NETWORKS["pix2pixhd"]
    return TrainSettings.of(
        method_settings("pix2pixhd", {}),
        tile_size=16,
        short_side=40,
        batch=2,
        steps=steps,
        learning_rate=5e-3,
        generator=generator | {"looks": 3},
        discriminator=discriminator,
    )
