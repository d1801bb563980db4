"""A generator and its contract: halo, stride, scale and weights, as stored in one file."""

import hashlib
import json
from copy import deepcopy
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Self

import safetensors
import torch
from safetensors.torch import load_file
from torch import nn

from tilegan.devices import CPU, choose_device, choose_precision, to_device
from tilegan.errors import ModelError, SettingError
from tilegan.foreign.runtime import check_runtime
from tilegan.model_file import read_header, read_proof
from tilegan.names import BACKENDS, RUNTIME, TORCH
from tilegan.networks.build import build_generator
from tilegan.tiling.layers import fixed_side, input_channels
from tilegan.tiling.proof import Proof, can_be_kept, proven_reach
from tilegan.tiling.reach import Reach

TRAINED_SIDE = 512  # pixels: default short side of training images


@dataclass(frozen=True)
class Contract:
    """The properties of a generator that are needed to run it.

    Attributes:
        generator: float (N, channels, h, w) in [-1, 1] -> float (N, 3, h * scale, w * scale) in [-1, 1]; h and w are
            multiples of ``stride``. It takes only tensors of dtype ``precision``: load a translator in 'float32' to
            call its generator with float32.
        architecture: the argument of ``networks.build.build_generator``: name and parameters.
        tile_size: side S of the tiles of training and of ``combo`` mode, in input pixels.
        halo: context that one output pixel can depend on, per side, in input pixels; a multiple of ``stride``.
        stride: total stride of the generator, in input pixels; reading must start at multiples of it.
        scale: output pixels per input pixel.
        name: the style's name, used in output file names.
        facts: how it was trained; free-form, JSON.
        device, precision: device and dtype of the computation.
        backend: what runs the passes: 'torch' or 'onnxruntime' (see ``foreign.runtime``).
        state: the weights in full precision, if those of the generator are rounded.
        unbounded: the first layer that sees more than the halo, such as one that depends on the whole image: then only
            ``combo`` mode is possible. '' if there is none.
        chosen_style: default style among several; '' if one must be selected.
        proof: stored proof of its properties; None if there is none, or the generator has changed.
    """

    generator: nn.Module
    architecture: dict[str, Any]
    tile_size: int
    halo: int
    stride: int
    scale: int = 1
    name: str = "style"
    facts: dict[str, Any] = field(default_factory=dict)
    device: torch.device = CPU
    precision: torch.dtype = torch.float32
    backend: str = TORCH
    state: dict[str, torch.Tensor] | None = None
    unbounded: str = ""
    chosen_style: str = ""
    proof: Proof | None = None

    def place(self, device: str = "auto", precision: str = "auto", backend: str = "") -> Self:
        """Return a copy of the translator on a device and in a precision, by name (see ``tilegan.devices``).

        Args:
            device: name of the device.
            precision: name of the dtype.
            backend: name of what runs its passes; '' keeps it.

        Raises:
            SettingError: a name is unknown, or the backend cannot be used.
        """
        backend, chosen = backend or self.backend, choose_device(device)
        dtype = choose_precision(precision, chosen, backend)
        if backend not in BACKENDS:
            raise SettingError(f"no backend '{backend}': use {' or '.join(BACKENDS)}")
        if backend == RUNTIME:
            check_runtime(chosen)
        state = None if self.precision == dtype == torch.float32 else self.weights()
        generator = to_device(deepcopy(self.generator), chosen, dtype).eval()
        return replace(self, generator=generator, state=state, device=chosen, precision=dtype, backend=backend)

    @classmethod
    def of(
        cls,
        generator: nn.Module,
        architecture: dict[str, Any],
        tile_size: int,
        *,
        name: str = "style",
        facts: dict[str, Any] | None = None,
    ) -> Self:
        """Create the translator of a generator: halo, stride and scale are computed from the network and tested.

        Args:
            generator: a generator on any device, in float32.
            architecture: its architecture (see ``networks.build``).
            tile_size: side of the tiles of training and of ``combo`` mode, in input pixels.
            name: the style's name.
            facts: how it was trained; free-form, JSON.

        Raises:
            ModelError: its output is no image, or it cannot be traced (see ``tiling.reach``).
        """
        found = proven_reach(generator)
        device = next((tensor.device for tensor in generator.parameters()), CPU)
        return cls(
            generator=generator,
            architecture=architecture,
            tile_size=tile_size,
            halo=found.halo,
            stride=found.stride,
            scale=found.scale,
            name=name,
            facts=facts or {},
            device=device,
            unbounded=found.unbounded,
        )

    @property
    def channels(self) -> int:
        """Return the number of channels that the generator takes: 3, 1 for grayscale, or more with further planes."""
        return input_channels(self.generator)

    @property
    def fixed_side(self) -> int:
        """Return the side of the only windows that the generator takes, in pixels; 0 if it takes any."""
        return fixed_side(self.generator)

    @property
    def obstacle(self) -> str:
        """Return in words why windows cannot be exact; '' if they can."""
        if self.fixed_side:
            return f"it takes windows of {self.fixed_side} x {self.fixed_side} pixels only"
        return f"{self.unbounded} sees more than a neighborhood" if self.unbounded else ""

    @property
    def trained_side(self) -> int:
        """Return the short side of the reduced sources in training, in pixels; ``TRAINED_SIDE`` if unknown."""
        settings = self.facts.get("settings")
        side = settings.get("short_side") if isinstance(settings, dict) else None
        return max(1, (side if isinstance(side, int) else TRAINED_SIDE) // self.scale)

    @property
    def receptive_field(self) -> int:
        """Return the full extent of the receptive field of an output pixel, in input pixels."""
        return 2 * self.halo + 1

    def header(self) -> dict[str, Any]:
        """Return everything except the weights, as JSON types."""
        names = ("architecture", "tile_size", "halo", "stride", "scale", "name", "facts", "receptive_field")
        return {name: getattr(self, name) for name in names}

    def weights(self) -> dict[str, torch.Tensor]:
        """Return the generator's tensors, float32 on the CPU, in the precision of training or loading."""
        state = self.generator.state_dict() if self.state is None else self.state
        return {name: value.detach().float().cpu().contiguous() for name, value in state.items()}

    def fingerprint(self) -> str:
        """Return a SHA-256 hash of contract and weights: translators with the same hash give the same pixels."""
        digest = hashlib.sha256()
        contract = {name: value for name, value in self.header().items() if name not in ("name", "facts")}
        digest.update(json.dumps(contract, sort_keys=True).encode())
        for name, value in sorted(self.weights().items()):
            digest.update(name.encode())
            digest.update(value.numpy().tobytes())
        return digest.hexdigest()

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read a safetensors file, on the CPU in float32.

        Raises:
            ModelError: the file is not a model, or its weights do not fit its architecture.
        """
        header = read_header(path)
        del header["receptive_field"]
        generator = build_generator(header["architecture"])
        try:
            generator.load_state_dict(load_file(path))
        except (RuntimeError, OSError, safetensors.SafetensorError) as error:
            raise ModelError(f"damaged model: {path}: {' '.join(str(error).split())}") from error
        made = cls(generator=generator, **header)
        proof = Proof.kept(read_proof(path), made.fingerprint()) if can_be_kept(generator) else None
        found = proof.reach if proof is not None else proven_reach(generator)
        if not made.fits(found):
            raise ModelError(f"damaged model: {path}: its halo, stride or scale is not that of its architecture")
        return replace(made, unbounded=found.unbounded, proof=proof)

    def fits(self, found: Reach) -> bool:
        """Return whether the contract is valid for a generator with this reach; a larger halo is allowed."""
        same = (self.stride, self.scale) == (found.stride, found.scale)
        return same and self.halo >= found.halo and self.halo % found.stride == 0
