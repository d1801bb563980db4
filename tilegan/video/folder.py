"""The work folder of a video: the record of its run, its finished parts, and the settled model."""

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Self

from tilegan.inference.folder import ENDING, WorkFolder
from tilegan.inference.journal import Record
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

    @classmethod
    def from_json(cls, values: Record) -> Self:
        """Create a record from what ``write`` writes. Raises ``KeyError`` or ``TypeError`` for other values."""
        return replace(super().from_json(values), encoding=values["encoding"])


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
