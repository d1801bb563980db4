"""Named architectures and their parameters; sizes of networks are defined only here."""

import pkgutil
from collections.abc import Mapping
from functools import cache
from importlib import import_module
from inspect import signature
from typing import Any, TypeVar

from torch import nn

from tilegan import networks
from tilegan.errors import ModelError, SettingError
from tilegan.extensions import extensions, left_out
from tilegan.names import CHANNEL, NETWORKS, NORMS, RESIDUAL, RESNET, STACKED, UNET
from tilegan.networks.codes import Codes

GROUP = "tilegan.generators"  # of entry points
DEFAULT_GENERATOR = {"name": RESIDUAL, "channels": 64, "blocks": 6, "stride": 4, "detail": 8}
PAINTING_GENERATOR = DEFAULT_GENERATOR | {
    "squint": 5,
    "washes": 0,
    "noise": 4,
    "streaks": 0,
    "drifts": 4,
    "lines": 0,
    "grain": 0,
    "tooth": 2,
    "flow": 0,
}
RECOLORING_GENERATOR = PAINTING_GENERATOR | {"squint": 7, "recolor": True}
UNET_GENERATOR = {"name": UNET, "channels": 64, "downs": 5}
ENLARGING_GENERATOR = {"name": "srresnet", "channels": 64, "blocks": 8, "scale": 4}
SPADE_GENERATOR = {"name": "spade", "channels": 16, "downs": 4, "hidden": 32}  # and "labels", the table of label maps
RESNET_GENERATOR = {"name": RESNET, "channels": 64, "blocks": 9}
NAMED_GENERATORS = dict(zip(NETWORKS, (DEFAULT_GENERATOR, UNET_GENERATOR, RESNET_GENERATOR), strict=True))
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
STACKED_GENERATOR = PAINTING_GENERATOR | {"name": STACKED, "factor": 2}
FILLING_GENERATOR = {"name": "filling", "channels": 32, "dilations": [1, 2, 4, 1, 2, 4], "detail": 8, "stride": 2}
INSTANCE_ENCODER: dict[str, Any] = {"channels": 16, "downs": 2, "blocks": 0}  # encodes instances of label maps
DEFAULT_CONTEXT = 16  # values, for generators that take a thumbnail of the whole image
DEFAULT_DISCRIMINATOR = {"name": "siamese", "channels": [48, 96, 128, 192], "cell_values": 8}
JOINT_DISCRIMINATOR = DEFAULT_DISCRIMINATOR | {"name": "joint", "width": 64, "textures": True, "directions": True}
PATCH_DISCRIMINATOR = {"name": "patch", "channels": 64, "layers": 3}
MATCHING_DISCRIMINATOR = {"name": "matching", "width": 64, "values": 32, "textures": True}
# patches of 34 pixels at half the size
STROKE_DISCRIMINATOR = {"name": "patch-and-features", "channels": 32, "layers": 2, "width": 64}
PATCH_AND_GLOBAL_DISCRIMINATOR = {"name": "patch-and-global", "channels": 32, "layers": 3}
MULTISCALE_DISCRIMINATOR = {"name": "multiscale", "channels": 64, "layers": 3, "scales": 3}

Network = TypeVar("Network", bound=nn.Module)


@cache
def generators() -> dict[str, type[nn.Module]]:
    """Return all generators by name, as files of this package declare them in ``GENERATORS``."""
    return _declared("GENERATORS")


@cache
def discriminators() -> dict[str, type[nn.Module]]:
    """Return all discriminators by name, as files of this package declare them in ``DISCRIMINATORS``."""
    return _declared("DISCRIMINATORS")


def register_generator(name: str, generator: type[nn.Module]) -> None:
    """Register a custom generator under a name, so that models with it can be saved, loaded and run.

    Every process that uses such a model has to register it first; a package that names the class in the group
    ``tilegan.generators`` of its entry points need not. Its architecture is ``{"name": name, ...}``, where
    the other entries, of JSON types, are the arguments of the class. It runs faster if it trims its skip connections
    with ``tiling.unpadded.trim_to``.

    Args:
        name: name in architectures.
        generator: a subclass of ``nn.Module`` that maps float (N, 3, h, w) in [-1, 1] to (N, 3, h * scale, w * scale)
            in [-1, 1].

    Raises:
        ModelError: another class is registered under that name.
    """
    if generators().setdefault(name, generator) is not generator:
        raise ModelError(f"a generator named '{name}' exists already: use another name")


def build_generator(architecture: dict[str, Any]) -> nn.Module:
    """Build the generator of an architecture: ``name`` selects the class, the other entries are its arguments.

    Raises:
        ModelError: the name is unknown or the arguments do not fit it.
    """
    return _build(_generator(architecture), architecture)


def build_discriminator(architecture: dict[str, Any]) -> nn.Module:
    """Build the discriminator of an architecture, likewise.

    Raises:
        ModelError: the name is unknown or the arguments do not fit it.
    """
    return _build(discriminators().get(architecture.get("name", "")), architecture)


