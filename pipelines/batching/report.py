"""What a batch will do, and what became of it."""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from tilegan.pipelines.batching.results import DONE, FAILED, SKIPPED, BatchImage, Results


@dataclass(frozen=True)
class BatchPlan:
    """What will be done.

    Attributes:
        output: the folder of outputs.
        images: number of images found.
        passed_over: number of files that are no images, by ending.
        to_make: number of images that are to be made; None before they have been looked into.
        skipped: number of images whose outputs are there already; likewise.
        failed: number of images that cannot be made; likewise.
        megapixels: of the outputs that are to be made; likewise.
        failures: the images that cannot be made.
        notes: what a user should know, a line each.
    """

    output: Path
    images: int
    passed_over: Mapping[str, int]
    to_make: int | None = None
    skipped: int | None = None
    failed: int | None = None
    megapixels: float | None = None
    failures: tuple[BatchImage, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class BatchResult:
    """What became of all images.

    Attributes:
        output: the folder of outputs.
        results: the file with a line for each image, in that folder.
        done: number of images that were made.
        skipped: number of images whose outputs were there already.
        failed: number of images that could not be made.
        passed_over: number of files that are no images, by ending.
        megapixels: of the outputs made.
        seconds: that all took.
        megapixels_per_second: of the outputs made, by ``seconds``.
        failures: the images that could not be made.
        notes: what a user should know, a line each.
    """

    output: Path
    results: Path
    done: int
    skipped: int
    failed: int
    passed_over: Mapping[str, int]
    megapixels: float
    seconds: float
    megapixels_per_second: float
    failures: tuple[BatchImage, ...] = ()
    notes: tuple[str, ...] = ()


class Tally:
    """Counts what became of images, and writes it down."""

    def __init__(self, results: Results, progress: Callable[[BatchImage], None] | None) -> None:
        """Take the file of results, and who is told of each image."""
        self._results, self._progress = results, progress
        self._counts: Counter[str] = Counter()
        self._pixels = 0
        self._failures: list[BatchImage] = []

    def add(self, image: BatchImage) -> None:
        """Write down what became of an image, then tell it.

        Raises:
            OutputError: there is no room.
        """
        self._results.append(image)
        self._counts[image.status] += 1
        if image.status == DONE and image.width and image.height:
            self._pixels += image.width * image.height
        if image.status == FAILED:
            self._failures.append(image)
        if self._progress is not None:
            self._progress(image)

    def result(
        self, output: Path, passed_over: Mapping[str, int], seconds: float, notes: tuple[str, ...]
    ) -> BatchResult:
        """Return what became of all images so far."""
        megapixels = self._pixels / 1e6
        return BatchResult(
            output=output,
            results=self._results.path,
            done=self._counts[DONE],
            skipped=self._counts[SKIPPED],
            failed=self._counts[FAILED],
            passed_over=passed_over,
            megapixels=megapixels,
            seconds=seconds,
            megapixels_per_second=megapixels / seconds if seconds else 0.0,
            failures=tuple(self._failures),
            notes=notes,
        )
