"""Interpretation of the values of a network: layout, range, normalization and order of colors."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, Self

import torch

from tilegan.errors import ModelError

RANGES: dict[str, tuple[float, float]] = {"0-1": (0.0, 1.0), "-1-1": (-1.0, 1.0), "0-255": (0.0, 255.0)}
LAYOUTS = ("nchw", "nhwc")
ORDERS = ("rgb", "bgr")


@dataclass(frozen=True)
class Values:
    """Layout and range of the image that a network takes and of the one that it makes.

    Attributes:
        range, output_range: of black and white, one of ``RANGES``.
        layout, output_layout: order of batch, channels, rows and columns, one of ``LAYOUTS``.
        order: order of the colors, of both, one of ``ORDERS``.
        mean, deviation: subtracted from and divided through after the range, of red, green and blue.
    """

    range: str = "0-1"
    output_range: str = "0-1"
    layout: str = "nchw"
    output_layout: str = "nchw"
    order: str = "rgb"
    mean: tuple[float, ...] = (0.0, 0.0, 0.0)
    deviation: tuple[float, ...] = (1.0, 1.0, 1.0)

    @classmethod
    def of(cls, data: Mapping[str, Any]) -> Self:
        """Return the values of JSON types.

        Raises:
            ModelError: they are none.
        """
        known = {entry.name for entry in fields(cls)}
        if set(data) - known:
            raise ModelError(f"damaged graph: no value '{min(set(data) - known)}'")
        listed: dict[str, Any] = {
            key: tuple(value) if isinstance(value, list) else value for key, value in data.items()
        }
        made = cls(**listed)
        allowed: dict[str, Iterable[str]] = {"range": RANGES, "output_range": RANGES, "order": ORDERS}
        allowed |= {"layout": LAYOUTS, "output_layout": LAYOUTS}
        for name, choices in allowed.items():
            if getattr(made, name) not in choices:
                raise ModelError(f"damaged graph: no {name.replace('_', ' ')} '{getattr(made, name)}'")
        if len(made.mean) != 3 or len(made.deviation) != 3 or not all(made.deviation):
            raise ModelError("damaged graph: mean and deviation are three numbers each")
        return made

    def data(self) -> dict[str, Any]:
        """Return the values as JSON types."""
        return {key: list(value) if isinstance(value, tuple) else value for key, value in asdict(self).items()}

    def to_network(self, image: torch.Tensor) -> torch.Tensor:
        """Convert (N, 3, h, w) in [-1, 1] to what the network takes."""
        low, high = RANGES[self.range]
        factor = [(high - low) / 2 / part for part in self.deviation]
        shift = [((high + low) / 2 - mean) / part for mean, part in zip(self.mean, self.deviation, strict=True)]
        if len({*zip(factor, shift, strict=True)}) == 1:
            inputs = image if (factor[0], shift[0]) == (1, 0) else image * factor[0] + shift[0]
        else:
            inputs = torch.cat([image[:, c : c + 1] * factor[c] + shift[c] for c in range(3)], 1)
        inputs = _reversed(inputs) if self.order == "bgr" else inputs
        return inputs.permute(0, 2, 3, 1) if self.layout == "nhwc" else inputs

    def from_network(self, output: torch.Tensor) -> torch.Tensor:
        """Convert what the network makes to (N, 3, h, w) in [-1, 1]."""
        image = output.permute(0, 3, 1, 2) if self.output_layout == "nhwc" and output.ndim == 4 else output
        low, high = RANGES[self.output_range]
        image = image if (low, high) == (-1, 1) else image * (2 / (high - low)) - (high + low) / (high - low)
        if image.ndim == 4 and image.shape[1] == 1:
            image = image.expand(-1, 3, -1, -1)
        return _reversed(image) if self.order == "bgr" else image


def _reversed(image: torch.Tensor) -> torch.Tensor:
    return torch.cat([image[:, c : c + 1] for c in (2, 1, 0)], 1)
