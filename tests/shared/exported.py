"""Exports of stores, as the flows make them."""

from pathlib import Path

from tilegan.images.encoding import ExportOptions
from tilegan.images.formats.checks import check_export
from tilegan.images.metadata.origin import Origin
from tilegan.images.output import beside
from tilegan.images.publish import publish
from tilegan.images.stores.store import Store
from tilegan.progress import Progress, silent


def export(
    store: Store, path: Path, options: ExportOptions | None = None, progress: Progress = silent
) -> tuple[str, ...]:
    """Write level 0 of a store to a file, also in place of another one; what differs from its source."""
    opacity = (store.origin or Origin()).opacity
    check_export(path, *store.shape(0), store.dtype, store.channels, opacity, options or ExportOptions())
    with beside(path) as folder:
        return publish(store, path, folder, options, overwrite=True, progress=progress)
