"""The enlarging generator: residual blocks at the size of the input, then pixel shuffles."""

import torch
from torch import nn

from tilegan.errors import ModelError
from tilegan.names import CHANNEL
from tilegan.networks.blurs import PADDING, cell_blur
from tilegan.networks.generator import ResidualBlock
from tilegan.norms.layers import norm_layer
from tilegan.tiling.unpadded import trim_to

WIDE = 9  # kernel of the first convolution, as in the paper
CUBIC = -0.5  # of bicubic interpolation: Keys 1981, 'Cubic Convolution Interpolation for Digital Image Processing'


class SRResNet(nn.Module):
    """Bicubic enlargement plus a residual: residual blocks, then a pixel shuffle of 2 for each doubling.

    (Ledig et al. 2017, 'Photo-Realistic Single Image Super-Resolution Using a Generative Adversarial Network', figure
    4: a convolution of 9 x 9, ``blocks`` residual blocks and a skip over all of them, shuffles, a last convolution. The
    batch norms of the paper are norms over channels here, unless ``norm`` selects others, and precede the convolutions;
    ReLU and leaky ReLU replace PReLU; the last kernel is 3 x 3, not 9 x 9, since it works on the most pixels; and the
    output is added to a bicubic enlargement.) The last convolution is initialized to zero, so that training starts from
    the latter. Shuffled features are blurred at once, so that they do not differ by their position in the cell of 2 x
    2: otherwise a fine weave was among the first patterns learned.

    Float (N, 3, h, w) in [-1, 1] -> (N, 3, h * scale, w * scale), any h and w from 5 up. In training the output may
    leave [-1, 1], since clipping would remove the gradients; in evaluation it is clipped.
    """

    def __init__(self, channels: int, blocks: int, scale: int, norm: str = CHANNEL) -> None:
        super().__init__()
        if scale < 2 or scale & (scale - 1):
            raise ModelError(f"a scale of {scale} is not supported: give 2, 4 or 8")
        self.scale = scale
        self.head = nn.Conv2d(3, channels, WIDE, padding=WIDE // 2, padding_mode=PADDING)
        self.body = nn.Sequential(*(ResidualBlock(channels, norm) for _ in range(blocks)))
        self.norm = norm_layer(norm, channels)
        self.gather = nn.Conv2d(channels, channels, 3, padding=1, padding_mode=PADDING)
        doublings = scale.bit_length() - 1
        self.ups = nn.ModuleList(
            nn.Conv2d(channels, 4 * channels, 3, padding=1, padding_mode=PADDING) for _ in range(doublings)
        )
        self.blur = cell_blur(channels, 2)
        self.tail = nn.Conv2d(channels, 3, 3, padding=1, padding_mode=PADDING)
        nn.init.zeros_(self.tail.weight)
        nn.init.zeros_(self.tail.bias)  # type: ignore[arg-type]
        self.bicubic = _bicubic(scale)

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        """(N, 3, h, w) in [-1, 1] -> (N, 3, h * scale, w * scale)."""
        first = nn.functional.relu(self.head(image))
        features = self.gather(self.norm(self.body(first)))
        features = features + trim_to(first, features)
        del first
        for up in self.ups:
            features = self.blur(nn.functional.pixel_shuffle(up(features), 2))
            features = nn.functional.leaky_relu(features, 0.2, inplace=True)
        missing = self.tail(features)
        del features
        enlarged = nn.functional.pixel_shuffle(self.bicubic(image), self.scale)
        output: torch.Tensor = missing + trim_to(enlarged, missing)
        return output if self.training else output.clamp_(-1, 1)


def _bicubic(scale: int) -> nn.Conv2d:
    """Return a fixed convolution to the ``scale`` x ``scale`` pixels of a bicubic enlargement, for a pixel shuffle."""
    places = (torch.arange(scale, dtype=torch.float64) + 0.5) / scale - 0.5  # of outputs, relative to the input pixel
    distance = (torch.arange(-2, 3) - places[:, None]).abs()
    near = (CUBIC + 2) * distance**3 - (CUBIC + 3) * distance**2 + 1
    far = CUBIC * (distance**3 - 5 * distance**2 + 8 * distance - 4)
    taps = torch.where(distance <= 1, near, torch.where(distance < 2, far, 0)).float()
    kernels = torch.einsum("ip,jq->ijpq", taps, taps).reshape(scale**2, 1, 5, 5)
    enlarge = nn.Conv2d(3, 3 * scale**2, 5, padding=2, groups=3, bias=False, padding_mode=PADDING)
    enlarge.weight = nn.Parameter(kernels.repeat(3, 1, 1, 1), requires_grad=False)
    return enlarge


GENERATORS = {"srresnet": SRResNet}
