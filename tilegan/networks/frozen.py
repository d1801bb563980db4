"""Frozen features of images at four strides: of the network that is installed, or of a VGG file given by the user."""

from tilegan.errors import ModelError
from tilegan.networks.efficientnet import CHANNELS, EfficientNetFeatures
from tilegan.networks.vgg import VggFeatures

# Both have ``channels``, and map images, float (N, 3, H, W) in [-1, 1], to a list of features, finest first, each of
# half the size of the one before: EfficientNet-Lite0 at strides 2, 4, 8 and 16, VGG networks at 1, 2, 4 and 8.
FrozenFeatures = EfficientNetFeatures | VggFeatures
TAPS = len(CHANNELS)


def frozen_features(vgg: str = "") -> FrozenFeatures:
    """Return the network: EfficientNet-Lite0, or the first four blocks of that of a VGG file.

    Raises:
        ModelError: the file cannot be read, or is not that of a VGG network of four blocks.
    """
    if not vgg:
        return EfficientNetFeatures.read()
    found = VggFeatures.read(vgg, TAPS)
    if len(found.channels) < TAPS:
        raise ModelError(
            f"no {TAPS} blocks of layers in {vgg}, only {len(found.channels)}: give a file of VGG16 or VGG19, up to "
            "relu4_1 at least"
        )
    return found
