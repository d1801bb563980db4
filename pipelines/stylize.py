"""Repaint an image of any size with a learnt style."""

import re
import shutil
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from tilegan.errors import OutputError, OutputExistsError, TileganError
from tilegan.images.export import FORMATS, check_size, export, kind_of
from tilegan.images.output import check_output, explained, put_in_place
from tilegan.images.source import Geo, Source, open_source
from tilegan.images.store import Store
from tilegan.inference.engine import JOURNAL, STORE, TRANSLATOR, assemble, run_work
from tilegan.inference.journal import RECORD, Record, check_record, has_marker, read_record, write_record
from tilegan.inference.lock import locked
from tilegan.inference.plan import Plan, chunk_of, make_plan, place_model
from tilegan.progress import Progress, silent
from tilegan.translator import Translator, read_header


@dataclass(frozen=True)
class StylizeResult:
    """What became of an image.

    Attributes:
        output: the file or folder written.
        height: of the output, in pixels.
        width: of the output, in pixels.
        seams: 'exact' or 'combo'.
        window: side of the square translated at once, in input pixels.
        shard: side of the square of one task, in input pixels.
        device: name of what computed.
        precision: name of its number format.
        seconds: of this call; 0 where the output was finished already.
        megapixels_per_second: output pixels translated by this call, by ``seconds``.
        notes: what was done otherwise than asked for, a line each.
    """

    output: Path
    height: int
    width: int
    seams: str
    window: int
    shard: int
    device: str
    precision: str
    seconds: float
    megapixels_per_second: float
    notes: tuple[str, ...] = ()


def stylize(
    source: str | Path,
    output: str | Path | None = None,
    model: str | Path | Translator = "vangogh",
    *,
    seams: str = "exact",
    window: int | None = None,
    shard: int | None = None,
    device: str = "auto",
    precision: str = "auto",
    overwrite: bool = False,
    resume: bool = False,
    progress: Progress | None = None,
) -> StylizeResult:
    """Stylize an image file of any size, in bounded memory.

    The work is done in ``<output>.partial``; the output appears, whole, when all is done. Interrupted or failed, what
    is finished is kept there for ``resume``.

    Args:
        source: the image.
        output: .zarr, .tif, .png or .jpg; default beside the source, of its kind, named ``<stem>.<style>.<ending>``.
        model: a shipped name, a file, a run folder, or a translator, which is used as it is.
        seams: 'exact' (windows with a halo: as if done at once) or 'combo' (tiles side by side, as in training).
        window: side of the square translated at once, in input pixels, rounded up to what works.
        shard: side of the square of one task and one file, in input pixels, rounded up to a multiple of ``window``.
        device: 'auto', 'cpu', 'cuda', 'mps'.
        precision: 'auto', 'float32', 'bfloat16', 'float16'.
        overwrite: replace an output that is there, and throw away unfinished work on it.
        resume: go on with unfinished work, with the window, shard, device and precision it was begun with; without
            any, start. A finished output is left as it is.
        progress: told how far the work is, in output pixels.

    Raises:
        ImageError: the image cannot be read.
        ModelError: there is no such model.
        SettingError: a setting cannot work.
        OutputExistsError: the output, or unfinished work on it, is there.
        OutputError: the output cannot be written.
        ResumeError: the unfinished work was begun with another source, model or setting.
    """
    started = time.perf_counter()
    tell = progress or silent
    with closing(open_source(source)) as image:
        output = Path(output) if output is not None else _beside(Path(source), model)
        kind = kind_of(output)
        folder = output.with_name(output.name + ".partial")
        begun = _begun(folder) if resume else None
        if begun is not None:
            settings = begun["settings"]
            window, shard = window or settings["window"], shard or settings["shard"]
            device = settings["device"] if device == "auto" else device
            precision = settings["precision"] if precision == "auto" else precision
        translator = place_model(model, device, precision)
        plan, notes = make_plan(translator, max(image.height, image.width), seams, window, shard)
        if resume and begun is None and not overwrite and output.exists() and not output.samefile(source):
            if _is_ours(folder):  # a kill came after the output was put in place
                _make_room(folder, keep=False)
            return _result(output, image, translator, plan, (*notes, f"{output} was finished already"))
        check_output(output, overwrite, Path(source))
        check_size(output, image.height * translator.scale, image.width * translator.scale)
        if begun is not None:
            plan = replace(plan, batch=begun["settings"]["batch"])
        record: Record = {
            "settings": asdict(plan),
            "source": dict(image.identity()),
            "model": {"fingerprint": translator.fingerprint()},
        }
        if begun is not None:
            check_record(begun, record)
        else:
            _make_room(folder, keep=not overwrite)
        with locked(folder / JOURNAL), _kept_for_resume(folder):
            if begun is None:
                _begin(folder, image, translator, record)
            work = assemble(image, folder, translator, plan)
            pixels = run_work(Path(source).absolute(), folder, work, tell, pyramid=kind == "zarr")
            image.close()  # its decoded pixels would take memory that the export needs
            _finish(folder, output, kind, work.store, image.geo, tell)
        seconds = time.perf_counter() - started
        return _result(output, image, translator, plan, notes, seconds, pixels)


