"""The only place with numbers: named architectures and what they are made of."""

from collections.abc import Mapping
from inspect import signature
from typing import Any, TypeVar

from torch import nn

from tilegan.errors import ModelError, SettingError
from tilegan.networks.discriminator import SiameseDiscriminator
from tilegan.networks.generator import ResidualGenerator
from tilegan.networks.multiscale import MultiscaleDiscriminator
from tilegan.networks.patch import PatchDiscriminator
from tilegan.networks.pix2pixhd import Pix2PixHDGenerator
from tilegan.networks.projected import JointDiscriminator, ProjectedDiscriminator
from tilegan.networks.resnet import ResNetGenerator
from tilegan.networks.spade import SpadeGenerator
from tilegan.networks.srresnet import SRResNet
from tilegan.networks.unet import UNetGenerator
from tilegan.norms.layers import FROZEN, NORMS

GENERATORS: dict[str, type[nn.Module]] = {
    "residual": ResidualGenerator,
    "unet": UNetGenerator,
    "srresnet": SRResNet,
    "pix2pixhd": Pix2PixHDGenerator,
    "resnet": ResNetGenerator,
    "spade": SpadeGenerator,
}
DISCRIMINATORS: dict[str, type[nn.Module]] = {
    "siamese": SiameseDiscriminator,
    "joint": JointDiscriminator,
    "patch": PatchDiscriminator,
    "projected": ProjectedDiscriminator,
    "multiscale": MultiscaleDiscriminator,
}
DEFAULT_GENERATOR = {"name": "residual", "channels": 64, "blocks": 6, "stride": 4, "detail": 8}
PAINTING_GENERATOR = DEFAULT_GENERATOR | {"squint": 5, "noise": 4}
UNET_GENERATOR = {"name": "unet", "channels": 64, "downs": 5}
ENLARGING_GENERATOR = {"name": "srresnet", "channels": 64, "blocks": 8, "scale": 4}
SPADE_GENERATOR = {"name": "spade", "channels": 16, "downs": 4, "hidden": 32}  # and "labels", of the maps
RESNET_GENERATOR = {"name": "resnet", "channels": 64, "blocks": 9}
NAMED_GENERATORS = {
    architecture["name"]: architecture for architecture in (DEFAULT_GENERATOR, UNET_GENERATOR, RESNET_GENERATOR)
}
COARSE_TO_FINE_GENERATOR = {
    "name": "pix2pixhd",
    "channels": 32,
    "downs": 2,
    "blocks": 6,
    "enhancers": 1,
    "enhancer_blocks": 3,
    "features": 3,
    "looks": 10,
}
INSTANCE_ENCODER: dict[str, Any] = {"channels": 16, "downs": 2, "blocks": 0}  # of instances of label maps
DEFAULT_CONTEXT = 16  # values, for generators that look at the whole image
DEFAULT_DISCRIMINATOR = {"name": "siamese", "channels": [48, 96, 128, 192], "cell_values": 8}
JOINT_DISCRIMINATOR = DEFAULT_DISCRIMINATOR | {"name": "joint", "width": 64, "textures": True}
PATCH_DISCRIMINATOR = {"name": "patch", "channels": 64, "layers": 3}
PROJECTED_DISCRIMINATOR = PATCH_DISCRIMINATOR | {"name": "projected", "width": 64}
MULTISCALE_DISCRIMINATOR = {"name": "multiscale", "channels": 64, "layers": 3, "scales": 3}

Network = TypeVar("Network", bound=nn.Module)


def register_generator(name: str, generator: type[nn.Module]) -> None:
    """Make a generator of your own known by a name, so that models made of it can be saved, loaded and used.

    Every process that uses such a model has to do so first. Its architecture is then ``{"name": name, ...}``, where the
    other entries, JSON types, are the arguments of the class. It runs faster if its skips are trimmed by
    ``tiling.unpadded.trim_to``.

    Args:
        name: for the architecture.
        generator: a class of modules that map float (N, 3, h, w) in [-1, 1] to (N, 3, h * scale, w * scale) in [-1, 1].

    Raises:
        ModelError: another class has that name.
    """
    if GENERATORS.setdefault(name, generator) is not generator:
        raise ModelError(f"a generator named '{name}' is there already: give yours another name")


def build_generator(architecture: dict[str, Any]) -> nn.Module:
    """The generator of an architecture: ``name`` chooses the class, the other entries are its arguments.

    Raises:
        ModelError: the name is unknown or the arguments do not fit it.
    """
    return _build(GENERATORS, architecture)


def build_discriminator(architecture: dict[str, Any]) -> nn.Module:
    """The same for discriminators.

    Raises:
        ModelError: the name is unknown or the arguments do not fit it.
    """
    return _build(DISCRIMINATORS, architecture)


def with_norm(architecture: dict[str, Any], norm: str) -> dict[str, Any]:
    """The architecture with another norm (see ``norms.layers``).

    Raises:
        SettingError: its generator has no such choice, or there is no such norm.
    """
    found = GENERATORS.get(architecture.get("name", ""))
    if found is None or "norm" not in signature(found).parameters:
        raise SettingError(
            f"the generator '{architecture.get('name')}' has no choice of norms: leave norm '{norm}' out"
        )
    if norm not in NORMS or norm == FROZEN:  # which is made of another, and not learned
        raise SettingError(
            f"no norm '{norm}' to learn with: give {' or '.join(each for each in NORMS if each != FROZEN)}"
        )
    return architecture | {"norm": norm}


def with_numbers(architecture: dict[str, Any], numbers: Mapping[str, str | int]) -> dict[str, Any]:
    """The architecture with some of its own numbers changed, such as ``downs`` of a U-Net.

    Args:
        architecture: of a generator.
        numbers: by name, as they are or in words.

    Raises:
        SettingError: it has no such number, or a word is no whole number from 1 up.
    """
    own = [name for name, value in architecture.items() if type(value) is int]
    for name, value in numbers.items():
        if name not in own:
            raise SettingError(f"the generator '{architecture['name']}' has no {name}: it has {', '.join(own)}")
        if not str(value).isdecimal() or int(value) < 1:
            raise SettingError(f"{name} cannot be '{value}': give a whole number from 1 up")
    return architecture | {name: int(value) for name, value in numbers.items()}


def with_one_channel(architecture: dict[str, Any]) -> dict[str, Any]:
    """The architecture for shades of gray, if its generator can be made for them; others take three equal channels."""
    found = GENERATORS.get(architecture.get("name", ""))
    one = found is not None and "inputs" in signature(found).parameters
    return architecture | {"inputs": 1} if one else architecture


def _build(classes: dict[str, type[Network]], architecture: dict[str, Any]) -> Network:
    arguments = {key: value for key, value in architecture.items() if key != "name"}
    found = classes.get(architecture.get("name", ""))
    if found is None:
        raise ModelError(f"unknown architecture {architecture}: a newer tilegan may know it")
    if unknown := arguments.keys() - signature(found).parameters.keys():
        raise ModelError(
            f"unknown architecture {architecture}: '{architecture['name']}' takes no {', '.join(sorted(unknown))}"
        )
    try:
        return found(**arguments)
    except TypeError as error:
        raise ModelError(f"unknown architecture {architecture}: {error}") from error
