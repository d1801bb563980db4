"""A generator and its contract: what training makes, inference uses and one file on disk holds.

The file is safetensors: tensors, and a JSON header that alone is enough to rebuild the generator. Nothing in it is
ever executed or unpickled.
"""

import hashlib
import json
from copy import deepcopy
from dataclasses import dataclass, field, replace
from importlib import resources
from pathlib import Path
from typing import Any, Self

import numpy as np
import safetensors
import torch
from numpy.typing import NDArray
from safetensors.torch import load_file, save
from torch import nn

from tilegan.devices import CPU, choose_device, choose_precision, plain_memory_errors, to_device
from tilegan.errors import ImageError, ModelError
from tilegan.files import replace_file
from tilegan.geometry import reflect, round_up
from tilegan.networks.build import build_generator

FORMAT = "tilegan/1"


@dataclass(frozen=True)
class Translator:
    """A generator ready to translate.

    Attributes:
        generator: float (N, 3, h, w) in [-1, 1] -> float (N, 3, h * scale, w * scale) in [-1, 1]; h and w are multiples
            of ``stride``.
        architecture: what ``networks.build.build_generator`` makes the generator from: its name and its numbers.
        tile_size: side S of the tiles of training and of ``combo`` mode, in input pixels.
        halo: context that one output pixel can depend on, per side, in input pixels; a multiple of ``stride``.
        stride: total stride of the generator, in input pixels; reading must start at multiples of it.
        scale: output pixels per input pixel.
        name: the style's name, used in output file names.
        facts: how it was trained; free-form, JSON.
        device, precision: where and in which number format the generator computes.
        state: the weights in full precision, where the generator holds rounded ones.
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
    state: dict[str, torch.Tensor] | None = None

    def place(self, device: str = "auto", precision: str = "auto") -> Self:
        """A copy of the translator on a device and in a precision, by name (see ``tilegan.devices``)."""
        chosen = choose_device(device)
        dtype = choose_precision(precision, chosen)
        state = None if self.precision == dtype == torch.float32 else self.weights()
        generator = to_device(deepcopy(self.generator), chosen, dtype).eval()
        return replace(self, generator=generator, state=state, device=chosen, precision=dtype)

    @torch.inference_mode()
    def run(self, windows: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """One forward pass over a batch as it is, padding artefacts included.

        Args:
            windows: uint8 (N, h, w, 3); h and w are multiples of ``stride``.

        Returns:
            uint8 (N, h * scale, w * scale, 3), rounded to the nearest level.

        Raises:
            MemoryError: the device has too little memory for such windows.
        """
        with plain_memory_errors():
            return self._run(windows)

    def _run(self, windows: NDArray[np.uint8]) -> NDArray[np.uint8]:
        pixels = torch.from_numpy(np.ascontiguousarray(windows)).to(self.device)
        inputs = (pixels.permute(0, 3, 1, 2).float() / 127.5 - 1).to(self.precision, memory_format=torch.channels_last)
        outputs = self.generator(inputs).float()
        levels = ((outputs + 1) * 127.5).round_().clamp_(0, 255).to(torch.uint8)
        result: NDArray[np.uint8] = levels.permute(0, 2, 3, 1).contiguous().cpu().numpy()
        return result

    def translate(self, image: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Translate a whole image in one forward pass: the reference that ``exact`` inference equals.

        The image is mirrored outwards by ``halo`` on every side, then further at the bottom and right up to ``stride``,
        run, and trimmed.

        Args:
            image: uint8 (H, W, 3), at least 1 x 1.

        Returns:
            uint8 (H * scale, W * scale, 3).

        Raises:
            ImageError: the array is of another kind.
        """
        if image.dtype != np.uint8 or image.ndim != 3 or image.shape[2] != 3 or not image.size:
            raise ImageError(f"an array of {image.dtype} {image.shape} cannot be translated: give uint8 (H, W, 3)")
        height, width, _ = image.shape
        rows = reflect(-self.halo, round_up(height + self.halo, self.stride), height)
        columns = reflect(-self.halo, round_up(width + self.halo, self.stride), width)
        trim = self.halo * self.scale
        output: NDArray[np.uint8] = self.run(image[np.ix_(rows, columns)][None])[0]
        return output[trim : trim + height * self.scale, trim : trim + width * self.scale]

    @property
    def receptive_field(self) -> int:
        """Full extent of what an output pixel can depend on, in input pixels, from halo to halo."""
        return 2 * self.halo + 1

    def header(self) -> dict[str, Any]:
        """Everything but the weights, as JSON types."""
        names = ("architecture", "tile_size", "halo", "stride", "scale", "name", "facts", "receptive_field")
        return {name: getattr(self, name) for name in names}

    def weights(self) -> dict[str, torch.Tensor]:
        """The generator's tensors, float32 on the CPU, in the precision in which they were trained or loaded."""
        state = self.generator.state_dict() if self.state is None else self.state
        return {name: value.detach().float().cpu().contiguous() for name, value in state.items()}

    def fingerprint(self) -> str:
        """SHA-256 over contract and weights: two translators with the same one give the same pixels."""
        digest = hashlib.sha256()
        contract = {name: value for name, value in self.header().items() if name not in ("name", "facts")}
        digest.update(json.dumps(contract, sort_keys=True).encode())
        for name, value in sorted(self.weights().items()):
            digest.update(name.encode())
            digest.update(value.numpy().tobytes())
        return digest.hexdigest()

    def save(self, path: str | Path) -> None:
        """Write the translator to a safetensors file; one that is there is replaced only when the new one is whole."""
        metadata = {"format": FORMAT, "tilegan": json.dumps(self.header(), sort_keys=True)}
        replace_file(Path(path), save(self.weights(), metadata))


