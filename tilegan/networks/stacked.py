"""The stacked generator: a first stage paints the reduced image, a second one sees that, and the words again.

Source: H. Zhang et al. 2017, 'StackGAN: Text to Photo-realistic Image Synthesis with Stacked Generative Adversarial
Networks'. There images are made from noise; here they are painted over an image.
"""

from collections.abc import Iterable, Sequence
from copy import deepcopy
from itertools import repeat

import torch
from torch import nn

from tilegan.names import CHANNEL
from tilegan.networks.blurs import PADDING, cell_blur, separable_blur
from tilegan.networks.capabilities import Capabilities
from tilegan.networks.codes import FIRST, CodeFilm
from tilegan.networks.generator import CONTRAST, ResidualBlock
from tilegan.networks.lines import Lines
from tilegan.networks.noise_features import NoiseFeatures
from tilegan.networks.palette import COLORS, Palette
from tilegan.networks.pigment import Pigment
from tilegan.networks.squint import squinting
from tilegan.networks.streaks import EdgeDirections
from tilegan.networks.words import Conditioning
from tilegan.norms.layers import norm_layer
from tilegan.tiling.unpadded import trim_to, trim_together

PACE = 10.0  # at which the vectors of words are learned
TOLD = ("conditioning", "film")  # parts of a stage that depend on words


