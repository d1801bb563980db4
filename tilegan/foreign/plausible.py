"""Find out by trial which range of values a network takes and makes: the one with which its picture is plausible."""

from dataclasses import replace
from typing import Any, NamedTuple

import torch
from torch.nn import functional as F  # noqa: N812 - the usual name

from tilegan.errors import ModelError, SettingError
from tilegan.foreign.options import AUTO, ImportOptions
from tilegan.foreign.prepare import Prepared
from tilegan.foreign.read import line
from tilegan.foreign.values import RANGES, Values

IMAGENET = ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))  # mean and deviation of its photographs, as in torchvision
CELL = 8  # pixels, of the reduced pictures whose structures are compared; and their sides, for tones
MARGIN = 1.1  # by which another range than that of the output has to be more plausible


class Trial(NamedTuple):
    """One reading of a network's values.

    Attributes:
        values: the reading.
        plausibility: from 0 to 1; 0 if the output is no picture.
    """

    values: Values
    plausibility: float


def trials(network: Prepared, options: ImportOptions, picture: torch.Tensor) -> list[Trial]:
    """Try all readings that the options leave open, the chosen one first.

    Args:
        network: the network.
        options: what is known of it.
        picture: float (1, 3, h, w) in [-1, 1], with large and small structures.

    Raises:
        ModelError: it cannot be run on the picture, or makes no picture with any of several readings.
        SettingError: mean or deviation are not three numbers.
    """
    found = [_tried(network, values, options.output_range, picture) for values in _readings(network.values, options)]
    found.sort(key=lambda trial: -trial.plausibility * (MARGIN if _alike(trial.values) else 1))
    if not found[0].plausibility and len(found) > 1:
        raise ModelError(f"the network makes no picture of a landscape: give --range: {', '.join(RANGES)}")
    return found


def is_found(tried: list[Trial]) -> bool:
    """Return whether the first trial is clearly more plausible than those with another range or normalization."""
    best, *others = tried
    return all(best.plausibility > MARGIN * other.plausibility for other in others)


def _alike(values: Values) -> bool:
    return values.range == values.output_range and not any(values.mean)


def _readings(known: Values, options: ImportOptions) -> list[Values]:
    mean, deviation = _three("mean", options.mean), _three("deviation", options.deviation)
    ranges = list(RANGES) if options.range == AUTO else [options.range]
    normal: dict[str, Any] = {} if mean is None else {"mean": mean}
    normal |= {} if deviation is None else {"deviation": deviation}
    plain = [replace(known, range=name, **normal) for name in ranges]
    if mean is None and deviation is None and "0-1" in ranges:
        plain.append(replace(known, range="0-1", mean=IMAGENET[0], deviation=IMAGENET[1]))
    return plain


def _three(name: str, text: str | None) -> tuple[float, ...] | None:
    if text is None:
        return None
    try:
        found = tuple(float(part) for part in text.split(","))
    except ValueError:
        found = ()
    if len(found) != 3 or (name == "deviation" and not all(found)):
        raise SettingError(f"no {name} '{text}': give three numbers, such as {','.join(map(str, IMAGENET[0]))}")
    return found


def _tried(network: Prepared, values: Values, output_range: str, picture: torch.Tensor) -> Trial:
    plain = replace(values, output_range="-1-1")  # as it is
    try:
        with torch.no_grad():
            output = network.generator(plain)(picture)
    except Exception as error:  # of torch or numpy, by what a damaged file says
        raise ModelError(f"the network cannot be run on {list(picture.shape)}: {line(error)}") from error
    if output.ndim != 4 or output.shape[1] != 3 or not output.numel() or not output.is_floating_point():
        made = f"{str(output.dtype).removeprefix('torch.')} {list(output.shape)}"
        raise ModelError(f"the network makes {made} of {list(picture.shape)}: it should make an image")
    name = _range_of(output) if output_range == AUTO else output_range
    low, high = RANGES[name]
    image = ((output - low) / (high - low) * 2 - 1).float()
    return Trial(replace(values, output_range=name), _plausibility(picture, image))


def _range_of(output: torch.Tensor) -> str:
    """Return the range that the values of a picture have."""
    flat = output.flatten().double()
    low, high = torch.quantile(flat[:: max(1, len(flat) // 100_000)], torch.tensor([0.01, 0.99]).double()).tolist()
    if max(-low, high) > 3:
        return "0-255"
    return "-1-1" if low < -0.15 else "0-1"


def _plausibility(picture: torch.Tensor, image: torch.Tensor) -> float:
    """Return how well structure and tones of the picture are kept, times the share of values within the range."""
    if not bool(image.isfinite().all()):
        return 0.0
    inside = float(((image > -1.02) & (image < 1.02)).float().mean())
    before, after = (_structure(each) for each in (picture, image))
    if float(after.std()) < 1e-3:
        return 0.0
    alike = float(torch.corrcoef(torch.stack((before, after)))[0, 1])
    tones = [F.adaptive_avg_pool2d(each.mean(1, keepdim=True).clamp(-1, 1), CELL) for each in (picture, image)]
    return inside * max(0.0, alike) * (1 - float((tones[0] - tones[1]).abs().mean()) / 2)


def _structure(image: torch.Tensor) -> torch.Tensor:
    """Return where lightness changes: magnitudes of the gradient of a reduced picture."""
    luma = image.mean(1, keepdim=True).clamp(-1, 1)
    cells = F.adaptive_avg_pool2d(luma, max(4, 256 // CELL))
    down, across = cells.diff(dim=2)[..., :-1], cells.diff(dim=3)[..., :-1, :]
    return (down.square() + across.square()).sqrt().flatten()
