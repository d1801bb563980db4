"""The images of a batch: found in folders, selected by patterns, with the names of their outputs."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from tilegan.errors import ImageError, SettingError
from tilegan.images.formats.register import kind_of_ending, written
from tilegan.images.output import is_folder_of_images
from tilegan.images.recognized import is_recognized
from tilegan.names import VIDEO_ENDINGS
from tilegan.pipelines.batching.patterns import Patterns

SAME = "same"
OTHER = ".tif"  # ending of outputs whose source format cannot be written
UNREADABLE, NO_FILE = "unreadable folder", "no file"


def kinds() -> tuple[str, ...]:
    """Return the possible formats of outputs: 'same', or a format of one file or folder per image."""
    return (SAME, *(each.name for each in written() if each.writer is not None and each.writer.companion is None))


@dataclass(frozen=True)
class Task:
    """An image and its output.

    Attributes:
        source: absolute path of the image, a file or a Zarr folder.
        output: absolute path of its output.
        name: path of the output inside the output folder, with slashes.
    """

    source: Path
    output: Path
    name: str


@dataclass(frozen=True)
class Survey:
    """The files found.

    Attributes:
        tasks: images to be stylized, in order of their names.
        passed_over: numbers of files that are not images, by ending.
        notes: notes for the user on names of outputs and on videos, one line each.
    """

    tasks: tuple[Task, ...]
    passed_over: Mapping[str, int]
    notes: tuple[str, ...] = ()


def survey(sources: Sequence[Path], folder: Path, to: str = SAME, patterns: Patterns | None = None) -> Survey:
    """Find images, and name their outputs.

    A single folder is mirrored; of several sources, files are written to the output folder itself, and each folder to
    one of its name in it. Links are followed, except links to a folder that contains them. Hidden files are left out,
    and so are the output folder itself and tiles of Deep Zoom images.

    Args:
        sources: image files, Zarr folders and folders of images.
        folder: output folder; it may be inside one of the sources.
        to: ending of outputs, one of ``kinds``; 'same' keeps that of the image, or uses .tif if it cannot be written.
        patterns: selection of files in the folders.

    Raises:
        ImageError: a source is missing.
        SettingError: the output folder is one of the sources, an output would be one of the images, or two images would
            have the same output.
    """
    seen: Counter[str] = Counter()
    found: list[tuple[Path, PurePosixPath]] = []
    out = folder.resolve()
    for source in sources:
        if not source.exists():
            raise ImageError(f"no such image or folder: {source}: check the name")
        if not is_folder_of_images(source):
            found.append((source, PurePosixPath(source.name)))
            continue
        if source.resolve() == out:
            raise SettingError(f"{folder} cannot be the output folder: it contains the images: name another folder")
        name = PurePosixPath() if len(sources) == 1 else PurePosixPath(source.resolve().name)
        walk = _Walk(source, out, patterns or Patterns(), seen)
        found += ((path, name / inside) for path, inside in walk)
    endings = Counter(path.suffix.lower() for path, _ in found if to == SAME and kind_of_ending(path.suffix) is None)
    notes = tuple(
        f"{_images(count)} of {ending or 'no ending'} will be {OTHER}: this format is not written"
        for ending, count in sorted(endings.items())
    )
    names, more = _named([name for _, name in found], to)
    tasks = tuple(
        Task(path.absolute(), (folder / name).absolute(), str(name))
        for (path, _), name in zip(found, names, strict=True)
    )
    _check(tasks)
    passed_over = dict(sorted(seen.items()))
    videos = sum(count for ending, count in passed_over.items() if ending in VIDEO_ENDINGS)
    clips = (f"{videos} video{'s' if videos > 1 else ''} passed over: stylize videos one by one",) if videos else ()
    return Survey(tasks, passed_over, (*notes, *more, *clips))


class _Walk:
    """Finds the images below a folder, in order of names; counts other files."""

    def __init__(self, folder: Path, out: Path, patterns: Patterns, seen: Counter[str]) -> None:
        self._folder, self._out, self._patterns, self._seen = folder, out, patterns, seen

    def __iter__(self) -> Iterator[tuple[Path, PurePosixPath]]:
        return self._below(self._folder, PurePosixPath(), frozenset({self._folder.resolve()}))

    def _below(self, place: Path, name: PurePosixPath, above: frozenset[Path]) -> Iterator[tuple[Path, PurePosixPath]]:
        try:
            entries = sorted(entry for entry in place.iterdir() if not entry.name.startswith("."))
        except PermissionError:
            self._seen[UNREADABLE] += 1
            return
        for path in entries:
            inside = name / path.name
            if not path.is_dir():
                if self._patterns.takes(inside) and self._is_image(path):
                    yield path, inside
                continue
            real = path.resolve()
            if real in above or real == self._out or self._patterns.leaves_out(inside) or _holds_tiles(path):
                continue
            if is_folder_of_images(path):
                yield from self._below(path, inside, above | {real})
            elif self._patterns.takes(inside):
                yield path, inside

    def _is_image(self, path: Path) -> bool:
        if path.is_symlink() and self._out in path.resolve().parents:
            return False
        if path.is_file() and is_recognized(path):
            return True
        self._seen[path.suffix.lower() or "no ending" if path.is_file() else NO_FILE] += 1
        return False


def _holds_tiles(folder: Path) -> bool:
    """Whether a folder contains the tiles of a Deep Zoom image."""
    name = folder.name.removesuffix("_files")
    return name != folder.name and folder.with_name(f"{name}.dzi").is_file()


def _named(names: list[PurePosixPath], to: str) -> tuple[list[PurePosixPath], tuple[str, ...]]:
    """Return names of outputs; images whose names differ only in their endings keep these."""
    endings = [_ending(name, to) for name in names]
    short = [name.with_name(name.stem + ending) for name, ending in zip(names, endings, strict=True)]
    shared = {name for name, count in Counter(short).items() if count > 1}
    if not shared:
        return short, ()
    long = [name.with_name(name.name + ending) for name, ending in zip(names, endings, strict=True)]
    chosen = [whole if brief in shared else brief for brief, whole in zip(short, long, strict=True)]
    first = next(number for number, name in enumerate(short) if name in shared)
    together = sum(name in shared for name in short)
    return chosen, (
        f"{_images(together)} have equal names except endings, which outputs keep, such as {chosen[first]}",
    )


def _ending(name: PurePosixPath, to: str) -> str:
    if to != SAME:
        return next(each.endings[0] for each in written() if each.name == to)
    return name.suffix if kind_of_ending(name.suffix) else OTHER


def _check(tasks: Sequence[Task]) -> None:
    """Refuse outputs that are those of another image, or are images."""
    by_output: dict[Path, Task] = {}
    sources = {task.source: task for task in tasks}
    for task in tasks:
        if (other := by_output.setdefault(task.output, task)) is not task:
            raise SettingError(
                f"{other.source} and {task.source} would both be {task.output}: rename one, or name two folders"
            )
        if task.output in sources:
            raise SettingError(f"the output {task.output} is an image to be stylized: name another folder")


def _images(count: int) -> str:
    return f"{count} image" if count == 1 else f"{count} images"
