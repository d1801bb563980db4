"""The order in which the shards of a store are computed: level 0 from the top, higher levels as soon as possible."""

from collections.abc import Iterator

from tilegan.images.stores.store import Store

Shard = tuple[int, int, int]  # level, row, column


def schedule(store: Store, levels: int) -> Iterator[Shard]:
    """Yield every shard of the first ``levels`` levels, each after the shards that it ``needs``.

    Level 0 comes row by row from the top, since some files decode only from there. A row of a higher level follows the
    two rows below it at once: their pixels may still be in memory, and no device idles while a pyramid is built last.
    """
    for row in range(store.grid(0)[0]):
        yield from _row(store, 0, row, levels)


def _row(store: Store, level: int, row: int, levels: int) -> Iterator[Shard]:
    rows, columns = store.grid(level)
    for column in range(columns):
        yield level, row, column
    if level + 1 < levels and (row % 2 or row == rows - 1):
        yield from _row(store, level + 1, row // 2, levels)


def needs(store: Store, shard: Shard) -> list[Shard]:
    """Return the shards of the level below from which a shard is computed: up to four; none for level 0."""
    level, row, column = shard
    if level == 0:
        return []
    rows, columns = store.grid(level - 1)
    below_rows = range(2 * row, min(2 * row + 2, rows))
    below_columns = range(2 * column, min(2 * column + 2, columns))
    return [(level - 1, below_row, below_column) for below_row in below_rows for below_column in below_columns]
