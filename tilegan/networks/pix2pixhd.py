"""A coarse-to-fine generator: one network at low resolution, and enhancers that add the detail of higher ones."""

from collections.abc import Sequence
from itertools import pairwise

import torch
from torch import nn

from tilegan.names import CHANNEL
from tilegan.networks.blurs import PADDING, cell_blur
from tilegan.networks.boundaries import Boundaries
from tilegan.networks.capabilities import Capabilities
from tilegan.networks.generator import ResidualBlock
from tilegan.networks.labels import LEVELS, Labels
from tilegan.networks.looks import NUMBERS
from tilegan.norms.layers import norm_layer

WIDE = 7  # kernel of the first and the last convolution, as in the paper


class Stage(nn.Module):
    """A network at one resolution: wide convolution, downsampling, residual blocks, upsampling, wide convolution.

    (Johnson et al. 2016, 'Perceptual Losses for Real-Time Style Transfer and Super-Resolution', as Wang et al. use it.
    Upsampling repeats pixels before a convolution: transposed convolutions would produce a pattern. ReLUs are leaky,
    since the even areas of label maps could permanently deactivate plain ones.)
    """

    def __init__(
        self, inputs: int, channels: int, downs: int, blocks: int, outputs: int = 3, norm: str = CHANNEL
    ) -> None:
        super().__init__()
        counts = [channels * 2**power for power in range(downs + 1)]
        front: list[nn.Module] = [_wide(inputs, channels), norm_layer(norm, channels), nn.LeakyReLU(0.2)]
        for before, after in pairwise(counts):
            down = nn.Conv2d(before, after, 3, stride=2, padding=1, padding_mode=PADDING)
            front += [down, norm_layer(norm, after), nn.LeakyReLU(0.2)]
        back: list[nn.Module] = []
        for before, after in pairwise(counts[::-1]):
            up = nn.Conv2d(before, after, 3, padding=1, padding_mode=PADDING)
            back += [nn.Upsample(scale_factor=2), up, norm_layer(norm, after), nn.LeakyReLU(0.2)]
        self.front = nn.Sequential(*front)
        self.body = nn.Sequential(*(ResidualBlock(counts[-1], norm) for _ in range(blocks)))
        self.back = nn.Sequential(*back)
        self.tail = _wide(channels, outputs)

    def features(self, planes: torch.Tensor, coarser: torch.Tensor | None = None) -> torch.Tensor:
        """Return the input of the last convolution.

        Args:
            planes: float (N, inputs, h, w).
            coarser: features of the previous stage, (N, C, h', w'), of the size of the residual blocks, to be added.

        Returns:
            (N, channels, h, w).
        """
        own = self.front(planes)
        if coarser is not None:
            own = own + coarser
        made: torch.Tensor = self.back(self.body(own))
        return made

    def forward(self, planes: torch.Tensor) -> torch.Tensor:
        """(N, inputs, h, w) -> (N, outputs, h, w), unbounded."""
        made: torch.Tensor = self.tail(self.features(planes))
        return made


