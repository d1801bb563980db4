"""The residual generator: works mostly at quarter resolution, and no layer sees a whole tile."""

from collections.abc import Iterable, Mapping, Sequence
from copy import deepcopy
from itertools import repeat

import torch
from torch import nn

from tilegan.names import CHANNEL, RESIDUAL
from tilegan.networks.blurs import PADDING, cell_blur
from tilegan.networks.capabilities import Capabilities
from tilegan.networks.codes import CodeFilm, Codes
from tilegan.networks.context import ContextEncoder
from tilegan.networks.lines import Lines
from tilegan.networks.noise_features import NoiseFeatures
from tilegan.networks.pigment import Pigment
from tilegan.networks.recolor import Recolor
from tilegan.networks.squint import squinting
from tilegan.networks.streaks import EdgeDirections
from tilegan.norms.layers import norm_layer
from tilegan.tiling.unpadded import trim_to, trim_together

CONTRAST = 1.25  # tanh(1.25 x) stays within 0.1 of x over most of [-1, 1], so zero residual is nearly identity

# Context vectors are rounded to this, so that processes that sum in another order agree on them.
CONTEXT_STEP = 2**-12


class ResidualBlock(nn.Module):
    """features + conv(relu(conv(norm(features)))), 3 x 3 kernels; modulated before and after the first of them.

    The pixels of the first kernel are ``dilation`` pixels apart.
    """

    def __init__(self, channels: int, norm: str = CHANNEL, dilation: int = 1) -> None:
        super().__init__()
        self.norm = norm_layer(norm, channels)
        self.first = nn.Conv2d(channels, channels, 3, padding=dilation, dilation=dilation, padding_mode=PADDING)
        self.second = nn.Conv2d(channels, channels, 3, padding=1, padding_mode=PADDING)
        nn.init.zeros_(self.second.bias)  # type: ignore[arg-type]

    def forward(self, features: torch.Tensor, modulation: torch.Tensor | None = None) -> torch.Tensor:
        """(N, C, h, w) -> (N, C, h, w); a modulation (N, 2, C, 1, 1) is a change of gain and a shift."""
        hidden: torch.Tensor = self.norm(features)
        if modulation is None:
            hidden = self.first(hidden)
        else:
            gain, shift = modulation.unbind(1)
            hidden = self.first(hidden * (1 + gain)) + shift
        hidden = self.second(nn.functional.relu(hidden, inplace=True))
        return hidden.add_(trim_to(features, hidden))

    @torch.no_grad()
    def absorb(self, modulation: torch.Tensor) -> None:
        """Fold a modulation (2, C, 1, 1) into the weights of the block."""
        gain, shift = modulation
        self.norm.gain.mul_((1 + gain).to(self.norm.gain))
        assert self.first.bias is not None
        self.first.bias.add_(shift.flatten().to(self.first.bias))