def with_norm(architecture: dict[str, Any], norm: str) -> dict[str, Any]:
    """Return the architecture with another norm (see ``norms.layers``).

    Raises:
        SettingError: the generator takes no norm, or there is no such norm.
    """
    found = _generator(architecture)
    if found is None or "norm" not in signature(found).parameters:
        raise SettingError(
            f"the generator '{architecture.get('name')}' has no choice of norms: leave norm '{norm}' out"
        )
    if norm not in NORMS:
        raise SettingError(f"no norm '{norm}' to learn with: give {' or '.join(NORMS)}")
    return architecture | {"norm": norm}


def with_codes(architecture: dict[str, Any], counts: Mapping[str, int]) -> dict[str, Any]:
    """Return the architecture with codes, given by their numbers by kind (see ``networks.codes``).

    Raises:
        SettingError: the generator takes no codes, there is no such kind, or a number is invalid.
    """
    found = _generator(architecture)
    if found is None or "codes" not in signature(found).parameters:
        raise SettingError(f"the generator '{architecture.get('name')}' takes no codes: leave them out")
    Codes.of(counts)
    return architecture | {"codes": dict(counts)}


def with_painter(architecture: dict[str, Any], painter: dict[str, Any]) -> dict[str, Any]:
    """Return a stacked architecture whose second stage is a given residual one, to take its weights and keep them.

    Raises:
        SettingError: the given one sees what it paints unblurred, or takes more than an image.
    """
    sizes = {
        name: painter[name]
        for name in (
            "channels",
            "blocks",
            "stride",
            "detail",
            "squint",
            "washes",
            "streaks",
            "lines",
            "grain",
            "tooth",
            "flow",
        )
        if name in painter
    }
    defaults = {"noise": 0, "drifts": 0, "seed": 0, "norm": CHANNEL}
    further = sorted(name for name in painter.keys() - sizes.keys() - {"name", *defaults} if painter[name])
    if further or not (sizes.get("squint") or sizes.get("washes")):
        what = f"has {', '.join(further)}" if further else "paints no details (it has no squint)"
        raise SettingError(
            f"the model to start from {what}, which a generator that is told a text cannot take: use another"
        )
    own = {name: painter.get(name, default) for name, default in defaults.items()}
    return architecture | sizes | own | {"kept": True}


def with_recolor(architecture: dict[str, Any]) -> dict[str, Any]:
    """Return the architecture with a first layer that moves colors (see ``networks.recolor``).

    Raises:
        SettingError: the generator has no such layer.
    """
    found = _generator(architecture)
    if found is None or "recolor" not in signature(found).parameters:
        raise SettingError(f"the generator '{architecture.get('name')}' moves no colors: leave recolor out")
    return architecture | {"recolor": True}


def with_numbers(architecture: dict[str, Any], numbers: Mapping[str, str | int]) -> dict[str, Any]:
    """Return the architecture with other integer arguments, such as ``downs`` of a U-Net.

    Args:
        architecture: architecture of a generator.
        numbers: values by name, as integers or strings.

    Raises:
        SettingError: there is no such argument, or a value is not a positive integer.
    """
    own = [name for name, value in architecture.items() if type(value) is int]
    for name, value in numbers.items():
        if name not in own:
            raise SettingError(f"the generator '{architecture['name']}' has no {name}: it has {', '.join(own)}")
        if not str(value).isdecimal() or int(value) < 1:
            raise SettingError(f"{name} cannot be '{value}': give a positive integer")
    return architecture | {name: int(value) for name, value in numbers.items()}


def with_one_channel(architecture: dict[str, Any]) -> dict[str, Any]:
    """Return the architecture for grayscale images, if its generator supports it; others take three equal channels."""
    found = _generator(architecture)
    one = found is not None and "inputs" in signature(found).parameters
    return architecture | {"inputs": 1} if one else architecture


def _declared(constant: str) -> dict[str, type[nn.Module]]:
    modules = [import_module(f"{networks.__name__}.{file.name}") for file in pkgutil.iter_modules(networks.__path__)]
    return {name: network for module in modules for name, network in getattr(module, constant, {}).items()}


def _generator(architecture: dict[str, Any]) -> type[nn.Module] | None:
    """Return the class of a generator; one that is not known is looked for in other packages."""
    name, known = architecture.get("name", ""), generators()
    if name not in known:
        for key, brought in extensions(GROUP):
            if isinstance(brought, type) and issubclass(brought, nn.Module):
                known.setdefault(key, brought)
            else:
                left_out(GROUP, key, "it is no subclass of nn.Module")
    return known.get(name)


def _build(found: type[Network] | None, architecture: dict[str, Any]) -> Network:
    arguments = {key: value for key, value in architecture.items() if key != "name"}
    if found is None:
        known = "a newer tilegan may know it, or the package that brings it"
        raise ModelError(f"unknown architecture {architecture}: {known}")
    if unknown := arguments.keys() - signature(found).parameters.keys():
        raise ModelError(
            f"unknown architecture {architecture}: '{architecture['name']}' takes no {', '.join(sorted(unknown))}"
        )
    try:
        return found(**arguments)
    except TypeError as error:
        raise ModelError(f"unknown architecture {architecture}: {error}") from error
