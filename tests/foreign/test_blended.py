"""Networks that cannot be exact: told when they are imported, with their seams, and run at any size."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from tilegan import stylize_array
from tilegan.errors import ModelError
from tilegan.foreign.options import ImportOptions
from tilegan.inference.seams import SHIFTED, WHOLE, Seams
from tilegan.pipelines import import_network, info
from tilegan.translator import load

Export = Callable[..., Path]
KNOWN = ImportOptions(range="0-1", output_range="0-1")
PIXELS = np.random.default_rng(0).integers(0, 256, (70, 100, 3)).astype(np.uint8)


@pytest.fixture(autouse=True)
def small_windows(monkeypatch: pytest.MonkeyPatch) -> None:
    """Windows of 64 pixels where the file says no size."""
    monkeypatch.setattr("tilegan.pipelines.networks.SIDE", 64)


def test_attention_is_told_with_its_seams_and_refused_where_it_should_be_exact(exported: Export) -> None:
    path = exported("attentive")
    made = import_network(path, path.with_suffix(".safetensors"), options=KNOWN)
    assert made.info.verdict.words.startswith("only blended: layers./MatMul (MatMul)")
    assert made.seams is not None
    assert (made.seams.compared, made.seams.window, made.seams.overlap) == (WHOLE, 64, 16)
    assert Seams.of(info(made.output).facts["seams"]) == made.seams
    model = load(made.output, "cpu", "float32")
    with pytest.raises(ModelError, match=r"MatMul\) sees more than a neighborhood: stylize with seams 'blend'"):
        stylize_array(PIXELS, model, seams="exact")
    assert stylize_array(PIXELS, model, seams="blend").compute().shape == PIXELS.shape


def test_a_network_for_one_size_is_blended_at_any(exported: Export, tmp_path: Path) -> None:
    path = exported("attentive", dynamic=False)
    made = import_network(path, tmp_path / "fixed.safetensors", options=KNOWN)
    assert made.info.verdict.words == "only blended: it takes windows of 64 x 64 pixels only"
    assert made.seams is not None
    assert (made.seams.compared, made.seams.window) == (SHIFTED, 64)
    model = load(made.output, "cpu", "float32")
    assert (model.fixed_side, model.tile_size, model.stride) == (64, 64, 1)
    for seams in ("blend", "combo"):
        assert stylize_array(PIXELS, model, seams=seams, stroke=1).compute().shape == PIXELS.shape
    with pytest.raises(ModelError, match="64 x 64 pixels only"):
        stylize_array(PIXELS, model)
    again = model.run(PIXELS[None, :64, :64])[0]
    assert (stylize_array(PIXELS[:64, :64], model, seams="blend", stroke=1).compute() == again).all()


def test_norms_of_a_network_that_sees_the_whole_anyway_are_those_of_each_window(exported: Export) -> None:
    path = exported("attentive with norms")
    made = import_network(path, path.with_suffix(".safetensors"), options=KNOWN)
    assert made.info.verdict.words.startswith("only blended: ")
    model = load(made.output, "cpu", "float32")
    assert not model.needs_statistics
    window = model.run(PIXELS[None, :64, :64])[0]
    assert (stylize_array(PIXELS[:64, :64], model, seams="blend", stroke=1).compute() == window).all()
