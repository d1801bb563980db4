"""The steps of large strokes as runs of the engine: each has a plan and a store of its own, and reads that of the last.

A store holds what is needed of a copy for the part of the image that is stylized.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from tilegan.geometry import Pixels, Window
from tilegan.images.origin import Origin
from tilegan.images.source import Source
from tilegan.images.store import Store
from tilegan.inference.blocks import Masked, block_window, mirrored_span
from tilegan.inference.folder import WorkFolder
from tilegan.inference.ground import Ground, Reduced, reach
from tilegan.inference.look import Look
from tilegan.inference.plan import Cut, Plan
from tilegan.inference.stroke import reduced, steps_of


def stages_of(plan: Plan, cut: Cut, height: int, width: int) -> tuple[Plan, ...]:
    """The plans of the copies that are painted before a plan's own pixels, from coarse to fine; none for stroke 1.

    Args:
        plan: of the image, so of step 1.
        cut: how its blocks are cut.
        height: of the whole image, in pixels.
        width: likewise.
    """
    steps, stages = steps_of(plan.look.stroke), [plan]
    for step, finer in zip(steps[-2::-1], steps[:0:-1], strict=True):
        sides = reduced(height, finer), reduced(width, finer)
        below = under(stages[0].region, cut, step // finer, *sides)
        stages.insert(0, replace(plan, step=step, region=below, look=Look(stroke=plan.look.stroke)))
    return tuple(stages[:-1])


def under(place: Window, cut: Cut, factor: int, height: int, width: int) -> Window:
    """What a step reads of the painting of the step before.

    Args:
        place: what it paints, inside its copy.
        cut: how its blocks are cut.
        factor: by how much coarser the step before is.
        height: of its whole copy, in pixels.
        width: likewise.

    Returns:
        A window inside the coarser copy, in its pixels.
    """
    read = mirrored_span(block_window(place, cut.unit, cut.halo), height, width)
    _, around, _ = reach(read, factor, height, width)
    return mirrored_span(around, reduced(height, factor), reduced(width, factor))


def begin_stage(folder: WorkFolder, stage: Plan, image: Source) -> None:
    """Make the empty store of a copy; the journal's record comes after this.

    Raises:
        OutputError, OSError: it cannot be written.
    """
    height, width, opacity = stage.region.height, stage.region.width, image.origin.opacity
    folder.begin(height, width, stage.shard, image.levels, Origin(opacity=opacity) if opacity else None)


def photo_of(image: Source, step: int) -> Masked:
    """What a step paints, without strokes: the image, or a copy of it."""
    return image if step == 1 else Reduced(image, step)


def ground_of(image: Source, folder: WorkFolder, plan: Plan) -> Masked:
    """What the run in a work folder paints: the photograph, or where a step came before what that left of it.

    Raises:
        ImageError: the painting of the step before is missing.
    """
    photo = photo_of(image, plan.step)
    steps = steps_of(plan.look.stroke)
    place = steps.index(plan.step)
    if place == 0:
        return photo
    before = folder.stage(steps[place - 1])
    record: Mapping[str, Any] = before.begun() or {}
    factor = steps[place - 1] // plan.step
    return Ground(
        photo, _Painting(Store.open(before.store), Plan.from_json(record["settings"]).region, photo, factor), factor
    )


class _Painting:
    """A store that holds a part of a copy, as the whole of it."""

    def __init__(self, store: Store, region: Window, photo: Masked, factor: int) -> None:
        self.store, self.region = store, region
        self.height, self.width = reduced(photo.height, factor), reduced(photo.width, factor)

    def read(self, window: Window) -> Pixels:
        return self.store.read(0, window.moved(-self.region.top, -self.region.left))
