"""Stylization of small images in memory: a store on disk would take as long as the image itself."""

from concurrent.futures import ThreadPoolExecutor
from threading import Event

from tilegan.images.formats.register import writer_of
from tilegan.images.readers.raster import set_cache
from tilegan.images.stores.held import HeldStore
from tilegan.inference.controls.guide import guide_of
from tilegan.inference.paint import Brush, Painter
from tilegan.inference.passes import Passes
from tilegan.inference.statistics import SETTLED
from tilegan.pipelines.stylize_plan import Job
from tilegan.pipelines.stylize_run import note_on_cut
from tilegan.progress import Progress


def is_small(job: Job) -> bool:
    """Return whether an image can be processed in memory: as one shard, by this process, in a format without levels.

    Work that was started on disk is resumed there; larger strokes and frozen statistics need a work folder.
    """
    request = job.request
    at_once = job.summary.shards == 1 and job.plan.look.stroke == 1 and job.summary.statistics not in SETTLED
    here = request.begun is None and request.workers == 1
    return at_once and here and not writer_of(request.kind).holds_levels


def make_small(
    job: Job, progress: Progress, threads: ThreadPoolExecutor | None = None
) -> tuple[HeldStore, int, tuple[str, ...]]:
    """Compute all pixels of a small image.

    Args:
        job: the work; its image is closed at the end.
        progress: called with the pixels of the output done, phase 'stylize'.
        threads: threads that run forward passes; None for new ones.

    Returns:
        The result, the pixels computed, and deviations from the plan, one line each.

    Raises:
        ImageError: the image is damaged.
        TooLittleMemoryError: not even the least window fits.
    """
    request, limits, translator = job.request, job.record.limits, job.translator
    image, total = request.image, job.summary.height * job.summary.width
    progress("stylize", 0, total)
    passes = Passes(translator.device, limits.streams, Event(), threads)
    plan, brushes = job.plan, [Brush(image, translator) for translator in job.translators]
    guide = guide_of(request.maps, plan.layers, plan.feather, plan.look.strength)
    painter = Painter(image, brushes, plan, guide, opacity=bool(job.origin.opacity), each=passes.map)
    planned = painter.cut
    set_cache(limits.reader)
    try:
        pixels = painter.paint(request.region)
    finally:
        passes.shutdown()
    image.close()
    request.maps.close()
    progress("stylize", total, total)
    cut = painter.cut
    notes = (note_on_cut(cut.side, cut.batch, job.plan),) if cut != planned else ()
    store = HeldStore(pixels, job.origin, job.made, translator.chosen_style or translator.name)
    return store, total, notes
