"""Plan and result of a batch."""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from tilegan.pipelines.batching.results import DONE, FAILED, SKIPPED, BatchImage, Results


@dataclass(frozen=True)
class BatchPlan:
    """The plan of a batch.

    Attributes:
        output: output folder.
        images: number of images found.
        passed_over: numbers of files that are not images, by ending.
        to_make: number of images to be stylized; None before they were inspected.
        skipped: number of images whose outputs exist; None before they were inspected.
        failed: number of images that cannot be stylized; None before they were inspected.
        megapixels: megapixels of the outputs to be made; None before they were inspected.
        failures: images that cannot be stylized.
        notes: notes for the user, one line each.
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
    """The result of a batch.

    Attributes:
        output: output folder.
        results: file in that folder with one line per image.
        done: number of images stylized.
        skipped: number of images whose outputs existed.
        failed: number of images that could not be stylized.
        passed_over: numbers of files that are not images, by ending.
        megapixels: megapixels of the outputs made.
        seconds: duration.
        megapixels_per_second: ``megapixels`` per second of the duration.
        failures: images that could not be stylized.
        notes: notes for the user, one line each.
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


class ResultRecorder:
    """Counts and records the results of images."""

    def __init__(self, results: Results, progress: Callable[[BatchImage], None] | None) -> None:
        """Initialize with the file of results, and a callback for each image."""
        self._results, self._progress = results, progress
        self._counts: Counter[str] = Counter()
        self._pixels = 0
        self._failures: list[BatchImage] = []

    def add(self, image: BatchImage) -> None:
        """Record the result of an image, then report it.

        Raises:
            OutputError: the disk is full.
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
        """Return the result of the batch so far."""
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
