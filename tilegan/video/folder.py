"""The work folder of a video: the record of its run, its finished parts, and the settled model."""

from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Self

from tilegan.errors import ResumeError
from tilegan.inference.folder import ENDING, WorkFolder
from tilegan.inference.journal import Record, read_record, write_record
from tilegan.inference.memory import Limits
from tilegan.inference.plan import Plan
from tilegan.inference.record import RunRecord
from tilegan.video.parts import Parts


@dataclass(frozen=True)
class VideoRecord(RunRecord):
    """The settings with which the painting of a video was started; ``plan`` is that of a frame.

    Attributes:
        encoding: values by name that decide how parts are encoded; JSON types.
    """

    encoding: dict[str, Any] = field(default_factory=dict)

    def compared(self) -> Record:
        """Return the values that must be unchanged when a run is resumed, as JSON types."""
        return super().compared() | {"encoding": self.encoding}

    def write(self, journal: Path) -> None:
        """Write the record; this marks the run as started. Raises ``OSError`` if it cannot be written."""
        write_record(journal, self.compared() | {"limits": asdict(self.limits)})

    @classmethod
    def read(cls, journal: Path) -> Self | None:
        """Read the record of a journal's folder; None if no run was started.

        Raises:
            ResumeError: it is from another version.
            OSError: it cannot be read.
        """
        values = read_record(journal)
        if values is None:
            return None
        try:
            plan, limits = Plan.from_json(values["settings"]), Limits(**values["limits"])
            return cls(plan, limits, values["source"], values["model"], encoding=values["encoding"])
        except (KeyError, TypeError) as error:
            raise ResumeError(f"{journal.parent} is of another version: --overwrite starts again") from error


class VideoFolder(WorkFolder):
    """``OUTPUT.partial`` of a video.

    Attributes:
        parts: its parts.
    """

    def __init__(self, path: Path) -> None:
        """Initialize for a path, whether the folder exists or not."""
        super().__init__(path)
        self.parts = Parts(path)

    @classmethod
    def of(cls, output: Path) -> "VideoFolder":
        """Return the work folder of an output."""
        return cls(output.with_name(output.name + ENDING))

    def begun(self) -> VideoRecord | None:
        """Return the record of the unfinished run; None if there is none. Raises as ``VideoRecord.read``."""
        return VideoRecord.read(self.journal)

    def has_finished_shards(self) -> bool:
        """Return whether any part was finished."""
        return self.parts.any()
