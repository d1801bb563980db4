"""Prepare a finished store for writing: colors in the kept profile, and metadata that fit into the format."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from tilegan.geometry import Pixels, Window
from tilegan.images.encoding import ExportOptions
from tilegan.images.formats.register import writer_of
from tilegan.images.metadata.blocks import Metadata
from tilegan.images.metadata.origin import Origin
from tilegan.images.pixels.icc import MatrixProfile
from tilegan.images.stores.store import Store


class WrittenStore(Store):
    """A store as it is written, read-only."""

    def __init__(self, store: Store, origin: Origin) -> None:
        """Wrap a finished store and the metadata to write (see ``origin_written``)."""
        super().__init__(store.path, store._arrays, store.shard, origin, store.made, store.name)
        self.channels, self.chunk = store.channels, store.chunk
        self._store = store
        self._profile = MatrixProfile.parse(origin.profile) if origin.profile is not None else None

    def read(self, level: int, window: Window) -> Pixels:
        """Read a window of a level: (h, w, ``channels``) of dtype ``dtype``; see ``Store.read``."""
        pixels = self._store.read(level, window)
        if self._profile is None or self.origin is None:
            return pixels
        colors = self._profile.from_srgb(pixels[..., :3], let_out=self.origin.draws_in)
        return np.concatenate([colors, pixels[..., 3:]], axis=-1)


def origin_written(store: Store, kind: str, options: ExportOptions) -> tuple[Origin, tuple[str, ...]]:
    """Return the source metadata to write to a file of a kind, and what it cannot hold, one line each.

    Args:
        store: finished store.
        kind: kind of the file (see ``kind_of``).
        options: whether the profile is kept, and personal metadata (people, places, devices).

    Returns:
        The store's source metadata, adjusted to the file, with a profile only if colors are converted to it.
    """
    origin = store.origin or Origin()
    if options.strip:
        origin = origin.stripped()
    writer = writer_of(kind)
    if writer.is_folder:
        return origin, ()
    notes: tuple[str, ...] = ()
    if options.profile != "keep" or not writer.holds_profile:
        if options.profile == "keep" and origin.color_managed:
            notes += (f"{kind} has no room for a color profile: its colors are sRGB",)
        origin = replace(origin, profile=None)
    elif origin.color_managed and not _can_be_kept(origin.profile):
        origin = replace(origin, profile=None)
        notes += ("written in sRGB: its profile is sRGB, or colors cannot be converted back to it",)
    is_srgb = origin.profile is None if origin.color_managed else None
    metadata = origin.metadata.for_result(
        *store.shape(0), origin.dpi, is_srgb=is_srgb, needs_dpi=not writer.holds_dpi(origin.dpi)
    )
    metadata, left_out = _that_fits(metadata, kind, writer.room)
    return replace(origin, metadata=metadata), notes + left_out


def _can_be_kept(profile: bytes | None) -> bool:
    matrix = MatrixProfile.parse(profile) if profile is not None else None
    return matrix is not None and matrix.is_invertible


def remarks_on_store(origin: Origin, kind: str, options: ExportOptions) -> tuple[str, ...]:
    """Return notes for the user on a .zarr with this source metadata, one line each; none for other kinds."""
    if not writer_of(kind).is_folder or options.profile != "keep" or not origin.color_managed:
        return ()
    return ("a .zarr is in sRGB and only holds the profile: tilegan convert --profile keep converts colors back to it",)


def _that_fits(metadata: Metadata, kind: str, room: Mapping[str, int]) -> tuple[Metadata, tuple[str, ...]]:
    none = [name for name, _ in metadata.sizes if room.get(name) == 0]
    large = [name for name, size in metadata.sizes if 0 < room.get(name, size) < size]
    notes = []
    if none:
        notes.append(f"{_listed(none)} left out: {kind} has no room for {'it' if len(none) == 1 else 'them'}")
    if large:
        notes.append(f"{_listed(large)} left out: {kind} holds {max(room.values()) / 1024:.0f} KiB")
    for name in none + large:
        metadata = metadata.without(name)
    return metadata, tuple(notes)


def _listed(names: list[str]) -> str:
    listed = " and ".join(filter(None, (", ".join(names[:-1]), names[-1])))
    return f"{listed} {'is' if len(names) == 1 else 'are'}"
