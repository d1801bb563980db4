"""How an image is cut for translation: window, shard and batch that fit the translator and the device."""

from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from tilegan.devices import precision_name
from tilegan.errors import SettingError
from tilegan.geometry import round_up
from tilegan.translator import Translator, load

SEAMS = ("exact", "combo")
SHARD = 2048  # 12 MB of pixels: some seconds of work on two cores, and one file of a few MB
CHUNK = 512
# Window and windows in one forward pass, by device. On a CPU of two cores and 32 MB of cache, windows of 512 gave the
# most useful pixels a second (smaller ones lose to their halo, larger ones to the cache); a GPU needs more to be busy.
CPU_WINDOW, CPU_BATCH = 512, 1
GPU_WINDOW, GPU_BATCH = 1024, 4


@dataclass(frozen=True)
class Plan:
    """The settings that decide the pixels of a result, or could by a rounding.

    Attributes:
        seams: 'exact' or 'combo'.
        window: side of the square of one forward pass without its halo, in input pixels; in ``combo`` mode the square
            that the tiles of one forward pass would fill.
        shard: side of the square of one task and one file, in input pixels; a multiple of ``window``.
        batch: windows in one forward pass, at most.
        device, precision: names (see ``tilegan.devices``).
    """

    seams: str
    window: int
    shard: int
    batch: int
    device: str
    precision: str


class Cut(NamedTuple):
    """How blocks are cut for forward passes, in input pixels.

    Attributes:
        unit: what the sides of blocks and windows are multiples of.
        side: of the square of each window.
        batch: windows in one forward pass, at most.
        halo: context around each window, per side.
    """

    unit: int
    side: int
    batch: int
    halo: int


def cut_of(plan: Plan, translator: Translator) -> Cut:
    """The cut of a plan: windows with a halo, or in ``combo`` mode tiles without, as many as fill a window."""
    if plan.seams == "exact":
        return Cut(translator.stride, plan.window, plan.batch, translator.halo)
    tile = translator.tile_size
    return Cut(tile, tile, plan.batch * (plan.window // tile) ** 2, 0)


def make_plan(
    translator: Translator, longest: int, seams: str = "exact", window: int | None = None, shard: int | None = None
) -> tuple[Plan, tuple[str, ...]]:
    """The plan for a translator on its device; what was asked for is rounded up to what works.

    Neither window nor shard becomes larger than the image and its default need: a store's index grows with its shard.

    Args:
        translator: where its device and precision say.
        longest: the longer side of the image, in pixels.
        seams: 'exact' or 'combo'.
        window: in input pixels; None for the device's best.
        shard: in input pixels; None for the default.

    Returns:
        The plan, and a note for each value that is not the one asked for.

    Raises:
        SettingError: a value cannot work.
    """
    if seams not in SEAMS:
        raise SettingError(f"no seams '{seams}': use {' or '.join(SEAMS)}")
    step = translator.stride if seams == "exact" else translator.tile_size
    on_cpu = translator.device.type == "cpu"
    for name, value in (("window", window), ("shard", shard)):
        if value is not None and value < 1:
            raise SettingError(f"a {name} of {value} pixels cannot be: give at least 1")
    default = CPU_WINDOW if on_cpu else GPU_WINDOW
    chosen_window = round_up(min(window or min(default, shard or SHARD), max(longest, default)), step)
    chosen_shard = round_up(min(shard or SHARD, max(longest, SHARD)), chosen_window)
    notes = []
    if window is not None and window != chosen_window:
        notes.append(_note("window", window, chosen_window, f"a multiple of the model's {step}"))
    if shard is not None and shard != chosen_shard:
        notes.append(_note("shard", shard, chosen_shard, f"a multiple of the window of {chosen_window}"))
    plan = Plan(
        seams=seams,
        window=chosen_window,
        shard=chosen_shard,
        batch=CPU_BATCH if on_cpu else GPU_BATCH,
        device=str(translator.device),
        precision=precision_name(translator.precision),
    )
    return plan, tuple(notes)


def _note(name: str, asked: int, chosen: int, multiple: str) -> str:
    if chosen > asked:
        return f"{name} {asked} rounded up to {chosen}, {multiple}"
    return f"{name} {asked} reduced to {chosen}: the image needs no more"


def place_model(model: str | Path | Translator, device: str = "auto", precision: str = "auto") -> Translator:
    """A model, by name, file or as it is, ready on a device and in a precision; a given translator is not changed.

    Args:
        model: a shipped name, a file, a run folder or a translator.
        device: its name; 'auto' leaves a translator where it is.
        precision: the number format's name; likewise.

    Raises:
        ModelError, SettingError: see ``tilegan.load``.
    """
    if not isinstance(model, Translator):
        return load(model, device, precision)
    if device == "auto" and precision == "auto":
        return model
    device = str(model.device) if device == "auto" else device
    precision = precision_name(model.precision) if precision == "auto" else precision
    return model.place(device, precision)


def chunk_of(shard: int) -> int:
    """The divisor of a shard's side that is nearest to the usual chunk, by ratio."""
    divisors = (side for side in range(1, shard + 1) if shard % side == 0)
    return min(divisors, key=lambda side: max(side, CHUNK) / min(side, CHUNK))
