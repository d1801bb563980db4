"""The steps of large strokes as runs of the engine: each has a plan and a store of its own, and reads that of the last.

A store holds what is needed of a copy for the part of the image that is stylized. Where there are several copies, the
finest is also kept unpainted, in a store before all others: the coarser ones are made of it, so that the image is
decoded twice however many they are.
"""

from dataclasses import replace

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

UNPAINTED = Look(strength=0.0, stroke=1)


def stages_of(plan: Plan, cut: Cut, height: int, width: int, fill: int = 0) -> tuple[Plan, ...]:
    """The plans of the copies that come before a plan's own pixels, in their order; none for stroke 1.

    Args:
        plan: of the image, so of step 1.
        cut: how its blocks are cut.
        height: of the whole image, in pixels.
        width: likewise.
        fill: how far away the pixels are that others are filled from, in each copy.
    """
    steps, stages = steps_of(plan.look.stroke), [plan]
    for step, finer in zip(steps[-2::-1], steps[:0:-1], strict=True):
        sides = reduced(height, finer), reduced(width, finer)
        below = under(stages[0].region, cut, step // finer, *sides, fill)
        stages.insert(0, replace(plan, step=step, region=below, look=Look(stroke=plan.look.stroke)))
    if len(stages) > 2:
        finest, coarsest = stages[-2], stages[0]
        factor, sides = coarsest.step // finest.step, (reduced(height, finest.step), reduced(width, finest.step))
        block = _read(coarsest.region, cut, reduced(height, coarsest.step), reduced(width, coarsest.step), fill)
        # what finer ones read of it lies within what the coarsest does
        stages.insert(0, replace(finest, region=mirrored_span(block.scaled(factor), *sides), look=UNPAINTED))
    return tuple(stages[:-1])


def under(place: Window, cut: Cut, factor: int, height: int, width: int, fill: int = 0) -> Window:
    """What a step reads of the painting of the step before.

    Args:
        place: what it paints, inside its copy.
        cut: how its blocks are cut.
        factor: by how much coarser the step before is.
        height: of its whole copy, in pixels.
        width: likewise.
        fill: how far away the pixels are that others are filled from.

    Returns:
        A window inside the coarser copy, in its pixels.
    """
    _, around, _ = reach(_read(place, cut, height, width, fill), factor, height, width)
    return mirrored_span(around, reduced(height, factor), reduced(width, factor))


def begin_stage(folder: WorkFolder, stage: Plan, image: Source) -> None:
    """Make the empty store of a copy; the journal's record comes after this.

    Raises:
        OutputError, OSError: it cannot be written.
    """
    height, width, opacity = stage.region.height, stage.region.width, image.origin.opacity
    folder.begin(height, width, stage.shard, image.levels, Origin(opacity=opacity) if opacity else None)


def folder_of(stage: Plan, folder: WorkFolder) -> WorkFolder:
    """The work folder of a copy, in that of the image or beside that of another copy."""
    return folder.stage("photo" if stage.look == UNPAINTED else str(stage.step))


def photo_of(image: Source, folder: WorkFolder, plan: Plan) -> Masked:
    """What the run in a work folder paints, without strokes: the image, or a copy of it.

    Raises:
        ImageError: the copy that it is made of is missing.
    """
    steps = steps_of(plan.look.stroke)
    if plan.step == 1:
        return image
    if len(steps) < 3:  # the only copy, or the one that others are made of
        return Reduced(image, plan.step)
    kept = _kept(folder.stage("photo"), reduced(image.height, steps[-2]), reduced(image.width, steps[-2]))
    return kept if plan.step == steps[-2] else Reduced(kept, plan.step // steps[-2])


def ground_of(photo: Masked, folder: WorkFolder, plan: Plan) -> Masked:
    """What it shows to the network: the photograph, or where a step came before what that left of it.

    Raises:
        ImageError: the painting of the step before is missing.
    """
    steps = steps_of(plan.look.stroke)
    if plan.step not in steps[1:]:
        return photo
    before = steps[steps.index(plan.step) - 1]
    factor = before // plan.step
    below = _kept(folder.stage(str(before)), reduced(photo.height, factor), reduced(photo.width, factor))
    return Ground(photo, below, factor)


def _read(place: Window, cut: Cut, height: int, width: int, fill: int) -> Window:
    """What is read of what a step paints, for a place in it."""
    block = block_window(place, cut.unit, cut.halo + fill)
    return mirrored_span(block, height, width)


def _kept(folder: WorkFolder, height: int, width: int) -> "_Kept":
    begun = folder.begun()
    assert begun is not None, "steps are begun before the next one"
    return _Kept(Store.open(folder.store), begun.plan.region, height, width)


class _Kept:
    """A store that holds a part of a copy, as the whole of it."""

    def __init__(self, store: Store, region: Window, height: int, width: int) -> None:
        self.store, self.region, self.height, self.width = store, region, height, width

    def read(self, window: Window) -> Pixels:
        return self._pixels(window)[..., :3]

    def read_mask(self, window: Window) -> Pixels | None:
        return self._pixels(window)[..., 3] if self.store.channels == 4 else None

    def _pixels(self, window: Window) -> Pixels:
        return self.store.read(0, window.moved(-self.region.top, -self.region.left))
