"""Checks of the painting of a video before any work: settings, output, and whether this is finished."""

import os
from pathlib import Path

from tilegan.errors import OutputError, OutputExistsError, ResumeError, SettingError
from tilegan.files import is_remote
from tilegan.images.metadata.provenance import Provenance
from tilegan.images.output import overlaps
from tilegan.images.reading import Reading
from tilegan.inference.controls.maps import given_maps
from tilegan.pipelines.stylize_settings import StylizeSettings
from tilegan.translator import Translator
from tilegan.video.folder import VideoFolder
from tilegan.video.joined import provenance_of

_CURE = "give another name, or --overwrite without --resume"


def check_settings(settings: StylizeSettings) -> None:
    """Refuse settings that have no meaning for a video.

    Raises:
        SettingError: there is one.
    """
    labels, run, reading, usual = settings.labels, settings.run, settings.reading, Reading()
    if run.workers not in (None, 1) or run.scheduler is not None:
        raise SettingError("a video is painted by one process: leave out workers and scheduler")
    if labels.looks or labels.look_seed is not None or labels.instances:
        raise SettingError("looks and instances are those of label maps: leave them out for a video")
    if maps := given_maps(settings.styling):
        raise SettingError(f"maps belong to one image, not to a video: leave out those of {', '.join(maps)}")
    for name in ("bands", "stretch", "depth", "plane"):
        if getattr(reading, name) != getattr(usual, name):
            raise SettingError(f"a video has no {name} to choose: leave it out")
    if settings.options.lossless:
        raise SettingError("videos are written with loss: give a --quality, up to 100, in place of lossless")


def check_model(translator: Translator) -> None:
    """Refuse models that do not paint pictures.

    Raises:
        SettingError: it paints label maps.
    """
    if translator.architecture.get("labels"):
        raise SettingError(f"the model '{translator.name}' paints label maps, and a video has no labels: use another")


def check_place(output: Path, source: Path, *, overwrite: bool) -> None:
    """Check whether a video can be written to a path.

    Raises:
        OutputError: its folder is missing, it is the source itself, or something other than a file exists there.
        OutputExistsError: it exists, and may not be replaced.
    """
    if is_remote(output):
        raise OutputError(f"cannot write a video to object storage: {output}: write it here and copy it")
    if not output.parent.is_dir():
        raise OutputError(f"no folder {output.parent} to write {output.name} to: make it first")
    if overlaps(output, source):
        raise OutputError(f"{output} is the source itself: give the output another name")
    if output.is_dir():
        raise OutputError(f"{output} is no video to replace: give another name, or remove it first")
    if os.path.lexists(output) and not overwrite:
        raise OutputExistsError(f"{output} exists: give another name, or --overwrite to replace it")


def is_finished(output: Path, source: Path, folder: VideoFolder, made: Provenance, settings: StylizeSettings) -> bool:
    """Return whether an existing output is what a resumed command asks for.

    Args:
        output: its path.
        source: the video.
        folder: the work folder.
        made: provenance of the result.
        settings: the settings as they were given.

    Raises:
        ResumeError: it was made otherwise, or does not say what made it.
    """
    run = settings.run
    if not run.resume or run.overwrite or not output.is_file() or overlaps(output, source):
        return False
    if folder.begun() is not None and not folder.has_moved(output):
        return False
    there = provenance_of(output)
    if there is None:
        raise ResumeError(f"cannot resume: {output} exists, and does not say what made it: {_CURE}")
    kept = {name: value for name, value in there.settings.items() if name in settings.free}
    if (difference := there.difference(made.encoded(**kept))) is not None:
        raise ResumeError(f"cannot resume: {output} is finished, and was made {difference}: {_CURE}")
    return True
