"""Initial weights of networks."""

from torch import nn

_SPREAD = 0.02


def draw_weights(network: nn.Module) -> None:
    """Draw the weights of all convolutions from a normal distribution around 0 with standard deviation 0.02.

    (Isola et al. 2017, 'Image-to-Image Translation with Conditional Adversarial Networks', section 3.3, and the papers
    that follow it.)
    """
    for layer in network.modules():
        if isinstance(layer, nn.Conv2d | nn.ConvTranspose2d):
            nn.init.normal_(layer.weight, std=_SPREAD)
