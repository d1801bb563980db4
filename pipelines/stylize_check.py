"""Check the output of a planned run: whether it is finished already, and whether it can be written."""

from typing import NamedTuple

from tilegan.files import locate
from tilegan.images.finished import check_finished, provenance_of
from tilegan.images.formats.checks import check_export, check_memory
from tilegan.images.formats.register import writer_of
from tilegan.images.metadata.origin import Origin
from tilegan.images.metadata.provenance import Provenance
from tilegan.images.output import check_output, is_store, overlaps
from tilegan.images.readers.vsi import url_name
from tilegan.inference.memory import Memory
from tilegan.pipelines.stylize_settle import Request


class State(NamedTuple):
    """The state of an output before a run.

    Attributes:
        finished: whether a finished output exists.
        replaces: whether an existing output is replaced.
    """

    finished: bool
    replaces: bool


def state_of(request: Request, made: Provenance, height: int, width: int) -> State:
    """Determine whether an output is finished.

    Args:
        request: the request.
        made: provenance of its result.
        height: height of its result, in pixels.
        width: likewise.

    Raises:
        ResumeError: a finished output was made with other settings, or has no provenance.
        ImageError: it cannot be read.
    """
    run, begun, kind = request.settings.run, request.begun, request.kind
    asked = made.encoded(**writer_of(kind).deciding(request.settings.options))
    if run.resume and not run.overwrite and _is_there(request):
        finished = check_finished(request.output, kind, height, width, asked, free=request.asked.free)
        return State(finished, not finished)
    unmoved = None if begun is None else request.folder.unmoved(request.output)
    return State(unmoved is not None and provenance_of(unmoved, kind) == asked, run.overwrite)


def check_writable(
    request: Request, origin: Origin, height: int, width: int, memory: Memory, *, replaces: bool
) -> None:
    """Check that a result can be written before any work is done.

    Args:
        request: the request.
        origin: origin of the result.
        height: height of the result, in pixels.
        width: likewise.
        memory: memory of the run.
        replaces: whether an existing output may be replaced.

    Raises:
        OutputExistsError: an output exists and may not be replaced.
        OutputError: the output overlaps the source, or its format does not hold the result.
    """
    output, options = request.output, request.settings.options
    for name in filter(None, (request.source, request.instances, *request.maps.files.values())):
        check_output(output, replaces, locate(url_name(name)))
    check_export(output, height, width, request.image.levels, origin.channels, origin.opacity, options)
    check_memory(output, height, width, memory.limit - memory.process)


def _is_there(request: Request) -> bool:
    """Return whether an output exists, is not the source itself and, if a run was started, is not to be replaced."""
    output, source = request.output, locate(url_name(request.source))
    if request.begun is not None:
        return request.folder.has_moved(output)
    if writer_of(request.kind).is_folder:
        return is_store(output) and not overlaps(output, source)
    return output.is_file() and output.stat().st_size > 0 and not overlaps(output, source)
