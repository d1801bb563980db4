"""The request of a batch, checked before any work."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Self

from tilegan.errors import ImageError, OutputError, ResumeError, SettingError
from tilegan.images.formats.register import kind_of, kind_of_ending
from tilegan.images.readers.vsi import is_elsewhere
from tilegan.inference.controls.maps import with_absolute_maps
from tilegan.pipelines.batching.images import Survey, Task, kinds, survey
from tilegan.pipelines.batching.maker import Maker
from tilegan.pipelines.batching.patterns import Patterns
from tilegan.pipelines.batching.results import Results
from tilegan.pipelines.stylize_settings import StylizeSettings

Sources = str | Path | Sequence[str | Path]


@dataclass(frozen=True)
class BatchRequest:
    """The arguments of a batch.

    Attributes:
        sources: folders of images, and images.
        folder: output folder.
        to: format of outputs, one of ``tilegan.pipelines.batching.images.kinds``.
        patterns: selection of files in the folders.
        settings: settings of all images.
    """

    sources: tuple[Path, ...]
    folder: Path
    to: str
    patterns: Patterns
    settings: StylizeSettings

    @classmethod
    def of(
        cls,
        source: Sources,
        output: str | Path,
        to: str,
        include: Sequence[str],
        exclude: Sequence[str],
        values: Mapping[str, Any],
    ) -> Self:
        """Check everything that needs no images; for the arguments see ``tilegan.pipelines.batch``.

        Raises:
            SettingError: a value is invalid.
            OutputError: the output folder is an existing file.
        """
        settings = StylizeSettings.of(**values)
        settings.processes()
        if to not in kinds():
            raise SettingError(f"no format '{to}' for many images: give {', '.join(kinds())}")
        if settings.labels.instances is not None:
            raise SettingError("an instance map belongs to one image: stylize such images one by one")
        settings = replace(settings, styling=with_absolute_maps(settings.styling))
        sources = (source,) if isinstance(source, str | Path) else tuple(source)
        for name in (*sources, output):
            if is_elsewhere(name):
                raise SettingError(f"a batch reads and writes local files only, not {name}")
        folder = Path(output)
        if kind_of_ending(folder.suffix):
            raise SettingError(
                f"many images need an output folder, and {folder} has the ending of a file: name a folder"
            )
        if folder.exists() and not folder.is_dir():
            raise OutputError(f"{folder} is a file: many images need an output folder: name one")
        return cls(tuple(map(Path, sources)), folder, to, Patterns(include, exclude), settings)

    def look(self) -> Survey:
        """Find the present images. Raises the errors of ``survey``."""
        return survey(self.sources, self.folder, self.to, self.patterns)

    def check_found(self, found: Survey) -> None:
        """Refuse a batch without images.

        Raises:
            ImageError: there are none.
        """
        if found.tasks:
            return
        where = ", ".join(map(str, self.sources))
        others = f", but {sum(found.passed_over.values())} other files" if found.passed_over else ""
        chosen = " selected by --include and --exclude" if self.patterns.choose else ""
        notes = "".join(f"; {note}" for note in found.notes)
        raise ImageError(f"no images{chosen} in {where}{others}: give a folder of images{notes}")

    def check_outputs(self, tasks: Sequence[Task], maker: Maker, results: Results) -> None:
        """Refuse a folder whose outputs were made with another model or other settings, before any is changed.

        Raises:
            ResumeError: they may not be replaced.
        """
        if maker.overwrite:
            return
        others = [
            task
            for task in tasks
            if (last := results.made(task.name)) is not None
            and last.asked != maker.asked(kind_of(task.output))
            and os.path.lexists(task.output)
        ]
        if others and (difference := maker.difference(others[0])):
            raise ResumeError(
                f"{len(others)} of {len(tasks)} outputs in {self.folder} were made {difference}: "
                "--overwrite makes them again, or name another folder"
            )
