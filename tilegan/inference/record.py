"""The record of a run in its journal: values that resuming compares, and that each process needs."""

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Self

from tilegan.errors import ResumeError
from tilegan.inference.controls.register import controls
from tilegan.inference.journal import Record, check_record, read_record, write_record
from tilegan.inference.memory import Limits
from tilegan.inference.plan import Plan

MOVED_BACK = "moved_back"  # in the settings of runs whose large strokes are moved back (see ``inference.ground``)


@dataclass(frozen=True)
class RunRecord:
    """The settings with which a run was started.

    Attributes:
        plan: the plan of the run.
        limits: limits of each process.
        source: values by name that identify the image, and its read options; JSON types, as for the model. Copies for
            large strokes have neither source nor model: they are compared with the image.
        model: likewise for the model.
        instances: path, URL or GDAL name of the instance map; None if there is none.
        maps: identity of each map, by its control (see ``inference.controls``).
        map_files: paths, URLs or GDAL names of the maps.
        is_outdated: whether it is that of a version that paints large strokes differently, so that unfinished work
            cannot be resumed.
    """

    plan: Plan
    limits: Limits
    source: dict[str, Any] = field(default_factory=dict)
    model: dict[str, Any] = field(default_factory=dict)
    instances: str | None = None
    maps: dict[str, dict[str, Any]] = field(default_factory=dict)
    map_files: dict[str, str] = field(default_factory=dict)
    is_outdated: bool = False

    def compared(self) -> Record:
        """Return the values that must be unchanged when a run is resumed, as JSON types."""
        plan: dict[str, Any] = json.loads(json.dumps(asdict(self.plan)))
        # runs without maps or large strokes are compared as in earlier versions; a map that is left out is a difference
        maps = {f"map of {control.name}": self.maps.get(control.name, {"name": None}) for control in controls()}
        plan = {name: value for name, value in plan.items() if value or name not in ("layers", "feather")}
        if self.plan.look.stroke > 1:
            plan[MOVED_BACK] = True
        return {**maps, "source": self.source, "model": self.model, "settings": plan}

    def check(self, begun: "RunRecord") -> None:
        """Check that a run may be resumed with these settings.

        Raises:
            ResumeError: it was started with others, or by a version that gives other pixels.
        """
        if begun.is_outdated and begun.plan.look == self.plan.look:
            raise ResumeError(
                "cannot resume: it was begun by a version that paints large strokes differently: --overwrite without "
                "--resume"
            )
        check_record(begun.compared(), self.compared())

    def write(self, journal: Path) -> None:
        """Write the record to a journal's folder; this marks the run as started.

        Raises:
            OSError: the record cannot be written.
        """
        beside = {"limits": asdict(self.limits), "files": {"instances": self.instances, "maps": self.map_files}}
        write_record(journal, self.compared() | beside)

    @classmethod
    def read(cls, journal: Path) -> Self | None:
        """Read the record of a journal's folder; None if no run was started.

        Raises:
            ResumeError: it is from another version.
            OSError: it cannot be read, or object storage does not answer.
        """
        values = read_record(journal)
        if values is None:
            return None
        try:
            return cls.from_json(values)
        except (KeyError, TypeError) as error:
            raise ResumeError(f"{journal.parent} is of another version: --overwrite starts again") from error

    @classmethod
    def from_json(cls, values: Record) -> Self:
        """Create a record from what ``write`` writes. Raises ``KeyError`` or ``TypeError`` for other values."""
        known = {control.name: values.get(f"map of {control.name}", {}) for control in controls()}
        plan = Plan.from_json({name: value for name, value in values["settings"].items() if name != MOVED_BACK})
        return cls(
            plan=plan,
            limits=Limits(**values["limits"]),
            source=values.get("source", {}),
            model=values.get("model", {}),
            instances=values.get("files", {}).get("instances"),
            maps={name: identity for name, identity in known.items() if identity.get("name") is not None},
            map_files=values.get("files", {}).get("maps", {}),
            is_outdated=plan.look.stroke > 1 and MOVED_BACK not in values["settings"],
        )
