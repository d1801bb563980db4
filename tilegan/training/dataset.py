"""A dataset: images of two domains, their correspondence, which are held out, and the crops that are taken of them."""

import hashlib
import warnings
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Self

from tilegan.errors import ResumeError, SettingError, TileganWarning
from tilegan.methods.base import ALONE, HOLED, PAIRED
from tilegan.methods.holes import Holes
from tilegan.names import SIDE_BY_SIDE
from tilegan.training.captions import captioned
from tilegan.training.examples import Examples, examples_of
from tilegan.training.folders import ANEW, Folders
from tilegan.training.images import TrainingImage, find_images, hold_out
from tilegan.training.instances import find_instance_maps
from tilegan.training.painting import find_painting
from tilegan.training.pairs import Domains, check_pairing, derive_pairs, find_halves, find_pairs
from tilegan.training.settings import TrainSettings
from tilegan.training.styles import find_styles


@dataclass(frozen=True)
class Dataset:
    """The usable images of a training or evaluation.

    Attributes:
        folders: the folders of the images.
        kind: relation of sources and targets, one of ``methods.base.EXAMPLES``.
        sources, targets: the images; the same list twice for reductions and holes, lists of equal length for pairs.
        hold_out: every n-th file of each folder is held out from training; 0: none.
        scale: factor by which targets are larger than sources.
        styles: names of the styles of targets if there are several.
        holes: the holes of sources, for methods that learn to fill them.
        words: the words of the captions of targets that are learned.
    """

    folders: Folders
    kind: str
    sources: list[TrainingImage]
    targets: list[TrainingImage]
    hold_out: int = 0
    scale: int = 1
    styles: tuple[str, ...] = ()
    holes: Holes | None = None
    words: tuple[str, ...] = ()

    @classmethod
    def find(
        cls,
        folders: Folders,
        kind: str,
        sides: tuple[int, int],
        short_side: int,
        *,
        hold_out: int = 0,
        scale: int = 1,
        styles: Sequence[str] = (),
        holes: Holes | None = None,
        words: Sequence[str] = (),
    ) -> Self:
        """Find the images of a dataset.

        Args:
            folders: the folders to search.
            kind: one of ``methods.base.EXAMPLES``.
            sides: minimum side of sources and of targets, in pixels; pairs need the larger of the two.
            short_side: short side to which images are reduced, in pixels.
            hold_out: see the class.
            scale: likewise.
            styles: likewise.
            holes: likewise.
            words: likewise.

        Raises:
            DatasetError: a folder is missing or has no usable image, or images or instance maps do not correspond.
        """
        sources, targets = _found(folders, kind, sides, short_side, bool(styles))
        if folders.instances is not None:
            sources = find_instance_maps(sources, folders.source, folders.instances)
        return cls(folders, kind, sources, targets, hold_out, scale, tuple(styles), holes, tuple(words))

    @classmethod
    def for_training(cls, folders: Folders, settings: TrainSettings) -> Self:
        """Find the images that a method learns from.

        Raises:
            SettingError: the method needs other images, or images are reduced to less than a crop.
            ModelError: there is no such generator.
            DatasetError: as ``find``.
        """
        check_pairing(folders.paired, folders.direction, folders.derive)
        method, side = settings.method_type, settings.target_side
        _check_method(folders, method.name, method.examples)
        if folders.instances is not None and not method.instances:
            raise SettingError(f"{method.name} takes no instance maps: leave out --instances, or choose another method")
        if folders.captions and not method.captions:
            raise SettingError(f"{method.name} learns from no captions: leave out --captions, or choose another method")
        if method.captions and not folders.captions:
            raise SettingError(f"{method.name} learns from captions of the targets: give them, --captions")
        return cls.find(
            folders,
            method.examples,
            (side, side),
            settings.short_side,
            hold_out=settings.hold_out,
            scale=settings.scale,
            styles=settings.generator.get("styles", ()),
            holes=settings.method.holes,
            words=settings.generator.get("words", ()),
        )

    @cached_property
    def _parts(self) -> tuple[Domains, Domains]:
        parts = [hold_out(images, self.hold_out) for images in (self.sources, self.targets)]
        return (parts[0][0], parts[1][0]), (parts[0][1], parts[1][1])

    @property
    def trained(self) -> Domains:
        """Return the images used for training.

        Raises:
            DatasetError: there are none for a domain or style.
        """
        return self._parts[0]

    @property
    def held_out(self) -> Domains:
        """Return the held-out images. Raises the errors of ``trained``."""
        return self._parts[1]

    @property
    def shown(self) -> Domains:
        """Return the images for metrics: held-out ones, or training images for styles without any."""
        sources, targets = (
            held + [image for image in kept if image.style not in _styles(held)]
            for kept, held in zip(self.trained, self.held_out, strict=True)
        )
        return sources, targets

    @property
    def lacks_held_out(self) -> bool:
        """Return whether a domain or style, except one painting, has no held-out image although ``hold_out`` is set."""
        parts = list(zip(self.trained, self.held_out, strict=True))[: 1 if self.folders.is_painting else 2]
        return bool(self.hold_out) and any(_styles(kept) - _styles(held) for kept, held in parts)

    @cached_property
    def digests(self) -> tuple[str, str]:
        """Return for each domain a SHA-256 hash of names, reduced sizes and numbers of images, which determine crops.

        Instance maps have the same names and sizes; their file extensions count.
        """
        return _digest(self.sources, self.folders.source), _digest(self.targets, self.folders.target)

    def check_same(self, digests: tuple[str, str]) -> None:
        """Check that the images are those of a dataset with these ``digests``.

        Raises:
            ResumeError: they are others.
        """
        places = self.folders.source, self.folders.target
        for place, found, expected in zip(places, self.digests, digests, strict=True):
            if found != expected:
                raise ResumeError(
                    f"the images in '{place}' are not those the run was started with: put them back, or give their "
                    f"place: {ANEW}"
                )

    @property
    def bytes(self) -> int:
        """Return the size of all reduced training images in bytes."""
        cached = self.trained[1:] if self.kind in ALONE else self.trained
        return sum(image.channels * image.height * image.width for images in cached for image in images)

    def examples(self, images: Domains, side: int, budget: int, seed: int, labels: bool) -> Examples:
        """Return crops of images of the dataset; see ``training.examples.examples_of``."""
        return examples_of(
            self.kind, images, side, self.scale, budget, seed, len(self.styles), labels, self.holes, self.words
        )


