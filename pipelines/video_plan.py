"""Plan the painting of a video: the model is settled once for all frames, and all is checked before any work."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch

from tilegan.errors import ImageError
from tilegan.files import is_remote, locate
from tilegan.geometry import Window
from tilegan.images.metadata.provenance import Provenance
from tilegan.images.output import name_beside
from tilegan.inference.controls.variants import Variant, rendering_of
from tilegan.inference.frames import FrameSource, check_statistics, contact_sheet
from tilegan.inference.memory import CUDA_STREAMS, Limits, Memory, fit_plan, process_bytes
from tilegan.inference.overhead import overhead
from tilegan.inference.parts import shard_bytes
from tilegan.inference.plan import Plan, cut_of, place_model
from tilegan.inference.statistics import SETTLED, choose_statistics, unsettled
from tilegan.names import THUMBNAIL, WRITTEN_VIDEOS
from tilegan.pipelines.region import window_of
from tilegan.pipelines.stylize_made import made_by
from tilegan.pipelines.stylize_plan import word_of
from tilegan.pipelines.stylize_settings import StylizeSettings
from tilegan.pipelines.stylize_settle import CONTEXT_SIDE, Model
from tilegan.pipelines.video_check import check_model, check_place, check_settings, is_finished
from tilegan.pipelines.video_report import VideoPlan
from tilegan.translator import Translator
from tilegan.video.clip import Clip, open_clip
from tilegan.video.encoding import PART, Encoding, codec_of
from tilegan.video.folder import VideoFolder, VideoRecord
from tilegan.video.frames import sampled
from tilegan.video.joined import copied

SAMPLE = 4  # frames from which a model is settled, spread over the clip
# bytes of a pixel: of decoded frames that a decoder holds, and of those that an encoder looks at ahead
_DECODING, _ENCODING = 40, 110


@dataclass(frozen=True)
class VideoJob:
    """A plan and everything that its execution needs.

    Attributes:
        clip: the video.
        output: absolute path of the result.
        settings: settings, with open choices made.
        translator: the model, without its statistics if it needs any.
        encoding: how the result is encoded.
        streams: indices of the streams that are copied.
        record: the plan, and the other initial settings of the run.
        made: provenance of the result.
        folder: the work folder.
        is_begun: whether unfinished work is resumed.
        summary: the plan for people.
    """

    clip: Clip
    output: Path
    settings: StylizeSettings
    translator: Translator
    encoding: Encoding
    streams: tuple[int, ...]
    record: VideoRecord
    made: Provenance
    folder: VideoFolder
    is_begun: bool
    summary: VideoPlan


def prepared_video(
    source: str | Path, output: str | Path | None, model: str | Path | Translator, values: Mapping[str, Any]
) -> VideoJob:
    """Open the video, make all decisions and checks; nothing is written.

    Args:
        source: see ``tilegan.pipelines.stylize_video``.
        output: likewise.
        model: likewise.
        values: options by name, those of ``tilegan.pipelines.stylize``.

    Raises:
        ImageError, ModelError, SettingError, OutputError, OutputExistsError, ResumeError: see
            ``tilegan.pipelines.stylize_video``.
    """
    asked = StylizeSettings.of(**values)
    check_settings(asked)
    if is_remote(locate(source)):
        raise ImageError(f"videos are read from this disk: copy {source} here")
    place = locate(output) if output is not None else _beside(Path(source), model, asked)
    codec_of(place)
    clip = open_clip(source)
    output = place if is_remote(place) else place.absolute()
    folder = VideoFolder.of(output)
    begun = folder.begun() if asked.run.resume else None
    settings = asked if begun is None else asked.as_begun(begun)
    region = window_of(settings.run.region, clip.height, clip.width)
    settled = _settled(clip, settings, model, begun)
    scale = settled.translator.scale
    height, width = region.height * scale, region.width * scale
    encoding = Encoding.of(clip, output, settings.options.quality, height, width)
    plan, limits, memory, notes = _fitted(clip, settings, settled, region, encoding, begun)
    streams, left_out = copied(clip, output, encoding)
    known = {"statistics": settled.statistics} if settled.statistics else {}
    fingerprint = {"fingerprint": settled.translator.fingerprint()}
    record = VideoRecord(plan, limits, clip.identity(), known | fingerprint, encoding=encoding.settings())
    if begun is not None:
        record.check(begun)
    told = {"codec": encoding.codec.encoder, "quality": encoding.quality}
    made = made_by(record, str(clip.path)).encoded(**told, **settings.options.of_store)
    finished = is_finished(output, clip.path, folder, made, asked)
    if not finished:
        check_place(output, clip.path, overwrite=settings.run.overwrite)
    notes = (*clip.remarks, *notes, *encoding.remarks(height, width), *left_out)
    summary = _report(clip, output, plan, settled, encoding, len(streams), limits, memory, notes, finished)
    return VideoJob(
        clip,
        output,
        settings,
        settled.translator,
        encoding,
        streams,
        record,
        made,
        folder,
        begun is not None,
        summary,
    )


def _beside(source: Path, model: str | Path | Translator, settings: StylizeSettings) -> Path:
    """Return the default name of the output: beside the source, with its ending if that is written."""
    ending = source.suffix if source.suffix.lower() in WRITTEN_VIDEOS else WRITTEN_VIDEOS[0]
    word = word_of(model, settings.styling.style)
    return source.with_name(name_beside(Path(f"{source.stem}.png"), word).name.removesuffix(".png") + ending)


def _settled(clip: Clip, settings: StylizeSettings, model: str | Path | Translator, begun: VideoRecord | None) -> Model:
    """Load the model and fix its options for all frames, except statistics of norms."""
    passes = settings.passes
    placed = place_model(model, passes.device, passes.precision, passes.backend)
    translator = placed.settled(settings.choices(), lambda: contact_sheet(sampled(clip, SAMPLE), CONTEXT_SIDE))
    check_model(translator)
    asked = settings.styling.statistics
    if asked is None and translator.needs_statistics:
        # also in combo mode: statistics of each tile would change from frame to frame
        asked = THUMBNAIL if begun is None else begun.model.get("statistics")
    statistics = choose_statistics(translator, settings.passes.seams, asked)
    check_statistics(statistics)
    frozen = statistics in SETTLED
    measured = unsettled(translator, statistics, clip.height, clip.width) if frozen else translator
    return Model((Variant(settings.styling, {}),), (translator,), statistics, measured)


def _fitted(
    clip: Clip,
    settings: StylizeSettings,
    model: Model,
    region: Window,
    encoding: Encoding,
    begun: VideoRecord | None,
) -> tuple[Plan, Limits, Memory, tuple[str, ...]]:
    """Return the best plan of a frame within the memory limit, and how many frames are painted at once."""
    source = FrameSource(clip.height, clip.width)
    look, _ = rendering_of(model.paintings, model.translator, clip.height, clip.width)
    pixels, painted = clip.height * clip.width, encoding.height * encoding.width
    codecs = _DECODING * pixels + _ENCODING * painted
    plan, limits, memory, notes = fit_plan(
        model.measured,
        source,
        region,
        settings.passes.seams,
        settings.passes.window,
        settings.run.shard,
        pyramid=False,
        limit=settings.run.memory,
        reading=settings.reading,
        look=look,
        streams=None if begun is None else begun.limits.streams,
        process=process_bytes() + codecs,
    )
    frame = memory.forward + shard_bytes(plan, model.measured, source) + 6 * (pixels + painted)
    most = {"cuda": CUDA_STREAMS, "cpu": torch.get_num_threads()}.get(model.translator.device.type, 1)
    at_once = max(1, min(most // limits.streams, (memory.limit - memory.process) // frame))
    if begun is not None:
        plan, at_once = replace(plan, batch=begun.plan.batch), begun.limits.threads
    memory = replace(
        memory,
        process=memory.process - codecs,
        forward=memory.forward * at_once,
        shards=(frame - memory.forward) * at_once + codecs,
        reader=0,
    )
    return plan, replace(limits, threads=at_once, reader=0), memory, notes


def _report(
    clip: Clip,
    output: Path,
    plan: Plan,
    model: Model,
    encoding: Encoding,
    streams: int,
    limits: Limits,
    memory: Memory,
    notes: tuple[str, ...],
    finished: bool,
) -> VideoPlan:
    region = plan.region
    return VideoPlan(
        source=str(clip.path),
        output=str(output),
        height=encoding.height,
        width=encoding.width,
        frames=clip.frames,
        rate=float(clip.rate),
        codec=encoding.codec.name,
        quality=encoding.quality,
        copied=streams,
        region=(region.left, region.top, region.width, region.height),
        seams=plan.seams,
        statistics=model.statistics,
        strength=plan.look.strength,
        keep_colors=plan.look.keep_colors,
        stroke=plan.look.stroke,
        window=plan.window,
        shard=plan.shard,
        batch=plan.batch,
        device=plan.device,
        precision=plan.precision,
        halo=cut_of(plan, model.measured).halo,
        overhead=overhead(plan, model.measured, clip.height, clip.width, 0),
        part=PART,
        at_once=limits.threads,
        streams=limits.streams * limits.threads,
        memory=memory,
        finished=finished,
        notes=notes,
    )