class StackedGenerator(nn.Module):
    """Two stages: the first paints the image reduced by ``factor``, the second paints at full size over its change.

    Float (N, 3, h, w) in [-1, 1] -> (N, 3, h, w), the same range; h and w are multiples of ``factor * stride``. A text
    moves all colors by a map before the first stage, and modulates both stages. The ground of the second stage is the
    image plus the enlarged change of the first one. With ``squint`` or ``washes`` it is blurred or flattened as that of
    ``ResidualGenerator``, so that finer details have to be painted: the second stage then is such a generator,
    modulated by a text. Without, as in models of earlier versions, it also sees the image itself and keeps its details,
    and the map follows a condition.
    The last layer of each stage is initialized to zero, so that the generator works after any phase of the training.

    Args:
        channels: channels of the residual blocks.
        blocks: residual blocks of each stage.
        stride: side of the cells in which these work, in pixels of the stage.
        detail: channels at the full resolution of a stage.
        factor: factor by which the first stage sees the image reduced.
        words: the words that it knows; empty for a fixed text, or none.
        values: values of the condition of each stage, to which a text is encoded.
        noise: planes of noise of the first stage, and of a second one that paints details; 0 for none.
        drifts: planes of noise of such a second stage that vary slowly; 0 for none.
        seed: seed of the noise.
        norm: one of ``norms.layers``.
        squint: side of the box by which the ground of the second stage is blurred, twice; 0 for none.
        washes: side of the filter that flattens the textures of that ground; 0 for none.
        streaks: length of the streaks to which noise of such a second stage is drawn out (see ``networks.streaks``),
            in cells; 0 for none.
        lines: share in percent of the image's own details in the result of such a second stage, where sharp edges are
            parallel (see ``networks.lines``); 0 for none.
        grain: deviation in percent of the density of its pigment by the grain of paper (see ``networks.pigment``).
        tooth: coarseness of the grain, in pixels.
        flow: deviation in percent of that density by the flow of water; 0 for none.
        kept: whether the second stage is a finished generator, whose weights training keeps: words only modulate it.
    """

    inputs = COLORS

    def __init__(
        self,
        channels: int,
        blocks: int,
        stride: int,
        detail: int,
        factor: int,
        words: Sequence[str] = (),
        values: int = 16,
        noise: int = 0,
        seed: int = 0,
        norm: str = CHANNEL,
        squint: int = 0,
        kept: bool = False,
        drifts: int = 0,
        washes: int = 0,
        streaks: int = 0,
        lines: int = 0,
        grain: int = 0,
        tooth: int = 2,
        flow: int = 0,
    ) -> None:
        super().__init__()
        paints = squint > 0 or washes > 0
        self.factor, self.stride, self.words, self.values = factor, stride, tuple(words), values
        sizes = channels, blocks, stride, detail
        self.palette = Palette(len(words), 0 if paints else values)
        told = (len(words), values, PACE if paints else 1.0)
        self.first = PaintingStage(COLORS, *sizes, *told, norm)
        self.second = PaintingStage(COLORS if paints else 2 * COLORS, *sizes, *told, norm)
        self.noise = NoiseFeatures(noise, channels, stride * factor, seed) if noise else None  # of the first stage
        self.edges = EdgeDirections(stride) if noise and paints and streaks else None
        if noise and paints:
            self.second.noise = NoiseFeatures(noise, channels, stride, seed + 1, streaks=streaks)
        if drifts and paints:
            self.second.drift = NoiseFeatures(drifts, channels, stride, seed + 2, drifts=True)
        self.squint = squinting(COLORS, squint, washes) if paints else None
        self.lines = Lines(lines / 100, stride) if lines and paints else None
        self.pigment = Pigment(grain / 100, tooth, flow / 100, stride, seed + 3) if (grain or flow) and paints else None
        self.carry = carrying_blur(COLORS, factor, stride)
        for name, weight in self.second.named_parameters() if kept else ():
            if weight.requires_grad and name.split(".")[0] not in TOLD:
                weight.register_hook(torch.zeros_like)  # type: ignore[no-untyped-call]

    @property
    def stages(self) -> tuple["PaintingStage", "PaintingStage"]:
        """Return both stages."""
        return self.first, self.second

    @property
    def capabilities(self) -> Capabilities:
        """See ``networks.capabilities``."""
        painter = "" if self.squint is None else "second"
        cell = self.stride * self.factor
        noise = any(each is not None for each in (self.noise, self.second.drift, self.pigment))
        drifts = any(each is not None for each in (self.second.drift, self.edges, self.pigment))
        return Capabilities(words=self.words, noise=noise, drifts=drifts, cell=cell, painter=painter)

    def forward(
        self, image: torch.Tensor, condition: torch.Tensor | None = None, last: int = 1, resting: int = 0
    ) -> torch.Tensor:
        """Paint an image.

        Args:
            image: float (N, 3, h, w) in [-1, 1].
            condition: float (N, values), from ``condition_of``; None for no text.
            last: the last stage to run: 0 gives the painting of the first one, smaller by ``factor``.
            resting: number of first stages that receive no gradients.

        Returns:
            (N, 3, h, w) in [-1, 1].
        """
        of_first, of_second, of_colors = self._told(condition)
        small = nn.functional.avg_pool2d(image, self.factor)
        with torch.set_grad_enabled(torch.is_grad_enabled() and not resting):
            colored = self.palette(small, of_colors)
            painted: torch.Tensor = self.first(colored, colored, of_first, self.noise)
        if last == 0:
            return painted
        change = nn.functional.interpolate(painted - trim_to(small, painted), scale_factor=float(self.factor))
        change = self.carry(change)
        seen = trim_to(image, change)
        ground = seen + change
        if self.squint is None:
            planes = torch.cat((ground, seen), 1)
        else:
            planes = ground = self.squint(ground)
        edges = None if self.edges is None else self.edges(image)
        made: torch.Tensor = self.second(planes, ground, of_second, self.second.noise, edges)
        if self.lines is not None:
            made = self.lines(made, image)
        return made if self.pigment is None else self.pigment(made)

    def condition_of(self, conditions: Sequence[torch.Tensor], bags: torch.Tensor) -> torch.Tensor:
        """Return the condition of ``forward``: those of the stages (N, values) and, if it paints details, texts."""
        return torch.cat(tuple(conditions) if self.squint is None else (*conditions, bags), 1)

    def _told(self, condition: torch.Tensor | None) -> Sequence[torch.Tensor | None]:
        """Return what both stages and the map of colors are told."""
        if condition is None:
            return None, None, None
        first, second, bags = condition.tensor_split((self.values, 2 * self.values), 1)
        return first, second, first if self.squint is None else bags

    def fit_palettes(self, bags: torch.Tensor, palettes: torch.Tensor) -> None:
        """See ``HasWords``."""
        self.palette.fit(bags, palettes)

    def with_text(self, bag: torch.Tensor) -> "StackedGenerator":
        """Return the generator for a text: without words, with their effect folded into the weights.

        Args:
            bag: float (words,); zeros for no text.
        """
        plain, precise, bags = deepcopy(self), deepcopy(self).double().cpu(), bag.double()[None]
        conditions = []
        for known in precise.stages:
            assert known.conditioning is not None
            with torch.no_grad():
                conditions.append(known.conditioning(bags)[0])
        *of_stages, of_colors = precise._told(precise.condition_of(conditions, bags))
        for stage, known, condition in zip(plain.stages, precise.stages, of_stages, strict=True):
            assert condition is not None
            stage.absorb(known.modulation(condition)[0])
        assert of_colors is not None
        plain.palette.absorb(precise.palette, of_colors)
        plain.words = ()
        return plain


