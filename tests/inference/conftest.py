"""What the tests of inference share."""

import json
from dataclasses import asdict

import numpy as np
import pytest
from PIL import Image

from tilegan.geometry import Window
from tilegan.images.opening import open_source
from tilegan.inference.folder import WorkFolder
from tilegan.inference.journal import write_record
from tilegan.inference.memory import Limits
from tilegan.inference.plan import make_plan
from tilegan.inference.task import Work

LIMITS = Limits(threads=3, streams=2, reader=2**24, recent=2**20, pyramid=True)


@pytest.fixture
def pixels():
    return np.random.default_rng(0).integers(0, 256, (270, 200, 3), dtype=np.uint8)


@pytest.fixture
def picture(tmp_path, pixels):
    path = tmp_path / "in.png"
    Image.fromarray(pixels).save(path)
    return path


@pytest.fixture
def begun(tmp_path, picture):
    """Begin work on the picture as the pipeline does: the names of its tasks, and a function that opens it."""

    def begin(translator, window=32, shard=64, limits=LIMITS, path=picture):
        source = open_source(path)
        plan = make_plan(translator, Window(0, 0, source.height, source.width), "exact", window, shard)
        folder = WorkFolder.of(tmp_path / "out.zarr")
        folder.path.mkdir()
        folder.begin(source.height, source.width, shard, source.levels, source.origin)
        translator.save(folder.translator)
        record = json.loads(json.dumps({"settings": asdict(plan), "limits": asdict(limits)}))
        write_record(folder.journal, record)
        return (str(path), str(folder.path), "run"), lambda: Work(
            open_source(path), folder, (translator,), plan, limits
        )

    return begin
