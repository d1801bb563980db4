"""What a run was begun with, as its journal keeps it: what resuming compares, and what each process has to know."""

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Self

from tilegan.errors import ResumeError
from tilegan.inference.journal import Record, check_record, read_record, write_record
from tilegan.inference.memory import Limits
from tilegan.inference.plan import Plan


@dataclass(frozen=True)
class RunRecord:
    """What a run is begun with.

    Attributes:
        plan: what is done.
        limits: what each process keeps to.
        source: by name what identifies the image, and how its values are read; JSON types, as are those of the model.
            Copies that large strokes begin with have none, nor one of the model: they are compared as the image is.
        model: likewise of the model.
        instances: path, URL or GDAL's name of the map of instances; None if there is none.
    """

    plan: Plan
    limits: Limits
    source: dict[str, Any] = field(default_factory=dict)
    model: dict[str, Any] = field(default_factory=dict)
    instances: str | None = None

    def compared(self) -> Record:
        """What has to be the same when a run goes on, as JSON types."""
        plan: dict[str, Any] = json.loads(json.dumps(asdict(self.plan)))
        return {"source": self.source, "model": self.model, "settings": plan}

    def check(self, begun: "RunRecord") -> None:
        """Make sure that a run may go on with this one.

        Raises:
            ResumeError: it was begun with something else.
        """
        check_record(begun.compared(), self.compared())

    def write(self, journal: Path) -> None:
        """Write it into a journal's folder; the run counts as begun from here on.

        Raises:
            OSError: it cannot be written.
        """
        beside = {"limits": asdict(self.limits), "files": {"instances": self.instances}}
        write_record(journal, self.compared() | beside)

    @classmethod
    def read(cls, journal: Path) -> Self | None:
        """That in a journal's folder; None if no run was begun.

        Raises:
            ResumeError: it is of a version that told other things.
            OSError: it cannot be read, or object storage does not answer.
        """
        values = read_record(journal)
        if values is None:
            return None
        try:
            return cls(
                plan=Plan.from_json(values["settings"]),
                limits=Limits(**values["limits"]),
                source=values.get("source", {}),
                model=values.get("model", {}),
                instances=values.get("files", {}).get("instances"),
            )
        except (KeyError, TypeError) as error:
            raise ResumeError(f"{journal.parent} is of another version: --overwrite begins again") from error
