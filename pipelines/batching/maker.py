"""One image of a batch: determine whether there is work to do, and do it."""

import errno
import os
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, ExitStack
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from tilegan.errors import ModelError, OutputExistsError, ResumeError, SettingError, TileganError
from tilegan.images.finished import is_whole, provenance_of
from tilegan.images.formats.register import kind_of, writer_of
from tilegan.images.metadata.provenance import digest
from tilegan.inference.controls.maps import given_maps
from tilegan.inference.controls.variants import Variant, rendering_of
from tilegan.inference.folder import WorkFolder
from tilegan.inference.memory import DEFAULT, process_bytes
from tilegan.inference.parts import MIB
from tilegan.inference.passes import Stopped
from tilegan.inference.plan import place_model
from tilegan.names import BLEND
from tilegan.pipelines.batching.files import checked, is_of_earlier_version, matches_result, stamp
from tilegan.pipelines.batching.images import Task
from tilegan.pipelines.batching.results import DONE, FAILED, SKIPPED, BatchImage
from tilegan.pipelines.stylize import carry_out, put_in_place
from tilegan.pipelines.stylize_plan import Job, prepared
from tilegan.pipelines.stylize_settings import StylizeSettings
from tilegan.progress import Progress
from tilegan.translator import Translator

_FULL = {errno.ENOSPC, errno.EDQUOT}


@dataclass(frozen=True)
class Ready:
    """An image with its plan.

    Attributes:
        task: paths of image and output.
        job: the planned work.
        opened: resources to be closed afterward.
        started: start of the work, by ``time.perf_counter``.
    """

    task: Task
    job: Job
    opened: ExitStack
    started: float


class Outcome(NamedTuple):
    """The result of an image, and an error that prevents all further images."""

    image: BatchImage
    fatal: Exception | None = None


