"""Starts of wide holes in training: they are filled in a reduced copy first, as in inference."""

import torch
from torch import nn

from tilegan.networks.smooth import LEVELS

FACTOR = 4  # by which the copy is smaller, as the last one of inference (see ``inference.stroke.steps_of``)
START = 128 / 127.5 - 1  # level of the mask, of 8 bits, where colors are a start (see ``networks.filling``)


def with_starts(source: torch.Tensor, generator: nn.Module, widest: int) -> torch.Tensor:
    """Return images with holes in which wide ones have a start: the enlarged filling of a reduced copy.

    As in inference, holes get one that are so wide that whole squares of the copy are in them, in images with a hole
    wider than those that are filled without.

    Args:
        source: float (N, 4, h, w) in [-1, 1], images and masks; sides are multiples of ``FACTOR``.
        generator: fills the copies; it gets no gradients from them.
        widest: width of the widest holes that are filled without a start, in pixels.
    """
    holes, side = (source[:, 3:] > 0).to(source.dtype), min(widest + 1, *source.shape[-2:])
    wide = nn.functional.avg_pool2d(holes, side, stride=1).amax((1, 2, 3)) > 1 - 0.5 / side**2
    chosen = wide.nonzero()[:, 0]
    if not len(chosen):
        return source
    colors, given = source[chosen, :3], 1 - holes[chosen]
    known = nn.functional.avg_pool2d(given, FACTOR)
    means = nn.functional.avg_pool2d(colors * given, FACTOR) / known.clamp(min=1 / FACTOR**2)
    lost = (known == 0).to(source.dtype)
    height, width = means.shape[-2:]
    beyond = (0, -width % 2**LEVELS, 0, -height % 2**LEVELS)
    with torch.no_grad():
        copies = nn.functional.pad(torch.cat((means, 2 * lost - 1), 1), beyond, mode="replicate")
        filled = generator(copies)[..., :height, :width].clamp(-1, 1).to(source.dtype)
    start = nn.functional.interpolate(filled, scale_factor=float(FACTOR), mode="bilinear", align_corners=False)
    inside = (given == 0) & (nn.functional.interpolate(lost, scale_factor=float(FACTOR)) > 0)
    started = torch.cat((torch.where(inside, start, colors), source[chosen, 3:].masked_fill(inside, START)), 1)
    return source.index_copy(0, chosen, started)