def _beside(source: Path, model: str | Path | Translator) -> Path:
    """The default output: in the source's folder, of its kind where that can be written, else a TIFF.

    For an array inside a Zarr store it is beside the store, and of its kind.
    """
    style = model.name if isinstance(model, Translator) else str(read_header(model)["name"])
    style = re.sub(r"[^\w.-]+", "-", style)
    source = source.absolute()
    whole = next((folder for folder in reversed(source.parents) if folder.suffix.lower() == ".zarr"), source)
    ending = next((name.suffix for name in (source, whole) if name.suffix.lower() in FORMATS), ".tif")
    return whole.with_name(".".join((whole.stem, *source.relative_to(whole).parts, style)) + ending)


def _begun(folder: Path) -> Record | None:
    """What the unfinished work in a folder was begun with; None if there is none."""
    return read_record(folder / JOURNAL) if (folder / STORE).is_dir() else None


def _make_room(folder: Path, keep: bool) -> None:
    """Remove what an earlier run left of the work folder; where ``keep``, not if it can be resumed."""
    if not folder.exists():
        return
    if not _is_ours(folder):
        raise OutputExistsError(f"{folder} is in the way, and not ours: move it, or give the output another name")
    with locked(folder / JOURNAL):
        if keep and _begun(folder) is not None and has_marker(folder / JOURNAL):
            raise OutputExistsError(f"unfinished work is in {folder}: resume it, or overwrite to begin again")
        _remove(folder)


def _is_ours(folder: Path) -> bool:
    """Whether a folder is a work folder, or what a kill has left of one."""
    return folder.is_dir() and ((folder / JOURNAL).is_dir() or not any(folder.iterdir()))


def _remove(folder: Path) -> None:
    """Remove a work folder: first what makes it one to resume, last the journal, which tells that it is ours."""
    (folder / JOURNAL / RECORD).unlink(missing_ok=True)
    for entry in folder.iterdir():
        if entry.is_file():
            entry.unlink()
        elif entry.name != JOURNAL:
            shutil.rmtree(entry)
    shutil.rmtree(folder)


def _begin(folder: Path, image: Source, translator: Translator, record: Record) -> None:
    """Fill the work folder; the record comes last, so that with it everything is there."""
    translator.save(folder / TRANSLATOR)
    scale, shard = translator.scale, record["settings"]["shard"] * translator.scale
    Store.create(folder / STORE, image.height * scale, image.width * scale, shard=shard, chunk=chunk_of(shard))
    write_record(folder / JOURNAL, record)


@contextmanager
def _kept_for_resume(folder: Path) -> Iterator[None]:
    """When the work ends early, keep what is finished, or nothing if nothing is; errors of writing become one line."""
    try:
        yield
    except BaseException as error:
        cure = "free some, then resume; what is finished is kept"
        if not has_marker(folder / JOURNAL):
            shutil.rmtree(folder, ignore_errors=True)
            cure = "free some, then begin again"
        if isinstance(error, OSError) and (isinstance(error, OutputError) or not isinstance(error, TileganError)):
            raise explained(error, folder.parent, cure) from error
        raise


def _finish(folder: Path, output: Path, kind: str, store: Store, geo: Geo | None, tell: Progress) -> None:
    finished = store.path
    if kind != "zarr":
        finished = folder / f"image{output.suffix}"
        export(store, finished, geo, tell)
    put_in_place(finished, output, spare=folder / "replaced")
    _remove(folder)


def _result(
    output: Path,
    image: Source,
    translator: Translator,
    plan: Plan,
    notes: tuple[str, ...],
    seconds: float = 0.0,
    pixels: int = 0,
) -> StylizeResult:
    return StylizeResult(
        output=output,
        height=image.height * translator.scale,
        width=image.width * translator.scale,
        seams=plan.seams,
        window=plan.window,
        shard=plan.shard,
        device=plan.device,
        precision=plan.precision,
        seconds=seconds,
        megapixels_per_second=pixels / 1e6 / seconds if seconds else 0.0,
        notes=notes,
    )
