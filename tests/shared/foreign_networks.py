"""Small networks of the kinds that people have, as in their authors' code."""

from itertools import pairwise

import torch
from torch import nn
from torch.nn import functional as F  # noqa: N812 - the usual name


class Block(nn.Module):
    """Of CycleGAN: reflection padding, convolution and instance norm, twice, around a skip connection."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        for last in (False, True):
            layers += [nn.ReflectionPad2d(1), nn.Conv2d(channels, channels, 3), nn.InstanceNorm2d(channels)]
            layers += [] if last else [nn.ReLU(True)]
        self.conv_block = nn.Sequential(*layers)

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        return features + self.conv_block(features)


def resnet(channels: int = 4, blocks: int = 9) -> nn.Module:
    """The generator of CycleGAN as in its authors' code, ``ResnetGenerator``."""
    layers: list[nn.Module] = [nn.ReflectionPad2d(3), nn.Conv2d(3, channels, 7), nn.InstanceNorm2d(channels)]
    layers.append(nn.ReLU(True))
    for count in (channels, 2 * channels):
        layers += [nn.Conv2d(count, 2 * count, 3, 2, 1), nn.InstanceNorm2d(2 * count), nn.ReLU(True)]
    layers += [Block(4 * channels) for _ in range(blocks)]
    for count in (4 * channels, 2 * channels):
        layers.append(nn.ConvTranspose2d(count, count // 2, 3, 2, 1, 1))
        layers += [nn.InstanceNorm2d(count // 2), nn.ReLU(True)]
    return nn.Sequential(*layers, nn.ReflectionPad2d(3), nn.Conv2d(channels, 3, 7), nn.Tanh())


class UNet(nn.Module):
    """Of pix2pix: 4 x 4 convolutions down and up, with skip connections."""

    def __init__(self, channels: int = 8, downs: int = 3) -> None:
        super().__init__()
        sides = [3, *(channels * 2**number for number in range(downs))]
        self.down = nn.ModuleList(nn.Conv2d(a, b, 4, 2, 1) for a, b in pairwise(sides))
        self.norms = nn.ModuleList(nn.InstanceNorm2d(side, affine=True) for side in sides[1:])
        ups = [(sides[-1], sides[-2]), *((2 * a, b) for a, b in zip(sides[-2:0:-1], sides[-3::-1], strict=False))]
        self.up = nn.ModuleList(nn.ConvTranspose2d(a, b, 4, 2, 1) for a, b in ups)

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        kept: list[torch.Tensor] = []
        for number, (layer, norm) in enumerate(zip(self.down, self.norms, strict=True)):
            image = layer(F.leaky_relu(image, 0.2) if number else image)
            image = norm(image) if number else image
            kept.append(image)
        for number, layer in enumerate(self.up):
            image = layer(torch.relu(image if not number else torch.cat((image, kept[-1 - number]), 1)))
        return torch.tanh(image)


class Attentive(nn.Module):
    """Each position looks at all others."""

    def __init__(self, channels: int = 8) -> None:
        super().__init__()
        self.first, self.last = nn.Conv2d(3, channels, 3, 4, 1), nn.ConvTranspose2d(channels, 3, 4, 4)

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        features = self.first(image)
        flat = features.flatten(2)
        seen = torch.softmax(flat.transpose(1, 2) @ flat, -1)
        return torch.sigmoid(self.last((flat @ seen).reshape(features.shape)) + image)


class Normed(Attentive):
    """Likewise, after an instance norm."""

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        return super().forward(F.instance_norm(image))


class Excited(nn.Module):
    """An upscaler with squeeze-and-excite, that takes and makes levels of 255."""

    def __init__(self, channels: int = 8) -> None:
        super().__init__()
        self.first, self.last = nn.Conv2d(3, channels, 3, 1, 1), nn.Conv2d(channels, 12, 3, 1, 1)
        self.squeeze, self.excite = nn.Conv2d(channels, 2, 1), nn.Conv2d(2, channels, 1)

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        features = torch.relu(self.first(image / 255))
        seen = torch.sigmoid(50 * self.excite(self.squeeze(F.adaptive_avg_pool2d(features, 1))))
        change = F.pixel_shuffle(self.last(features * seen), 2)
        return (F.interpolate(image, scale_factor=2.0, mode="nearest") + change * 100).clamp(0, 255)


class InParts(nn.Module):
    """Instance norm written out, as in many codes of style transfer."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.last = nn.Conv2d(3, 8, 3, 1, 1), nn.Conv2d(8, 3, 3, 1, 1)

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        features = self.first(image)
        apart = features - features.mean((2, 3), keepdim=True)
        variance = (apart**2).mean((2, 3), keepdim=True)
        return torch.sigmoid(self.last(torch.relu(apart / torch.sqrt(variance + 1e-3))) + image)


NETWORKS = {
    "resnet": resnet,
    "unet": UNet,
    "attentive": Attentive,
    "attentive with norms": Normed,
    "excited": Excited,
    "in parts": InParts,
}
