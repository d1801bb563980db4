"""Find out whether a network takes and makes red, green and blue, or blue, green and red, where that can be known."""

from collections.abc import Mapping
from dataclasses import replace

import torch
from torch.nn import functional as F  # noqa: N812 - the usual name

from tilegan.foreign.prepare import Prepared
from tilegan.foreign.values import ORDERS, Values

# Means of red, green and blue of the photographs that networks are trained with, which many of them contain: those of
# ImageNet, as in torchvision, in Caffe's models and in Keras, and of DIV2K, as in EDSR and its successors
MEANS = ((0.485, 0.456, 0.406), (123.68, 116.779, 103.939), (123.675, 116.28, 103.53), (0.4488, 0.4371, 0.4040))
CLOSE = 2e-3  # relative difference from them
# times nearer colors have to be in one order than in the other; among 54 pairs of networks of styles and pictures, all
# of red, green and blue, the wrong order had at most 2.8 times nearer colors
NEARER = 3.0
GRID = 32  # cells of the reduced pictures whose colors are compared


def order_of(network: Prepared, values: Values, picture: torch.Tensor) -> str:
    """Return 'rgb' or 'bgr'; '' if it cannot be known.

    A network tells it by the means that it contains; or if it keeps colors with one order, and not with the other.
    Networks of styles change colors, and most keep none.

    Args:
        network: the network.
        values: the interpretation of its values, in any order.
        picture: float (1, 3, h, w) in [-1, 1], with colors.
    """
    found = _order_of_means(network.tensors)
    if found:
        return found
    changes = color_changes(network, values, picture)
    for order, other in (("rgb", "bgr"), ("bgr", "rgb")):
        if changes[other] > NEARER * changes[order]:
            return order
    return ""


def color_changes(network: Prepared, values: Values, picture: torch.Tensor) -> dict[str, float]:
    """Return how much the network changes the colors of a picture in each order: mean difference, of a range of 2.

    Args:
        network: the network.
        values: the interpretation of its values, in any order.
        picture: float (1, 3, h, w) in [-1, 1], with colors.
    """
    before, found = _colors(picture), {}
    for order in ORDERS:
        with torch.no_grad():
            after = _colors(network.generator(replace(values, order=order))(picture).float())
        found[order] = float((after - before).abs().mean()) + 1e-4
    return found


def _order_of_means(tensors: Mapping[str, torch.Tensor]) -> str:
    for tensor in tensors.values():
        if tensor.numel() == 3:
            for means in MEANS:
                for order, expected in (("rgb", means), ("bgr", means[::-1])):
                    values = tensor.flatten().abs()
                    if torch.allclose(values, torch.tensor(expected), rtol=CLOSE, atol=0):
                        return order
    return ""


def _colors(image: torch.Tensor) -> torch.Tensor:
    """Return the difference of the channels from their mean, in a reduced picture."""
    cells = F.adaptive_avg_pool2d(image, GRID)
    return cells - cells.mean(1, keepdim=True)
