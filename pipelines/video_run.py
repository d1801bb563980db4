"""Paint the frames of a video part by part, and join the parts."""

import os
from contextlib import closing
from itertools import groupby

from tilegan.errors import ImageError
from tilegan.files import is_there
from tilegan.inference.frames import FramePainter, settled_on
from tilegan.inference.plan import cut_of
from tilegan.inference.statistics import SETTLED
from tilegan.pipelines.stylize_run import note_on_cut
from tilegan.pipelines.video_plan import SAMPLE, VideoJob
from tilegan.progress import Progress
from tilegan.translator import Translator, load
from tilegan.video.encoding import PART, PartEncoder
from tilegan.video.frames import frames_of, sampled
from tilegan.video.joined import join

JOINED = "video"  # stem of the joined file in the work folder


def make_video(job: VideoJob, progress: Progress) -> tuple[int, int, tuple[str, ...]]:
    """Paint all frames that are missing, join the parts, and give the result its final name.

    Args:
        job: the plan; its work folder is locked.
        progress: called with the output pixels done: phases 'statistics', 'stylize' and 'export'.

    Returns:
        The frames painted by this call, all frames, and notes, one line each.

    Raises:
        ImageError: the video is damaged.
        OutputError, OSError: the result cannot be written.
        TooLittleMemoryError: not even the least window fits.
    """
    folder = job.folder
    job.record.write(folder.journal)
    translator = _translator(job, progress)
    notes = folder.parts.finished()
    before = sum(note.frames for note in notes)
    each = job.encoding.height * job.encoding.width
    total = max(job.clip.frames, before)
    progress("stylize", before * each, total * each)
    damaged = job.settings.reading.allow_truncated
    frames = frames_of(job.clip, before, allow_truncated=damaged)
    painter = FramePainter(translator, job.record.plan, job.summary.streams, job.record.limits.threads)
    done = before
    with closing(painter), closing(painter.each(frames, lambda frame: frame.pixels)) as painted:
        for _, part in groupby(painted, key=lambda pair: (pair[0].number - before) // PART):
            encoder, packets, end = PartEncoder(job.encoding), [], 0
            for frame, pixels in part:
                packets += encoder.encode(pixels, frame.pts)
                end = frame.pts + frame.duration
                done += 1
                progress("stylize", done * each, max(total, done) * each)
            packets += encoder.finish()
            notes.append(folder.parts.write(len(notes), packets, end))
    progress("stylize", done * each, done * each)
    if not done:
        raise ImageError(f"cannot read video: {job.clip.path}: no frame of it can be decoded")
    path = folder.path / f"{JOINED}{job.output.suffix}"
    strip = job.settings.options.strip
    join(job.clip, folder.parts, notes, job.encoding, path, job.streams, job.made, progress, strip=strip)
    with path.open("rb+") as file:
        os.fsync(file.fileno())
    left = folder.move_output(path, job.output, job.settings.run.overwrite)
    cut, planned = painter.cut, cut_of(job.record.plan, translator)
    less = (note_on_cut(cut.side, cut.batch, job.record.plan),) if cut != planned else ()
    return done - before, done, less + left


def _translator(job: VideoJob, progress: Progress) -> Translator:
    """Return the model with the statistics of a sample of frames; they are kept, as those of images are."""
    statistics = job.summary.statistics
    if statistics not in SETTLED:
        return job.translator
    kept, plan = job.folder.translator, job.record.plan
    if job.is_begun and is_there(kept):
        return load(kept, plan.device, plan.precision, plan.backend)
    translator = settled_on(job.translator, statistics, sampled(job.clip, SAMPLE), plan.window, progress)
    job.folder.keep(translator)
    return translator