def shipped() -> list[str]:
    """Names of the models inside the package."""
    folder = resources.files("tilegan") / "models"
    names = (entry.name for entry in folder.iterdir())
    return sorted(name.removesuffix(".safetensors") for name in names if name.endswith(".safetensors"))


def find(name_or_path: str | Path) -> Path:
    """The file of a model: that of a shipped name, else the path itself, else ``translator.safetensors`` in a run.

    Raises:
        ModelError: there is no such model.
    """
    if str(name_or_path) in shipped():
        return Path(str(resources.files("tilegan") / "models" / f"{name_or_path}.safetensors"))
    path = Path(name_or_path)
    if path.is_dir():
        path = path / "translator.safetensors"
    if not path.is_file():
        known = " or ".join(shipped())
        raise ModelError(f"no model '{name_or_path}': give a .safetensors file, a run folder, or {known}")
    return path


def read_header(name_or_path: str | Path) -> dict[str, Any]:
    """The JSON header of a model, without its weights.

    Raises:
        ModelError: there is no such model, or the file is none.
    """
    path = find(name_or_path)
    try:
        with safetensors.safe_open(path, framework="np") as file:
            metadata = file.metadata() or {}
    except (safetensors.SafetensorError, OSError) as error:
        raise ModelError(f"not a model: {path}: {error}") from error
    if metadata.get("format") != FORMAT:
        raise ModelError(f"not a tilegan model: {path}: its header says {metadata.get('format')!r}, not {FORMAT!r}")
    try:
        header = json.loads(metadata["tilegan"])
    except (KeyError, json.JSONDecodeError) as error:
        raise ModelError(f"not a tilegan model: {path}: its header is damaged") from error
    _check_header(path, header)
    return dict(header)


def load(name_or_path: str | Path, device: str = "auto", precision: str = "auto") -> Translator:
    """Load a translator: a shipped model's name, a .safetensors file or a run folder.

    Raises:
        ModelError: there is no such model, or the file is not one, or its weights do not fit its architecture.
        SettingError: the device or the precision is unknown.
    """
    path = find(name_or_path)
    header = read_header(path)
    del header["receptive_field"]
    generator = build_generator(header["architecture"])
    if header["stride"] != generator.stride or header["halo"] < generator.radius:
        raise ModelError(f"damaged model: {path}: its stride or halo is not that of its architecture")
    try:
        generator.load_state_dict(load_file(path))
    except (RuntimeError, OSError, safetensors.SafetensorError) as error:
        raise ModelError(f"damaged model: {path}: {str(error).splitlines()[0]}") from error
    return Translator(generator=generator, **header).place(device, precision)


def _check_header(path: Path, header: Any) -> None:
    numbers = ("tile_size", "halo", "stride", "scale", "receptive_field")
    names = {*numbers, "architecture", "name", "facts"}
    if not isinstance(header, dict) or set(header) != names:
        raise ModelError(f"not a tilegan model: {path}: its header should have {', '.join(sorted(names))}")
    whole = all(isinstance(header[name], int) and header[name] >= (name != "halo") for name in numbers)
    if not (whole and isinstance(header["architecture"], dict) and isinstance(header["facts"], dict)):
        raise ModelError(f"not a tilegan model: {path}: its header has values that cannot be")