class PaintingStage(nn.Module):
    """tanh(1.25 ground + r(planes)), where r unshuffles pixels, runs residual blocks there and shuffles back.

    As in ``ResidualGenerator``; the blocks are modulated by the condition of a text.
    """

    def __init__(
        self,
        planes: int,
        channels: int,
        blocks: int,
        stride: int,
        detail: int,
        words: int,
        values: int,
        pace: float,
        norm: str,
    ) -> None:
        super().__init__()
        self.stride = stride
        self.head = nn.Conv2d(planes * stride**2, channels, 3, padding=1, padding_mode=PADDING)
        self.body = nn.Sequential(*(ResidualBlock(channels, norm) for _ in range(blocks)))
        self.norm = norm_layer(norm, channels)
        self.up = nn.Conv2d(channels, detail * stride**2, 1)
        self.blur = cell_blur(detail, stride)
        self.refine = nn.Conv2d(detail + planes, detail, 3, padding=1, padding_mode=PADDING)
        self.tail = nn.Conv2d(detail, COLORS, 3, padding=1, padding_mode=PADDING)
        nn.init.zeros_(self.tail.weight)
        nn.init.zeros_(self.tail.bias)  # type: ignore[arg-type]
        self.noise: NoiseFeatures | None = None
        self.drift: NoiseFeatures | None = None
        self.conditioning = Conditioning(words, values, pace) if words else None
        modulated = blocks * 2 * channels
        self.film = CodeFilm(torch.zeros(values), modulated, FIRST * values**-0.5) if words else None

    def forward(
        self,
        planes: torch.Tensor,
        ground: torch.Tensor,
        condition: torch.Tensor | None,
        noise: NoiseFeatures | None = None,
        edges: torch.Tensor | None = None,
    ) -> torch.Tensor:
        """Paint over a ground; ``edges`` (N, 2, h / stride, w / stride) are needed for streaks.

        (N, planes, h, w), ground (N, 3, h, w) and condition (N, values) -> (N, 3, h, w) in [-1, 1].
        """
        cells = nn.functional.pixel_unshuffle(planes, self.stride)
        if edges is not None:
            cells, edges = trim_together(cells, edges)
        features = self.head(cells)
        for source in (noise, self.drift):
            if source is not None and (drawn := source(cells, edges)) is not None:
                features = features + drawn
        for block, modulation in zip(self.body, self._modulations(condition), strict=False):
            features = block(features, modulation)
        coarse = nn.functional.leaky_relu(self.up(self.norm(features)), 0.2, inplace=True)
        coarse = self.blur(nn.functional.pixel_shuffle(coarse, self.stride))
        fine = torch.cat((coarse, trim_to(planes, coarse)), 1)
        del features, coarse  # frees memory for the next lines
        residual = self.tail(nn.functional.leaky_relu(self.refine(fine), 0.2, inplace=True))
        return torch.tanh(torch.add(residual, trim_to(ground, residual), alpha=CONTRAST))

    def modulation(self, condition: torch.Tensor) -> torch.Tensor:
        """Return the modulations of all blocks for conditions (N, values), (N, blocks, 2, C, 1, 1)."""
        assert self.film is not None
        modulation: torch.Tensor = self.film(condition)
        return modulation.reshape(len(condition), len(self.body), 2, -1, 1, 1)

    def _modulations(self, condition: torch.Tensor | None) -> Iterable[torch.Tensor | None]:
        return repeat(None) if condition is None else self.modulation(condition).unbind(1)

    @torch.no_grad()
    def absorb(self, modulation: torch.Tensor) -> None:
        """Fold modulations (blocks, 2, C, 1, 1) into the weights, and forget the words."""
        for block, values in zip(self.body, modulation, strict=True):
            assert isinstance(block, ResidualBlock)
            block.absorb(values)
        self.conditioning = self.film = None


def carrying_blur(channels: int, factor: int, cell: int) -> nn.Sequential:
    """Return the fixed blur that makes linear interpolation of pixels that were repeated ``factor`` times.

    Its taps are filled up with zeros to the reach of a cell, so that without padding whole cells are lost, and those of
    the next layers begin where they do with padding.
    """
    taps = torch.full((factor // 2 * 2 + 1,), 1 / factor)
    if factor % 2 == 0:
        taps[[0, -1]] /= 2
    reach = -(-(factor // 2) // cell) * cell
    return separable_blur(channels, nn.functional.pad(taps, (reach - factor // 2,) * 2))


GENERATORS = {"stacked": StackedGenerator}