class ResidualGenerator(nn.Module):
    """tanh(1.25 x + r(x)), where r unshuffles pixels by ``stride``, runs residual blocks there and shuffles back.

    Features that are shuffled back are blurred: if they differed by their position in the cell, a pattern would appear
    in skies.

    Float (N, inputs, h, w) in [-1, 1] -> (N, 3, h, w), the same range; ``inputs`` is 3, or 1 for grayscale, and h and w
    are multiples of ``stride``. The last convolution is initialized to zero, so that training starts from nearly the
    identity.

    If ``context`` is not 0, the residual blocks are modulated by that many values, which ``encoder`` computes from a
    thumbnail of the whole image; without a thumbnail they are zeros. With ``styles``, a list of names, the blocks are
    modulated by the shares of styles (Dumoulin et al. 2017, 'A Learned Representation for Artistic Style': a style is a
    set of gains and shifts, which can be mixed). ``codes``, numbers by kind (see ``networks.codes``), modulate the
    blocks likewise. ``norm`` is one of ``norms.layers``.

    If ``squint`` is not 0, x is blurred with a box of that many pixels, twice, and r is added to the blurred image:
    finer details have to be painted. ``noise`` is the number of planes of noise, with one value per cell, drawn from
    ``seed``: even areas contain nothing else to start a stroke from (see ``networks.noise``); ``drifts`` is the number
    of planes that vary slowly, from which larger shapes start. With ``recolor``, x has its colors moved by a fixed map
    first (see ``networks.recolor``). If ``washes`` is not 0, textures of x are flattened before the blur by a filter
    of that side, which keeps edges and thin lines (see ``networks.kuwahara``), so that ``squint`` can be small or 0.
    With ``streaks``, a length in cells, noise is drawn out along the edges of the image (see ``networks.streaks``).
    ``lines`` is the share in percent of the details of x where its sharp edges are parallel (see ``networks.lines``),
    and ``grain`` and ``flow`` are how much the density of pigment varies, in percent; the grain has a ``tooth`` in
    pixels (see ``networks.pigment``).
    """

    def __init__(
        self,
        channels: int,
        blocks: int,
        stride: int,
        detail: int,
        context: int = 0,
        styles: Sequence[str] = (),
        norm: str = CHANNEL,
        inputs: int = 3,
        squint: int = 0,
        noise: int = 0,
        seed: int = 0,
        codes: Mapping[str, int] | None = None,
        recolor: bool = False,
        drifts: int = 0,
        washes: int = 0,
        streaks: int = 0,
        lines: int = 0,
        grain: int = 0,
        tooth: int = 2,
        flow: int = 0,
    ) -> None:
        super().__init__()
        self.inputs = inputs
        self.stride = stride
        self.recolor = Recolor() if recolor else None
        self.squint = squinting(inputs, squint, washes)
        self.head = nn.Conv2d(inputs * stride**2, channels, 3, padding=1, padding_mode=PADDING)
        self.edges = EdgeDirections(stride) if noise and streaks else None
        self.noise = NoiseFeatures(noise, channels, stride, seed, streaks=streaks) if noise else None
        self.drift = NoiseFeatures(drifts, channels, stride, seed + 1, drifts=True) if drifts else None
        self.body = nn.Sequential(*(ResidualBlock(channels, norm) for _ in range(blocks)))
        self.norm = norm_layer(norm, channels)
        self.up = nn.Conv2d(channels, detail * stride**2, 1)
        self.blur = cell_blur(detail, stride)
        self.refine = nn.Conv2d(detail + inputs, detail, 3, padding=1, padding_mode=PADDING)
        self.tail = nn.Conv2d(detail, 3, 3, padding=1, padding_mode=PADDING)
        nn.init.zeros_(self.tail.weight)
        nn.init.zeros_(self.tail.bias)  # type: ignore[arg-type]
        self.lines = Lines(lines / 100, stride) if lines else None
        self.pigment = Pigment(grain / 100, tooth, flow / 100, stride, seed + 2) if grain or flow else None
        self.encoder: ContextEncoder | None = None
        self.film: nn.Linear | None = None
        self.style_film: nn.Linear | None = None
        self.styles = tuple(styles)
        if context:
            self.encoder = ContextEncoder(context)
            self.film = _film(context, blocks * 2 * channels)
        if styles:
            self.style_film = _film(len(styles), blocks * 2 * channels)
        self.codes = Codes.of(codes or {})
        self.code_film = CodeFilm(self.codes.default(), blocks * 2 * channels) if self.codes.values else None

    @property
    def capabilities(self) -> Capabilities:
        """See ``networks.capabilities``."""
        return Capabilities(
            context=self.encoder is not None,
            styles=self.styles,
            codes=self.codes,
            noise=any(each is not None for each in (self.noise, self.drift, self.pigment)),
            drifts=any(each is not None for each in (self.drift, self.edges, self.pigment)),
            cell=self.stride,
        )

    def conditioned_by(
        self, thumbnails: torch.Tensor | None, styles: torch.Tensor | None, codes: torch.Tensor | None = None
    ) -> torch.Tensor | None:
        """Return the condition that ``forward`` takes in addition to images.

        Args:
            thumbnails: float (N, 3, h, w) in [-1, 1]; None if unknown.
            styles: float (N, styles), the share of each style.
            codes: float (N, codes), values of its codes; None for the default ones.

        Returns:
            float (N, context + styles + codes); None if the generator takes none of them, or if none is known.
        """
        known = [each for each in (thumbnails, styles, codes) if each is not None]
        parts = []
        if self.encoder is not None and known:
            unknown = known[0].new_zeros(len(known[0]), self.encoder.values)
            parts.append(unknown if thumbnails is None else self.encoder(thumbnails))
        if self.style_film is not None:
            assert styles is not None, "the shares of its styles are wanted"
            parts.append(styles)
        if self.code_film is not None and known:
            parts.append(self.code_film.default.expand(len(known[0]), -1) if codes is None else codes)
        return torch.cat(parts, 1) if parts else None

    def forward(self, image: torch.Tensor, condition: torch.Tensor | None = None) -> torch.Tensor:
        """(N, inputs, h, w) -> (N, 3, h, w), both in [-1, 1]; the condition (N, values) is from ``conditioned_by``."""
        colored = image if self.recolor is None else self.recolor(image)
        seen = self.squint(colored)
        cells = nn.functional.pixel_unshuffle(seen, self.stride)
        edges = None
        if self.edges is not None:
            cells, edges = trim_together(cells, self.edges(image))
        features = self.head(cells)
        for source in (self.noise, self.drift):
            if source is not None and (noise := source(cells, edges)) is not None:
                features.add_(noise)
        for block, modulation in zip(self.body, self._modulations(condition), strict=False):
            features = block(features, modulation)
        coarse = nn.functional.leaky_relu(self.up(self.norm(features)), 0.2, inplace=True)
        coarse = self.blur(nn.functional.pixel_shuffle(coarse, self.stride))
        fine = torch.cat((coarse, trim_to(seen, coarse)), 1)
        del features, coarse  # frees a quarter of the memory needed here
        residual = self.tail(nn.functional.leaky_relu(self.refine(fine), 0.2, inplace=True))
        painting = torch.tanh(torch.add(residual, trim_to(seen, residual), alpha=CONTRAST))
        if self.lines is not None:
            painting = self.lines(painting, colored)
        return painting if self.pigment is None else self.pigment(painting)

    def _modulations(self, condition: torch.Tensor | None) -> Iterable[torch.Tensor | None]:
        """Yield the modulation of each block, (N, 2, C, 1, 1): gains are multiplied, shifts added."""
        if condition is None:
            return repeat(None)
        context = 0 if self.encoder is None else self.encoder.values
        codes = context + len(self.styles)
        values = condition[:, :context], condition[:, context:codes], condition[:, codes:]
        parts = zip((self.film, self.style_film, self.code_film), values, strict=True)
        found = [self._modulation(film, given) for film, given in parts if film is not None]
        gain, shift = (torch.stack(each) for each in zip(*(each.unbind(2) for each in found), strict=True))
        together = torch.stack(((1 + gain).prod(0) - 1, shift.sum(0)), 2)
        return together.unbind(1)

    def _modulation(self, film: nn.Module, values: torch.Tensor) -> torch.Tensor:
        """Return the modulations of all blocks, (N, blocks, 2, C, 1, 1)."""
        modulation: torch.Tensor = film(values)
        return modulation.reshape(len(values), len(self.body), 2, -1, 1, 1)

    def for_image(self, thumbnail: torch.Tensor) -> "ResidualGenerator":
        """Return the generator for one image: without context, with its effect folded into the weights.

        Args:
            thumbnail: float (1, 3, h, w) in [-1, 1].
        """
        plain, precise = deepcopy(self), deepcopy(self).double().cpu()
        assert precise.encoder is not None
        assert precise.film is not None
        plain.encoder = plain.film = None
        with torch.no_grad():
            context = (precise.encoder(thumbnail.double().cpu()) / CONTEXT_STEP).round() * CONTEXT_STEP
        return plain._absorb(precise._modulation(precise.film, context))

    def in_style(self, shares: torch.Tensor) -> "ResidualGenerator":
        """Return the generator for one style or a mixture: without styles, with their effect folded into the weights.

        Args:
            shares: float (styles,).
        """
        plain, precise = deepcopy(self), deepcopy(self).double().cpu()
        assert precise.style_film is not None
        plain.style_film, plain.styles = None, ()
        return plain._absorb(precise._modulation(precise.style_film, shares.double()[None]))

    def with_code(self, values: torch.Tensor) -> "ResidualGenerator":
        """Return the generator for values of its codes: without codes, with their effect folded into the weights.

        Args:
            values: float (codes,).
        """
        plain, precise = deepcopy(self), deepcopy(self).double().cpu()
        assert precise.code_film is not None
        plain.code_film, plain.codes = None, Codes()
        return plain._absorb(precise._modulation(precise.code_film, values.double()[None]))

    @torch.no_grad()
    def _absorb(self, modulation: torch.Tensor) -> "ResidualGenerator":
        for block, values in zip(self.body, modulation[0], strict=True):
            assert isinstance(block, ResidualBlock)
            block.absorb(values)
        return self


def _film(values: int, modulated: int) -> nn.Linear:
    film = nn.Linear(values, modulated, bias=False)
    nn.init.zeros_(film.weight)
    return film


GENERATORS = {RESIDUAL: ResidualGenerator}
