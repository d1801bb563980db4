"""The folders of a dataset."""

from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Self

from tilegan.errors import ResumeError, SettingError
from tilegan.options import options_of
from tilegan.training.options import NAMES, Pairing

ANEW = "--resume RUN SOURCE TARGET"  # command-line syntax for new paths


@dataclass(frozen=True)
class Folders(Pairing):
    """The folders of images, and how sources and targets correspond: what a run records about its images.

    Attributes:
        source, target: folders; the same if files contain both, or if sources are derived from targets. ``target`` may
            be the file of one painting.
        instances: folder of the instance maps of sources; None if there are none.
        captions: path of the table of captions of targets, or 'names' (see ``training.captions``); '' for none.
        And those of ``Pairing``.
    """

    source: Path
    target: Path
    instances: Path | None = None
    captions: str = ""

    @classmethod
    def of(
        cls,
        source: str | Path,
        target: str | Path | None,
        instances: str | Path | None,
        captions: str | Path | None = None,
        **how: str,
    ) -> Self:
        """Create absolute folders: without a target, sources and targets are in one folder."""
        first, second = Path(source).resolve(), Path(source if target is None else target).resolve()
        table = captions if captions == NAMES else Path(captions).resolve().as_posix() if captions else ""
        return cls(first, second, Path(instances).resolve() if instances else None, str(table), **how)

    @property
    def name(self) -> str:
        """Return the name of the style: that of the folder of targets, or of the file of a painting."""
        return self.target.stem if self.is_painting else self.target.name

    @property
    def is_painting(self) -> bool:
        """Return whether the target is the file of one painting."""
        return self.target.is_file()

    def moved(self, source: str | Path | None, target: str | Path | None, instances: str | Path | None) -> Self:
        """Return the folders with new paths where given; if both are one folder, ``source`` is its new path.

        Raises:
            SettingError: ``instances`` is given, but there are no instance maps.
        """
        if target is None and self.source == self.target:
            target = source
        if instances is not None and self.instances is None:
            raise SettingError("the run was started without instance maps: leave out --instances")
        return replace(
            self,
            source=self.source if source is None else Path(source).resolve(),
            target=self.target if target is None else Path(target).resolve(),
            instances=self.instances if instances is None else Path(instances).resolve(),
        )

    def to_json(self) -> dict[str, str]:
        """Return JSON types; paths have slashes on every system."""
        return asdict(self) | {
            "source": self.source.as_posix(),
            "target": self.target.as_posix(),
            "instances": "" if self.instances is None else self.instances.as_posix(),
        }

    @classmethod
    def from_json(cls, values: dict[str, str]) -> Self:
        """Create folders from the output of ``to_json``."""
        how = {entry.name: values[entry.name] for entry in options_of(Pairing)}
        instances = Path(values["instances"]) if values["instances"] else None
        return cls(Path(values["source"]), Path(values["target"]), instances, values["captions"], **how)

    def check_there(self) -> None:
        """Check that all folders, and the file of a painting, still exist.

        Raises:
            ResumeError: one does not.
        """
        table = Path(self.captions) if self.captions not in ("", NAMES) else None
        for folder in filter(None, (self.source, self.target, self.instances, table)):
            if not folder.exists():
                raise ResumeError(
                    f"no folder or file '{folder}', which the run learns from: give its new place: {ANEW}"
                )
