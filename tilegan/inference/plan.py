"""Plans of a stylization: window, shard and batch size for a translator and a device."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from math import lcm
from pathlib import Path
from typing import Any, NamedTuple, Self

import numpy as np

from tilegan.devices import CPU_BATCH, CPU_WINDOWS, GPU_BATCH, GPU_WINDOW, precision_name
from tilegan.errors import ModelError, SettingError
from tilegan.geometry import Window, round_up
from tilegan.images.reading import Reading
from tilegan.inference.backends import AUTO, backend_of
from tilegan.inference.blocks import block_window
from tilegan.inference.ground import painted_margin
from tilegan.inference.kept import load_once
from tilegan.inference.overlap import Axis, Overlapping, overlap_of
from tilegan.inference.rendering import Layer, Rendering
from tilegan.inference.stroke import check_stroke, largest_factor
from tilegan.names import BLEND, COMBO, EXACT, SEAMS, TORCH
from tilegan.translator import Translator

SHARD = 2048  # 12 MB of pixels: some seconds of work on two cores, and one file of a few MB
CHUNK = 512


@dataclass(frozen=True)
class Plan:
    """The settings that determine the pixels of a result, possibly only by rounding.

    Attributes:
        region: the part of the image that is stylized, in input pixels.
        seams: 'exact', 'combo' or 'blend'.
        window: side of the square of one forward pass without its halo, in input pixels; in ``combo`` mode the square
            that the tiles of one forward pass would fill; in ``blend`` mode with its overlap.
        shard: side of the square of one task and one file, in input pixels; even, and a multiple of ``window``.
        batch: windows in one forward pass, at most.
        device, precision: names (see ``tilegan.devices``).
        backend: what runs the network: 'torch' or 'onnxruntime'.
        reading: read options.
        look: application of the style.
        step: factor of the painted copy's reduction (see ``inference.stages``); all pixels are those of the copy.
        layers: the paintings of which the result consists by maps; none if there is only one. The stroke of ``look`` is
            then the largest of theirs.
        feather: width of transitions at the edges of maps, in pixels; 0 without maps.
    """

    region: Window
    seams: str
    window: int
    shard: int
    batch: int
    device: str
    precision: str
    reading: Reading = field(default_factory=Reading)
    look: Rendering = field(default_factory=Rendering)
    step: int = 1
    backend: str = TORCH
    layers: tuple[Layer, ...] = ()
    feather: int = 0

    @property
    def paintings(self) -> "tuple[Plan, ...]":
        """Return the plans of the paintings of which the result consists: this one if there is only one."""
        looks = [replace(self.look, stroke=layer.stroke) for layer in self.layers]
        return tuple(replace(self, layers=(), look=look) for look in looks) or (self,)

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> Self:
        """Create a plan from ``dataclasses.asdict`` after JSON, where tuples are lists."""
        reading = dict(content["reading"])
        bands = reading["bands"]
        reading["bands"] = tuple(bands) if bands is not None else None
        own = {
            "region": Window(*content["region"]),
            "reading": Reading(**reading),
            "look": Rendering(**content["look"]),
            "layers": tuple(map(Layer.from_json, content.get("layers", ()))),
        }
        return cls(**{**content, **own})


class Cut(NamedTuple):
    """The division of blocks for forward passes, in input pixels.

    Attributes:
        unit: divisor of the sides of blocks and windows.
        side: side of each window.
        batch: windows in one forward pass, at most.
        halo: context around each window, per side.
        overlap: pixels by which each window overlaps the next, in which they are blended; 0 if they lie side by side.
    """

    unit: int
    side: int
    batch: int
    halo: int
    overlap: int = 0

    def overlapping(self, place: Window, height: int, width: int) -> Overlapping:
        """Return the windows that are blended to a part of an image of ``height`` x ``width``."""
        return Overlapping(place, Axis(height, self.side, self.overlap), Axis(width, self.side, self.overlap))

    def block(self, place: Window, height: int, width: int, more: int = 0) -> Window:
        """Return what is read to paint a part of an image of ``height`` x ``width``, and ``more`` on every side."""
        if not self.overlap:
            return block_window(place, self.unit, self.halo + more)
        top, left, down, across = self.overlapping(place, height, width).block
        return Window(top - more, left - more, down + 2 * more, across + 2 * more)

    def halved(self) -> "Cut | None":
        """Return a cut with about half the memory: fewer windows at once, then smaller ones; None for the smallest."""
        if self.batch > 1:
            return self._replace(batch=self.batch // 2)
        if self.side > self.unit:
            return self._replace(side=round_up(self.side // 2, self.unit))
        return None


def cut_of(plan: Plan, translator: Translator) -> Cut:
    """Return the cut of a plan: windows with a halo or an overlap, or tiles that fill a window."""
    if plan.seams == EXACT:
        factor = max(largest_factor(painting.look.stroke) for painting in plan.paintings)
        # so that a shard with the margin that larger strokes need is cut into no more windows than without
        more = 0 if translator.fills else 2 * painted_margin(factor)
        side = plan.window + round_up(more, translator.stride)
        return Cut(translator.stride, side, plan.batch, translator.halo)
    if plan.seams == BLEND:
        return Cut(plan.window, plan.window, plan.batch, 0, overlap_of(plan.window, translator.stride))
    tile = translator.tile_size
    return Cut(tile, tile, plan.batch * (plan.window // tile) ** 2, 0)


def best_window(translator: Translator, seams: str) -> int:
    """Return the side of the fastest window on a translator's device, if memory allows, in input pixels.

    Raises:
        SettingError: there are no such seams.
    """
    if seams not in SEAMS:
        raise SettingError(f"no seams '{seams}': use {', '.join(SEAMS)}")
    if seams == BLEND:
        return translator.tile_size  # the pixels of results depend on it
    return CPU_WINDOWS[seams] if translator.device.type == "cpu" else GPU_WINDOW


def make_plan(
    translator: Translator,
    region: Window,
    seams: str = EXACT,
    window: int | None = None,
    shard: int | None = None,
    reading: Reading | None = None,
    look: Rendering | None = None,
) -> Plan:
    """Create the plan for a translator on its device; requested sizes are rounded up to valid ones (see ``notes_on``).

    Neither window nor shard becomes larger than the region and its default need: a store's index grows with its shard.

    Args:
        translator: the model, on its device and in its precision.
        region: the part of the image that is stylized, in input pixels.
        seams: 'exact', 'combo' or 'blend'.
        window: in input pixels; None for the device's best, or in ``blend`` mode for the model's tile size.
        shard: in input pixels; None for the default.
        reading: read options; None for the default.
        look: application of the style; None for the full style.

    Raises:
        SettingError: a value is invalid.
        ModelError: the translator cannot be exact.
    """
    default = best_window(translator, seams)
    if seams == EXACT and translator.unbounded:
        remedy = "give a thumbnail or statistics 'global'" if translator.needs_statistics else "with seams 'combo'"
        raise ModelError(
            f"the model '{translator.name}' cannot be exact: {translator.obstacle}: stylize with seams 'blend', or "
            f"{remedy}"
        )
    if seams == BLEND and translator.fixed_side and window not in (None, translator.fixed_side):
        raise SettingError(f"a window of {window} pixels is impossible: {translator.obstacle}")
    for name, value in (("window", window), ("shard", shard)):
        if value is not None and value < 1:
            raise SettingError(f"a {name} of {value} pixels is impossible: give at least 1")
    look = look or Rendering()
    check_stroke(look.stroke, translator)
    longest = max(region.height, region.width)
    widest = window or default
    if seams != BLEND:
        widest = min(window or min(default, shard or SHARD), max(longest, default))
    chosen_window = round_up(widest, _step(translator, seams))
    return Plan(
        region=region,
        seams=seams,
        window=chosen_window,
        shard=round_up(min(shard or SHARD, max(longest, SHARD)), lcm(chosen_window, 2)),
        batch=CPU_BATCH if translator.device.type == "cpu" else GPU_BATCH,
        device=str(translator.device),
        precision=precision_name(translator.precision),
        reading=reading or Reading(),
        look=look,
        backend=translator.backend,
    )


def notes_on(plan: Plan, translator: Translator, window: int | None, shard: int | None) -> tuple[str, ...]:
    """Return a line for each value of a plan that differs from the request."""
    notes = []
    if window is not None and window != plan.window:
        step = _step(translator, plan.seams)
        notes.append(_note("window", window, plan.window, f"a multiple of the model's {step}"))
    if shard is not None and shard != plan.shard:
        notes.append(_note("shard", shard, plan.shard, f"an even multiple of the window of {plan.window}"))
    return tuple(notes)


def _step(translator: Translator, seams: str) -> int:
    return translator.tile_size if seams == COMBO else translator.stride


def _note(name: str, asked: int, chosen: int, multiple: str) -> str:
    if chosen > asked:
        return f"{name} {asked} rounded up to {chosen}, {multiple}"
    return f"{name} {asked} reduced to {chosen}: the image needs no more"


def place_model(
    model: str | Path | Translator, device: str = "auto", precision: str = "auto", backend: str = AUTO
) -> Translator:
    """Return a model on a device, in a precision and with a backend; a translator that is passed is not changed.

    Files loaded before by this process return the same translator, which must not be modified.

    Args:
        model: name of a bundled model, a file, a run folder or a translator.
        device: name of the device; 'auto' does not move a translator.
        precision: name of the dtype; likewise.
        backend: name of what runs the network; 'auto' keeps that of a translator, and takes the faster one for a file
            (see ``inference.backends``).

    Raises:
        ModelError, SettingError: see ``tilegan.load``.
    """
    if not isinstance(model, Translator):
        return load_once(model, device, precision, backend_of(model, device, precision, backend))
    if device == "auto" and precision == "auto" and backend in (AUTO, model.backend):
        return model
    device = str(model.device) if device == "auto" else device
    precision = precision_name(model.precision) if precision == "auto" else precision
    return model.place(device, precision, "" if backend == AUTO else backend)


def precision_for(levels: np.dtype[Any], asked: str) -> str:
    """Return the precision for pixels of a dtype: 'auto' is float32 for 16 bits, since others have fewer bits."""
    return "float32" if asked == "auto" and levels.itemsize > 1 else asked


def chunk_of(shard: int) -> int:
    """Return the divisor of a shard's side that is nearest to the usual chunk, by ratio."""
    divisors = (side for side in range(1, shard + 1) if shard % side == 0)
    return min(divisors, key=lambda side: max(side, CHUNK) / min(side, CHUNK))
