"""Provenance of a stylized image."""

from typing import Any

from tilegan.images.metadata.provenance import Provenance, by_content, digest
from tilegan.inference.record import RunRecord
from tilegan.names import BLEND, TORCH


def made_by(record: RunRecord, source: str) -> Provenance:
    """Return the provenance of a run's result: what its record compares, without the division of the work.

    Copies of small files count as the same image, whatever their names and times.

    Args:
        record: record of the run.
        source: path, URL or GDAL's name of the image.

    Raises:
        ImageError: a file cannot be read.
    """
    # The source of opacity follows from the image and the format.
    known = {name: value for name, value in record.source.items() if name not in ("opacity", "stripped")}
    known = by_content(known, source)
    if record.instances is not None:
        known = by_content(known, record.instances, "instances ")
    plan = record.plan
    by_map: dict[str, Any] = {"feather": plan.feather} if record.maps else {}
    for name, identity in record.maps.items():
        by_map[f"map of {name}"] = digest(by_content(identity, record.map_files[name]))
    look, reading = plan.look, plan.reading
    return Provenance(
        image=digest([known, list(plan.region)]),
        model=digest(record.model),
        settings={
            **by_map,
            "seams": plan.seams,
            "strength": float(look.strength),
            "keep colors": look.keep_colors,
            "stroke": look.stroke,
            "precision": plan.precision,
            **({"backend": plan.backend} if plan.backend != TORCH else {}),
            "bands": list(reading.bands) if reading.bands else None,
            "stretch": reading.stretch,
            "depth": reading.depth,
            "plane": dict(reading.plane),
            "allow truncated": reading.allow_truncated,
            **({"window": plan.window} if plan.seams == BLEND else {}),  # elsewhere no pixel depends on it
        },
    )
