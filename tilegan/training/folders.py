"""Where the images of a dataset lie."""

from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Self

from tilegan.errors import ResumeError, SettingError

ANEW = "--resume RUN SOURCE TARGET"  # how the command is told of new places


@dataclass(frozen=True)
class Folders:
    """Where images lie, and how those of sources and of targets correspond: all that a run records of its images.

    Attributes:
        source, target: folders; the same one where files hold both, or where sources are made of targets.
        paired, direction: see ``training.pairs``; '' if they do not correspond by their names or places.
        derive: how sources are made of targets, see ``training.derive``; '' if they are not.
        instances: folder of the maps of instances of sources; None if there are none.
    """

    source: Path
    target: Path
    paired: str = ""
    direction: str = "a-to-b"
    derive: str = ""
    instances: Path | None = None

    @classmethod
    def of(cls, source: str | Path, target: str | Path | None, instances: str | Path | None, **how: str) -> Self:
        """Absolute folders of a training: without a target, sources and targets are in one folder."""
        first, second = Path(source).resolve(), Path(source if target is None else target).resolve()
        return cls(first, second, instances=Path(instances).resolve() if instances else None, **how)

    def moved(self, source: str | Path | None, target: str | Path | None, instances: str | Path | None) -> Self:
        """The same images at new places, where they are given; of one folder of both, that is the source.

        Raises:
            SettingError: there are no maps of instances.
        """
        if target is None and self.source == self.target:
            target = source
        if instances is not None and self.instances is None:
            raise SettingError("the run was started without maps of instances: leave out --instances")
        return replace(
            self,
            source=self.source if source is None else Path(source).resolve(),
            target=self.target if target is None else Path(target).resolve(),
            instances=self.instances if instances is None else Path(instances).resolve(),
        )

    def to_json(self) -> dict[str, str]:
        """As JSON types; with slashes on every system."""
        return asdict(self) | {
            "source": self.source.as_posix(),
            "target": self.target.as_posix(),
            "instances": "" if self.instances is None else self.instances.as_posix(),
        }

    @classmethod
    def from_json(cls, values: dict[str, str]) -> Self:
        """The inverse of ``to_json``."""
        how = {name: values[name] for name in ("paired", "direction", "derive")}
        instances = Path(values["instances"]) if values["instances"] else None
        return cls(Path(values["source"]), Path(values["target"]), instances=instances, **how)

    def check_there(self) -> None:
        """Make sure that all of them are still there.

        Raises:
            ResumeError: one is not.
        """
        for folder in filter(None, (self.source, self.target, self.instances)):
            if not folder.is_dir():
                raise ResumeError(f"no folder '{folder}', which the run learns from: give its new place: {ANEW}")
