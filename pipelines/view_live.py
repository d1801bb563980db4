"""A stylization that is computed where somebody looks, as layers."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from tilegan.images.metadata.origin import Origin
from tilegan.images.opening import open_source
from tilegan.inference.lock import locked
from tilegan.pipelines.stylize_plan import Job, prepared
from tilegan.pipelines.stylize_run import begin, works
from tilegan.pipelines.stylize_settings import StylizeSettings
from tilegan.progress import silent
from tilegan.translator import Translator
from tilegan.viewing.desk import Desk
from tilegan.viewing.layers import RESULT, ImageLayer, Layer
from tilegan.viewing.levels import Levels
from tilegan.viewing.painted import PreviewLayer, ResultLayer
from tilegan.viewing.painting import Painting
from tilegan.viewing.site import Status


@dataclass(frozen=True)
class Live:
    """A stylization that is looked at.

    Attributes:
        layers: preview, if there is one, and result.
        output: what it will be, or is.
        origin: of the result.
        scale: pixels of the result per pixel of the source, per side.
        grid: sides of windows and shards in pixels of the result.
        model: its name.
        stroke: how many times as large as the model paints them strokes are.
        status: tells how far it is.
        stop: ends what is computed, soon.
    """

    layers: list[Layer]
    output: Path
    origin: Origin
    scale: int
    grid: dict[str, int]
    model: str
    stroke: int
    status: Callable[[], Status]
    stop: Callable[[], None]


@contextmanager
def live(
    image: str | Path,
    output: str | Path | None,
    model: str | Path | Translator,
    settings: StylizeSettings,
    levels: Levels,
    reader: Desk,
) -> Iterator[Live]:
    """Begin a stylization, or go on with one, that computes what is asked for; a finished one is read.

    Args:
        image: the source.
        output: see ``tilegan.pipelines.stylize``.
        model: likewise.
        settings: likewise.
        levels: of the source.
        reader: reads what is there.

    Raises:
        ImageError, ModelError, SettingError, OutputError, OutputExistsError, ResumeError: see
            ``tilegan.pipelines.stylize``.
    """
    run = replace(settings.run, resume=not settings.run.overwrite, workers=1)
    with prepared(image, output, model, {"settings": replace(settings, run=run)}) as job:
        folder = job.request.folder
        if job.summary.finished:
            with _finished(job, reader) as found:
                yield found
            return
        if job.request.begun is None:
            folder.make_room(keep=not run.overwrite)
        with locked(folder.journal), folder.kept_for_resume():
            try:
                with _computed(job, levels, reader) as found:
                    yield found
            finally:
                if not folder.has_finished_shards():
                    folder.remove()


@contextmanager
def _finished(job: Job, reader: Desk) -> Iterator[Live]:
    with ExitStack() as stack:
        levels = Levels(stack.enter_context(closing(open_source(job.request.output))))
        stack.callback(levels.close)
        layer = ImageLayer(RESULT, RESULT, job.request.output.name, levels, reader)
        count = job.summary.shards
        yield _live(job, [layer], lambda: Status(finished_shards=count, shards=count), lambda: None)


@contextmanager
def _computed(job: Job, levels: Levels, reader: Desk) -> Iterator[Live]:
    with ExitStack() as stack:
        painting = Painting(works(job, begin(job, silent)))
        stack.callback(painting.close)
        painter = Desk(job.record.limits.streams, "paint", parts=painting.part, spare=painting.spare)
        stack.callback(painter.close)
        stack.callback(painting.stop)
        result = ResultLayer(painting, _name(job), job.names[2], painter, reader)
        layers: list[Layer] = [result]
        if not job.translator.architecture.get("labels"):  # means of labels are none
            layers.insert(0, PreviewLayer(result, painting, levels, painter))

        def status() -> Status:
            return Status(painter.computing, painter.waiting, painting.image.finished, painting.image.shards)

        def stop() -> None:
            painting.stop()
            painter.stop()

        yield _live(job, layers, status, stop)


def _live(job: Job, layers: list[Layer], status: Callable[[], Status], stop: Callable[[], None]) -> Live:
    plan, scale = job.plan, job.translator.scale
    return Live(
        layers=layers,
        output=job.request.output,
        origin=job.origin,
        scale=scale,
        grid={"window": plan.window * scale, "shard": plan.shard * scale},
        model=_name(job),
        stroke=plan.look.stroke,
        status=status,
        stop=stop,
    )


def _name(job: Job) -> str:
    return job.translator.chosen_style or job.translator.name