class Maker:
    """Stylizes images with one model and one group of settings.

    Attributes:
        model: name, file or run folder of the model, or a translator.
        translator: the model for 8-bit images.
        settings: settings of each image.
        overwrite: whether outputs that were made otherwise are replaced.
        process: bytes of this process without any image.
        budget: limit in bytes of the images processed at once.
        made: the last successful result of an output, by its name (see ``Results.made``).
    """

    def __init__(
        self, model: str | Path | Translator, settings: StylizeSettings, made: Callable[[str], BatchImage | None]
    ) -> None:
        """Load the model.

        Args:
            model: name, file or run folder of the model, or a translator.
            settings: settings of all images; workers and scheduler are ignored here.
            made: the last successful result of an output, by its name.

        Raises:
            ModelError: there is no such model.
            SettingError: the device, the precision, a style or another choice is invalid, or memory is too small.
        """
        self.model, self.overwrite = model, settings.run.overwrite
        self.translator = place_model(model, settings.passes.device, settings.passes.precision, settings.passes.backend)
        if not given_maps(settings.styling):  # refuses settings that are invalid for every image
            self.translator.settled(settings.choices())
            rendering_of([Variant(settings.styling, {})], self.translator, 1, 1)
        self.process = process_bytes()
        limit = settings.run.memory
        if limit is not None and limit <= self.process:
            raise SettingError(
                f"a memory of {limit / MIB:.0f} MiB is too little: the program and the model alone take "
                f"{self.process / MIB:.0f} MiB"
            )
        self.budget = DEFAULT if limit is None else limit - self.process
        # a budget that is not below the default limit gives the windows of the default
        run = replace(settings.run, workers=1, scheduler=None, memory=limit if self.budget < DEFAULT else None)
        self.settings = replace(settings, run=run)
        self.made = made
        self._asked: dict[str, str] = {}

    def asked(self, kind: str) -> str:
        """Return the digest of model and settings for a kind of output."""
        if kind not in self._asked:
            settings, labels = self.settings, self.settings.labels
            maps = {name: str(file) for name, file in given_maps(settings.styling).items()}
            decisive = [
                asdict(settings.styling) | maps,
                [sorted((str(label), look) for label, look in labels.looks.items()), labels.look_seed],
                [settings.passes.seams, settings.passes.precision, settings.passes.backend, settings.run.region],
                [settings.passes.window] if settings.passes.seams == BLEND else [],
                asdict(settings.reading),
                writer_of(kind).deciding(settings.options),
            ]
            self._asked[kind] = digest([self.translator.fingerprint(), decisive])
        return self._asked[kind]

    def is_made(self, task: Task) -> BatchImage | None:
        """Return the result of an image that needs no work, by the file of results alone.

        None if image, output, model or settings have changed, there are maps, or there is no result.
        """
        if given_maps(self.settings.styling):  # which may have changed
            return None
        last = self.made(task.name)
        if last is None or last.asked != self.asked(kind_of(task.output)) or last.source_mtime_ns is None:
            return None
        same = (last.source_bytes, last.source_mtime_ns) == stamp(task.source)
        return last if same and matches_result(task, last) else None

    def difference(self, task: Task) -> str | None:
        """Return how an existing output differs from the request, to follow 'it was made'; None if it does not."""
        try:
            with ExitStack() as opened:
                return _difference(task, self._planned(task, opened))
        except (TileganError, OSError):
            return None  # a failure of this image, reported later

    def prepare(self, task: Task, *, dry: bool = False) -> Ready | BatchImage:
        """Open an image and plan its work; return its result if there is nothing to do, or it fails.

        Args:
            task: the image.
            dry: whether nothing is written, not even a folder for the output.

        Raises:
            ModelError: the model cannot process any image this way.
        """
        started = time.perf_counter()
        try:
            if (last := self.is_made(task)) is not None:
                return replace(last, path=str(task.source), status=SKIPPED, seconds=0.0)
            with ExitStack() as opened:
                if not dry:
                    task.output.parent.mkdir(parents=True, exist_ok=True)
                elif not task.output.parent.is_dir():
                    folder = Path(opened.enter_context(TemporaryDirectory()))
                    task = replace(task, output=folder / task.output.name)
                job = self._planned(task, opened)
                if self._is_finished(task, job):
                    if not dry:
                        put_in_place(job.request)
                    return self._result(task, SKIPPED, job, started)
                return Ready(task, job, opened.pop_all(), started)
        except ModelError:
            raise
        except Exception as error:
            return self._failed(task, error, started)

    def make(self, ready: Ready, threads: ThreadPoolExecutor | None, progress: Progress) -> Outcome | None:
        """Stylize an image; None if it was stopped. Any thread may call it.

        Args:
            ready: output of ``prepare``.
            threads: threads that run forward passes; None for new ones.
            progress: called with the pixels of the output done.
        """
        task = ready.task
        with ready.opened:
            try:
                done = carry_out(ready.job, progress, ready.started, threads)
                return Outcome(self._result(task, DONE, ready.job, ready.started, done.notes))
            except Stopped:
                return None
            except Exception as error:
                fatal = error if any(getattr(cause, "errno", None) in _FULL for cause in _causes(error)) else None
                return Outcome(self._failed(task, error, ready.started), fatal)

    def _planned(self, task: Task, opened: ExitStack) -> Job:
        """Plan the work on an image, as if an existing output were to be replaced."""
        replaces = os.path.lexists(task.output)
        try:
            return opened.enter_context(self._with(task, resume=True, overwrite=replaces))
        except ResumeError as error:
            folder = WorkFolder.of(task.output)
            if not (self.overwrite or is_of_earlier_version(folder, task.source)):
                raise ResumeError(
                    f"unfinished work in {folder.path} had another model or setting: --overwrite starts again"
                ) from error
        return opened.enter_context(self._with(task, resume=False, overwrite=True))

    def _with(self, task: Task, *, resume: bool, overwrite: bool) -> AbstractContextManager[Job]:
        settings = replace(self.settings, run=replace(self.settings.run, resume=resume, overwrite=overwrite))
        return prepared(task.source, task.output, self.model, {"settings": settings}, self.process)

    def _is_finished(self, task: Task, job: Job) -> bool:
        """Return whether the existing output is the requested one.

        Raises:
            OutputExistsError: it is another one, and may not be replaced.
        """
        if not os.path.lexists(task.output):
            return False
        difference = _difference(task, job)
        if difference is None:
            return is_whole(task.output, job.request.kind)
        if not self.overwrite and not self._is_outdated(task):
            raise OutputExistsError(f"{task.output} exists, and was made {difference}: --overwrite replaces it")
        return False

    def _is_outdated(self, task: Task) -> bool:
        """Return whether an output was made from an earlier version of its image, with the requested settings."""
        last = self.made(task.name)
        return (
            last is not None
            and (last.path, last.asked) == (str(task.source), self.asked(kind_of(task.output)))
            and matches_result(task, last)
        )

    def _result(
        self, task: Task, status: str, job: Job, started: float, notes: tuple[str, ...] | None = None
    ) -> BatchImage:
        size, sha256 = checked(task.output)
        return replace(
            self._of(task),
            status=status,
            seconds=round(time.perf_counter() - started, 3),
            width=job.summary.width,
            height=job.summary.height,
            sha256=sha256,
            notes=job.summary.notes if notes is None else notes,
            bytes=size,
        )

    def _failed(self, task: Task, error: Exception, started: float) -> BatchImage:
        told = " ".join(str(error).split())
        if not isinstance(error, (TileganError, OSError)):
            told = f"{type(error).__name__}: {told}"
        return replace(
            self._of(task), status=FAILED, seconds=round(time.perf_counter() - started, 3), error=told or "unknown"
        )

    def _of(self, task: Task) -> BatchImage:
        """Return the properties of an image before it is stylized."""
        try:
            size, changed = stamp(task.source)
        except OSError:
            size = changed = None
        asked = self.asked(kind_of(task.output))
        return BatchImage(str(task.source), task.name, FAILED, source_bytes=size, source_mtime_ns=changed, asked=asked)


def _difference(task: Task, job: Job) -> str | None:
    """Return how an existing output differs from the plan, to follow 'it was made'."""
    request = job.request
    asked = job.made.encoded(**writer_of(request.kind).deciding(request.settings.options))
    made = provenance_of(task.output, request.kind)
    if made is None:
        return "by something else: it has no provenance"
    kept = {name: value for name, value in made.settings.items() if name in request.asked.free}
    return made.difference(asked.encoded(**kept))


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__
