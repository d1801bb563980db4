"""The order of shards: each after what it is made from, level 0 from the top, and little kept waiting."""

from hypothesis import given
from hypothesis import strategies as st

from tilegan.geometry import grid_shape
from tilegan.inference.schedule import needs, schedule


class Grids:
    """What a store tells of its levels, without the store."""

    def __init__(self, height, width, shard, levels):
        self.shapes = [(-(-height // 2**level), -(-width // 2**level)) for level in range(levels)]
        self.shard = shard

    def grid(self, level):
        return grid_shape(*self.shapes[level], self.shard)


def test_by_hand():
    store = Grids(5, 3, 2, 3)  # shards: 3 x 2, then 2 x 1, then 1 x 1
    assert list(schedule(store, 3)) == [
        *[(0, 0, 0), (0, 0, 1), (0, 1, 0), (0, 1, 1)],
        (1, 0, 0),
        *[(0, 2, 0), (0, 2, 1)],
        *[(1, 1, 0), (2, 0, 0)],
    ]
    assert needs(store, (1, 1, 0)) == [(0, 2, 0), (0, 2, 1)]
    assert needs(store, (2, 0, 0)) == [(1, 0, 0), (1, 1, 0)]
    assert needs(store, (0, 2, 1)) == []
    assert list(schedule(store, 1)) == [(0, row, column) for row in range(3) for column in range(2)]


@given(st.integers(1, 60), st.integers(1, 60), st.integers(1, 9), st.integers(1, 7))
def test_every_shard_once_and_after_all_it_needs(height, width, shard, levels):
    store = Grids(height, width, shard, levels)
    order = list(schedule(store, levels))
    place = {key: number for number, key in enumerate(order)}
    expected = {
        (level, row, column)
        for level in range(levels)
        for row in range(store.grid(level)[0])
        for column in range(store.grid(level)[1])
    }
    assert len(order) == len(place) == len(expected)
    assert set(place) == expected
    for key in order:
        assert all(place[below] < place[key] for below in needs(store, key))
    below_all = [below for key in order for below in needs(store, key)]
    assert sorted(below_all) == sorted(key for key in expected if key[0] < levels - 1)  # each is used exactly once
    first = [key for key in order if key[0] == 0]
    assert first == sorted(first)


@given(st.integers(1, 40), st.integers(1, 40))
def test_what_waits_for_the_pyramid_is_a_row_or_two_a_level(rows, columns):
    store = Grids(rows, columns, 1, 6)
    waiting, most = set(), 0
    for key in schedule(store, 6):
        waiting -= set(needs(store, key))
        waiting.add(key)
        most = max(most, len(waiting))
    assert most <= sum(2 * store.grid(level)[1] for level in range(6)) + store.grid(5)[0]
