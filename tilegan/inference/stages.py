"""The steps of large strokes as runs of the engine: each has its own plan and store, and reads the previous store.

A store contains the part of a copy that is needed for the stylized part of the image. If there are several copies, the
finest is also stored unpainted, before all others: the coarser ones are computed from it, so that the image is decoded
twice for any number of copies.
"""

from collections.abc import Callable
from dataclasses import replace

from tilegan.geometry import Pixels, Window, around
from tilegan.images.metadata.origin import Origin
from tilegan.images.source import Source
from tilegan.images.stores.store import Store
from tilegan.inference.blocks import Masked, mirrored_span
from tilegan.inference.folder import WorkFolder
from tilegan.inference.ground import Ground, painted_span, reach
from tilegan.inference.plan import Cut, Plan
from tilegan.inference.reduced import Reduced
from tilegan.inference.rendering import Rendering
from tilegan.inference.stroke import reduced, steps_of

Kept = Callable[[WorkFolder, int, int], Masked]

UNPAINTED = Rendering(strength=0.0, stroke=1)


def stages_of(plan: Plan, cut: Cut, height: int, width: int, fill: int = 0, *, fills: bool = False) -> tuple[Plan, ...]:
    """Return the plans of the copies that precede a plan, in order; none for stroke 1.

    Args:
        plan: plan of the image, which has step 1.
        cut: how its blocks are cut.
        height: height of the whole image, in pixels.
        width: likewise.
        fill: distance of the pixels from which others are filled, in each copy.
        fills: whether copies are those of wide holes (see ``inference.starts``): none of them is stored unpainted.
    """
    steps, stages = steps_of(plan.look.stroke), [plan]
    for step, finer in zip(steps[-2::-1], steps[:0:-1], strict=True):
        sides = reduced(height, finer), reduced(width, finer)
        below = under(stages[0].region, cut, step // finer, *sides, fill)
        stages.insert(0, replace(plan, step=step, region=below, look=Rendering(stroke=plan.look.stroke)))
    copies = stages[:-1]
    if len(copies) < 2 or fills:
        return tuple(copies)
    finest, parts = copies[-1], []
    sides = reduced(height, finest.step), reduced(width, finest.step)
    for stage in copies:
        whole = reduced(height, stage.step), reduced(width, stage.step)
        read = read_for(stage.region, cut, factor_to(stage), *whole, fill)
        parts.append(mirrored_span(read.scaled(stage.step // finest.step), *sides))
    return replace(finest, region=around(parts), look=UNPAINTED), *copies


def factor_to(plan: Plan) -> int:
    """Return the factor by which the painting of the previous step is coarser than that of a plan; 1 if it has none."""
    steps = steps_of(plan.look.stroke)
    return steps[steps.index(plan.step) - 1] // plan.step if plan.step in steps[1:] else 1


def read_for(place: Window, cut: Cut, factor: int, height: int, width: int, fill: int = 0) -> Window:
    """Return the window that a step reads from its copy of the photograph; the arguments are those of ``under``.

    ``factor`` is 1 if there is no previous step.
    """
    inside = _seen(place, cut, factor, height, width, fill)
    return inside if factor == 1 else reach(inside, factor, height, width)[2]


def under(place: Window, cut: Cut, factor: int, height: int, width: int, fill: int = 0) -> Window:
    """Return the window that a step reads from the painting of the previous step.

    Args:
        place: window that it paints, inside its copy.
        cut: how its blocks are cut.
        factor: factor by which the previous step is coarser.
        height: height of its whole copy, in pixels.
        width: likewise.
        fill: distance of the pixels from which others are filled.

    Returns:
        A window inside the coarser copy, in its pixels.
    """
    _, cells, _ = reach(_seen(place, cut, factor, height, width, fill), factor, height, width)
    return mirrored_span(cells, reduced(height, factor), reduced(width, factor))


def begin_stage(folder: WorkFolder, stage: Plan, image: Source, *, fills: bool = False) -> None:
    """Create the empty store of a copy; the journal's record is written after this.

    Args:
        folder: its work folder.
        stage: its plan.
        image: the source.
        fills: whether the copy is one of wide holes, in which pixels without opacity are holes as well.

    Raises:
        OutputError, OSError: it cannot be written.
    """
    height, width, opacity = stage.region.height, stage.region.width, None if fills else image.origin.opacity
    folder.begin(height, width, stage.shard, image.levels, Origin(opacity=opacity) if opacity else None)


def folder_of(stage: Plan, folder: WorkFolder) -> WorkFolder:
    """Return the work folder of a copy, in that of the image or beside that of another copy."""
    return folder.stage("photo" if stage.look == UNPAINTED else str(stage.step))


def photo_of(image: Source, folder: WorkFolder, plan: Plan, kept: Kept | None = None) -> Masked:
    """Return the image or the copy that the run in a work folder paints, without strokes.

    Args:
        image: the source.
        folder: of the run.
        plan: of the run.
        kept: opens the copy in a work folder, as a whole copy of a height and a width; None for what its store holds.

    Raises:
        ImageError: the copy from which it is computed is missing.
    """
    steps = steps_of(plan.look.stroke)
    if plan.step == 1:
        return image
    if len(steps) < 3:  # the only copy, or the one from which others are computed
        return Reduced(image, plan.step)
    sides = reduced(image.height, steps[-2]), reduced(image.width, steps[-2])
    copy = (kept or kept_copy)(folder.stage("photo"), *sides)
    return copy if plan.step == steps[-2] else Reduced(copy, plan.step // steps[-2])


def ground_of(photo: Masked, folder: WorkFolder, plan: Plan, kept: Kept | None = None) -> Masked:
    """Return the input of the network: the photograph, or with the strokes of the previous step if there is one.

    Args:
        photo: from ``photo_of``.
        folder: of the run.
        plan: of the run.
        kept: as for ``photo_of``.

    Raises:
        ImageError: the painting of the previous step is missing.
    """
    factor = factor_to(plan)
    if factor == 1:
        return photo
    before = folder.stage(str(factor * plan.step))
    below = (kept or kept_copy)(before, reduced(photo.height, factor), reduced(photo.width, factor))
    return Ground(photo, below, factor)


def _seen(place: Window, cut: Cut, factor: int, height: int, width: int, fill: int) -> Window:
    """Return what the network sees of a step to paint a window of it, inside the image."""
    span = painted_span(place, factor, height, width)
    return mirrored_span(cut.block(span, height, width, fill), height, width)


def kept_copy(folder: WorkFolder, height: int, width: int) -> Masked:
    """Open what the store of a copy holds, as the whole copy of a height and a width.

    Raises:
        ImageError: it is missing.
    """
    begun = folder.begun()
    assert begun is not None, "steps are begun before the next one"
    return _Kept(Store.open(folder.store), begun.plan.region, height, width)


class _Kept:
    """A store with a part of a copy, as a source of the whole copy."""

    def __init__(self, store: Store, region: Window, height: int, width: int) -> None:
        self.store, self.region, self.height, self.width = store, region, height, width

    def read(self, window: Window) -> Pixels:
        return self._pixels(window)[..., :3]

    def read_mask(self, window: Window) -> Pixels | None:
        return self._pixels(window)[..., 3] if self.store.channels == 4 else None

    def _pixels(self, window: Window) -> Pixels:
        return self.store.read(0, window.moved(-self.region.top, -self.region.left))
