"""Layers that start strokes from noise."""

import torch
from torch import nn

from tilegan.networks.noise import cell_noise, drifting_noise, known_places
from tilegan.networks.streaks import streaked_noise
from tilegan.tiling.places import Placed


class NoiseFeatures(nn.Module, Placed):
    """Features computed from noise, to be added to those of an image.

    Without the positions of windows (see ``tiling.places``) there is no noise, except in training, where positions are
    random.
    """

    def __init__(
        self, planes: int, channels: int, cell: int, seed: int, drifts: bool = False, streaks: int = 0
    ) -> None:
        """Create a 3 x 3 convolution of noise planes with one value per ``cell`` x ``cell`` pixels; see the functions.

        Its result is the same for all windows of an image only if their positions are known.

        Args:
            planes: number of planes.
            channels: number of features.
            cell: side of a cell in pixels.
            seed: of the noise; 0 or more.
            drifts: whether the noise varies slowly.
            streaks: length of the streaks that other noise is drawn out to, in cells; 0 for independent values.
        """
        super().__init__()
        self.planes, self.cell, self.seed, self.drifts, self.streaks = planes, cell, seed, drifts, streaks
        self.convolution = nn.Conv2d(planes, channels, 3, padding=1, bias=False)

    def forward(self, cells: torch.Tensor, edges: torch.Tensor | None = None) -> torch.Tensor | None:
        """Return features of noise for cells of images.

        Args:
            cells: (N, C, h, w), in the center of the images of the pass.
            edges: float32 (N, 2, h, w), needed for streaks (see ``networks.streaks``).

        Returns:
            (N, channels, h, w). Without noise None, or with streaks zeros that depend on ``edges``, so that
            ``tiling.reach`` sees on which pixels noise would depend.
        """
        assert edges is not None or not self.streaks
        places = known_places(cells, self.cell, self.training)
        if places is None:
            if not self.streaks or edges is None:
                return None
            return self._features(0 * edges[:, :1].expand(-1, self.planes, -1, -1), cells)
        if self.streaks and edges is not None:
            noise = streaked_noise(self.seed, places, self.planes, edges, self.streaks)
        else:
            kind = drifting_noise if self.drifts else cell_noise
            noise = kind(self.seed, places, self.planes, *cells.shape[2:])
        return self._features(noise, cells)

    def _features(self, noise: torch.Tensor, cells: torch.Tensor) -> torch.Tensor:
        features: torch.Tensor = self.convolution(noise.to(cells.dtype, memory_format=torch.channels_last))
        return features
