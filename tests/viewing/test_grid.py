import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tilegan.images.stores.store import Store
from tilegan.viewing.grid import TileGrid, cell, level_shape

GRIDS = st.builds(TileGrid, st.integers(1, 5000), st.integers(1, 5000), st.sampled_from([64, 100, 256, 512]))


@given(GRIDS)
def test_the_first_zoom_is_one_tile_and_the_last_one_full_resolution(grid):
    assert grid.shape(0) == (1, 1)
    assert grid.level(grid.max_zoom) == 0
    if grid.max_zoom:  # one zoom less would not do
        assert max(level_shape(grid.height, grid.width, grid.max_zoom - 1)) > grid.tile


@given(st.builds(TileGrid, st.integers(1, 700), st.integers(1, 700), st.sampled_from([64, 100, 256])), st.data())
def test_tiles_of_a_zoom_show_each_pixel_once(grid, data):
    zoom = data.draw(st.integers(0, grid.max_zoom))
    shown = np.zeros(level_shape(grid.height, grid.width, grid.level(zoom)), int)
    rows, columns = grid.shape(zoom)
    for row in range(rows):
        for column in range(columns):
            window = grid.window(zoom, column, row)
            assert (window.top, window.left) == (row * grid.tile, column * grid.tile)
            shown[window.top : window.bottom, window.left : window.right] += 1
    assert (shown == 1).all()


@given(GRIDS, st.data())
def test_there_are_no_tiles_outside(grid, data):
    zoom = data.draw(st.integers(0, grid.max_zoom))
    rows, columns = grid.shape(zoom)
    assert grid.window(zoom, columns - 1, rows - 1) is not None
    for wrong in [
        (zoom, columns, 0),
        (zoom, 0, rows),
        (grid.max_zoom + 1, 0, 0),
        (-1, 0, 0),
        (zoom, -1, 0),
        (zoom, 0, -1),
    ]:
        assert grid.window(*wrong) is None


@pytest.mark.parametrize(("height", "width"), [(1, 1), (257, 3), (513, 1024), (1000, 1), (2049, 2047)])
def test_levels_have_the_shapes_of_those_of_a_store(tmp_path, height, width):
    store = Store.create(tmp_path / "store", height, width, shard=512)
    for level in range(store.levels):
        assert level_shape(height, width, level) == store.shape(level)
    assert TileGrid(height, width).max_zoom == store.levels - 1


def test_cells_overlap_where_they_have_neighbors():
    assert cell((100, 90), 40, 0, 0, 1) == (0, 0, 41, 41)
    assert cell((100, 90), 40, 1, 1, 1) == (39, 39, 42, 42)
    assert cell((100, 90), 40, 2, 2, 1) == (79, 79, 21, 11)
    assert cell((100, 90), 40, 3, 0, 1) is None
