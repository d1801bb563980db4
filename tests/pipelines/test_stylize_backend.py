"""Files painted by ONNX Runtime: what is told, and going on with the same backend, here and in workers."""

import pytest

from tilegan.errors import ResumeError
from tilegan.images.finished import provenance_of
from tilegan.names import RUNTIME, TORCH
from tilegan.pipelines import plan_stylize, stylize

pytest.importorskip("onnxruntime")
HOW = {"window": 32, "shard": 64, "stroke": 1}


def test_work_goes_on_with_the_backend_it_was_begun_with(model, picture, tmp_path, unfinished, level0):
    whole = stylize(picture, tmp_path / "whole.zarr", model, backend=RUNTIME, **HOW)
    assert (whole.backend, whole.precision) == (RUNTIME, "float32")
    assert provenance_of(whole.output, "zarr").settings["backend"] == RUNTIME
    output = tmp_path / "out.zarr"
    unfinished(picture, model, output, backend=RUNTIME, stroke=1)
    with pytest.raises(ResumeError, match="backend was 'onnxruntime', now 'torch'"):
        stylize(picture, output, model, resume=True, backend=TORCH, **HOW)
    made = stylize(picture, output, model, resume=True, **HOW)
    assert made.backend == RUNTIME
    assert (level0(output) == level0(whole.output)).all()
    again = stylize(picture, output, model, resume=True, **HOW)
    assert again.seconds == 0
    assert plan_stylize(picture, tmp_path / "other.zarr", model, **HOW).backend == TORCH