def _check_method(folders: Folders, method: str, kind: str) -> None:
    """Check that folders contain the images that a method learns from."""
    alone, related = folders.source == folders.target, bool(folders.paired or folders.derive)
    if kind == PAIRED and not related:
        raise SettingError(f"{method} learns from pairs: give their pairing, by-name or side-by-side, or a derivation")
    if kind != PAIRED and related:
        raise SettingError(f"{method} does not learn from pairs: choose a method that does, or leave it away")
    if kind in ALONE and not alone:
        made = "in whose images it draws holes" if kind == HOLED else "whose images it reduces itself"
        raise SettingError(f"{method} learns from one folder, {made}: give just that")
    if folders.derive and not alone:
        raise SettingError("sources are derived of targets, which are in one folder: give just that")
    if folders.paired == SIDE_BY_SIDE and not alone:
        raise SettingError("images side by side are in one folder: give just that")
    if alone and kind not in ALONE and not folders.derive and folders.paired != SIDE_BY_SIDE:
        raise SettingError(
            f"{method} learns from two folders, and '{folders.source}' is both: give sources, then targets"
        )


def _found(folders: Folders, kind: str, sides: tuple[int, int], short_side: int, styles: bool) -> Domains:
    source, target, both = folders.source, folders.target, max(sides)
    if kind in ALONE:
        images = find_images(source, both, short_side)
        return images, images
    if kind == PAIRED and folders.derive:
        return derive_pairs(source, both, short_side, folders.derive)
    if folders.paired == SIDE_BY_SIDE:
        return find_halves(source, both, short_side, folders.direction)
    if folders.paired:
        return find_pairs(source, target, both, short_side)
    sources = [replace(image, derived=folders.derive) for image in find_images(source, sides[0], short_side)]
    if styles:
        return sources, find_styles(target, sides[1], short_side)
    if folders.is_painting:
        return sources, find_painting(target, sides[1], short_side)
    targets = find_images(target, sides[1], short_side)
    if folders.captions:
        return sources, captioned(targets, target, folders.captions)
    if len(targets) == 1:
        message = f"there is only one image in '{target}': give the file itself, {targets[0].path}, to learn from it"
        warnings.warn(message, TileganWarning, stacklevel=2)
    return sources, targets


def _digest(images: list[TrainingImage], folder: Path) -> str:
    lines = [
        f"{image.number} {image.path.relative_to(folder).as_posix()} {image.height} {image.width}" for image in images
    ]
    lines += [image.instances.name for image in images if image.instances]
    lines += [caption for image in images for caption in image.captions]
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def _styles(images: list[TrainingImage]) -> set[int]:
    return {image.style for image in images}