class Pix2PixHDGenerator(nn.Module):
    """A global generator at low resolution and enhancers, each at twice the resolution of the previous stage.

    (Wang et al. 2018, 'High-Resolution Image Synthesis and Semantic Manipulation with Conditional GANs', sections 3.1
    to 3.4.) An enhancer halves its input once, adds the features of the previous stage, and runs its own residual
    blocks. Norms are over channels by default, where the paper has instance norms, so that tiling is exact. The output
    of a stage is added to the enlarged output of the previous one, and enhancers are initialized to zero, so that the
    generator works after any phase of training. Inputs are halved by 2 x 2 averaging, in phase with all strides.

    Float (N, inputs, h, w) in [-1, 1] -> (N, 3, h, w) in the same range; h and w are multiples of
    2^(enhancers + downs).

    Args:
        channels: channels of the global generator at its full size; each enhancer has half as many as the previous
            stage.
        downs: number of downsamplings of the global generator.
        blocks: number of its residual blocks.
        enhancers: number of enhancers.
        enhancer_blocks: number of residual blocks of each enhancer.
        labels: the table of label maps, see ``networks.labels``; a plane of boundaries is appended. Empty for plain
            images.
        features: number of further planes beside labels, which define appearances; 0 for plain images.
        looks: number of looks of each label.
        instances: whether label maps come with the object number of each pixel, as two further channels, its high and
            its low byte; 0 for none. Then boundaries include those of objects.
        by_number: whether a table, ``columns``, contains the look of each object; number 0 has the first look. It is
            made when looks are selected, see ``networks.settle``.
        label_names: names of the labels, for display.
        norm: one of ``norms.layers``.

    Attributes:
        inputs: number of image channels: 3, or 5 with instances.
    """

    def __init__(
        self,
        channels: int,
        downs: int,
        blocks: int,
        enhancers: int,
        enhancer_blocks: int,
        labels: Sequence[Sequence[int]] = (),
        features: int = 0,
        looks: int = 1,
        instances: bool = False,
        by_number: bool = False,
        label_names: Sequence[str] = (),  # noqa: ARG002 - kept in the architecture
        norm: str = CHANNEL,
    ) -> None:
        super().__init__()
        self.instances = instances and bool(labels)
        self.inputs = 5 if self.instances else 3
        self.labels = nn.Sequential(Labels(labels), Boundaries(len(labels), instances)) if labels else None
        self.features = features if labels else 0
        self.planes = len(labels) + 1 if labels else 3
        inputs = self.planes + self.features
        stages = [Stage(inputs, channels, downs, blocks, norm=norm)]
        for number in range(enhancers):
            stages.append(Stage(inputs, channels // 2 ** (number + 1), 1, enhancer_blocks, norm=norm))
            nn.init.zeros_(stages[-1].tail.weight)
            nn.init.zeros_(stages[-1].tail.bias)  # type: ignore[arg-type]
        self.stages = nn.ModuleList(stages)
        self.blur = cell_blur(3, 2)
        if self.features:
            self.looks: torch.Tensor
            self.register_buffer("looks", torch.zeros(len(labels), looks, self.features))
        self.by_number = by_number
        if by_number:
            self.columns: torch.Tensor
            self.ranks: torch.Tensor
            self.register_buffer("columns", torch.zeros(NUMBERS, dtype=torch.int64))
            ranks = torch.arange(len(labels))[:, None, None]
            self.register_buffer("ranks", ranks.float(), persistent=False)

    @property
    def capabilities(self) -> Capabilities:
        """See ``networks.capabilities``."""
        looks = self.looks.shape[1] if self.features and not self.by_number else 1
        return Capabilities(looks=looks if looks > 1 else 0, instances=self.instances)

    def seen(self, image: torch.Tensor) -> torch.Tensor:
        """Return the source as generators and discriminators see it: the image, or labels and boundaries.

        (N, inputs, h, w) in [-1, 1] -> (N, planes, h, w).
        """
        if self.labels is None:
            return image
        labels, boundaries = self.labels
        planes: torch.Tensor = boundaries(labels(image[:, :3]), self._bytes(image))
        return planes

    def numbers(self, image: torch.Tensor) -> torch.Tensor | None:
        """Return the object number of each pixel, (N, inputs, h, w) in [-1, 1] -> int64 (N, h, w), or None."""
        levels = self._bytes(image)
        if levels is None:
            return None
        high, low = levels.long().clamp(0, 255).unbind(1)  # NaN counts as no object
        return high * 256 + low

    def _bytes(self, image: torch.Tensor) -> torch.Tensor | None:
        return ((image[:, 3:5].float() + 1) * LEVELS).round().to(image.dtype) if self.instances else None

    def forward(self, image: torch.Tensor, last: int | None = None, resting: int = 0) -> torch.Tensor:
        """Translate an image.

        Args:
            image: float (N, inputs, h, w) in [-1, 1], or (N, inputs + features, h, w) with the features of each pixel;
                otherwise these are the look of its object or the first look of its label.
            last: the last stage to run, whose output is smaller; the global generator is 0. None for all stages.
            resting: number of first stages that receive no gradients.

        Returns:
            (N, 3, h, w) in [-1, 1]; h and w are halved for each stage that is left out.
        """
        planes = self.seen(image[:, : self.inputs])
        if self.features:
            planes = torch.cat((planes, self._looks(image, planes)), 1)
        sizes = [planes]
        for _ in self.stages[1:]:
            sizes.append(nn.functional.avg_pool2d(sizes[-1], 2))
        features: torch.Tensor | None = None
        output: torch.Tensor | None = None
        for number, stage in enumerate(self.stages if last is None else self.stages[: last + 1]):
            assert isinstance(stage, Stage)
            with torch.set_grad_enabled(torch.is_grad_enabled() and number >= resting):
                features = stage.features(sizes[-1 - number], features)
                made: torch.Tensor = stage.tail(features)
                if output is not None:
                    made = made + self.blur(nn.functional.interpolate(output, scale_factor=2.0))
                output = made
        assert output is not None
        return torch.tanh(output)

    def _looks(self, image: torch.Tensor, planes: torch.Tensor) -> torch.Tensor:
        """Return the features of each pixel, (N, features, h, w): those of the input, or those of its look."""
        if image.shape[1] > self.inputs:
            return image[:, self.inputs :]
        if self.by_number and (numbers := self.numbers(image)) is not None:
            columns = nn.functional.embedding(numbers, self.columns[:, None])[..., 0]
            labels = (planes[:, :-1] * self.ranks.to(planes.dtype)).sum(1).long()
            rows = labels * self.looks.shape[1] + columns
            features = nn.functional.embedding(rows, self.looks.flatten(0, 1)).movedim(-1, 1)
            return features.to(planes.dtype)
        kernel = self.looks[:, 0].T[:, :, None, None]
        return nn.functional.conv2d(planes[:, :-1], kernel.to(planes.dtype))


def _wide(inputs: int, outputs: int) -> nn.Conv2d:
    return nn.Conv2d(inputs, outputs, WIDE, padding=WIDE // 2, padding_mode=PADDING)


GENERATORS = {"pix2pixhd": Pix2PixHDGenerator}
