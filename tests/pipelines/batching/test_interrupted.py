"""What ends in the middle: nothing of it is lost, and nothing half made is taken for a result."""

import errno
import threading
import time

import pytest

from tilegan.errors import OutputError
from tilegan.images.stores.store import Store
from tilegan.pipelines import batch, stylize
from tilegan.pipelines.batching import maker as maker_module

from .conftest import draw, leftovers, lines


def test_an_error_of_our_own_fails_one_image_too(out, run, monkeypatch):
    real = maker_module.carry_out

    def carry_out(job, *rest):
        if job.summary.width == 50:
            raise ValueError("of two\nlines")
        return real(job, *rest)

    monkeypatch.setattr(maker_module, "carry_out", carry_out)
    statuses, _ = run()
    assert [name for name, status in statuses.items() if status == "failed"] == ["a.png"]
    assert [line["error"] for line in lines(out) if line["error"]] == ["ValueError: of two lines"]


def test_a_full_disk_ends_the_batch(run, failing_disk, monkeypatch, out):
    with monkeypatch.context() as patch, pytest.raises(OutputError, match="no room left"):
        failing_disk(patch, 3, OSError(errno.ENOSPC, "No space left on device"))
        run()
    assert [line["status"] for line in lines(out) if line["output"].endswith("large.webp")] in ([], ["failed"])
    statuses, _ = run()
    assert set(statuses.values()) <= {"done", "skipped"}
    assert leftovers(out) == []


def test_an_interruption_lets_what_is_begun_end_and_the_next_run_goes_on(folder, model, out, run, tmp_path):
    for number in range(20):
        draw(folder / "many" / f"{number:02}.png", 40, 40)
    told = []

    def interrupt(image):
        told.append(image.output)
        if len(told) == 8:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        batch(folder, out, model, window=32, shard=64, device="cpu", precision="float32", progress=interrupt)
    made = {line["output"] for line in lines(out)}
    assert 8 <= len(made) < 26
    files = {path.relative_to(out).as_posix() for path in out.rglob("*.*") if path.is_file()}
    assert {name for name in files if ".partial/" not in name} == made | {"results.jsonl"}
    assert set(leftovers(out)) <= {"large.tif.partial", "large.webp.partial"}  # which can be resumed
    statuses, _ = run()
    assert {name for name, status in statuses.items() if status == "skipped"} == made
    assert len(statuses) == 26
    stylize(folder / "many" / "19.png", tmp_path / "x.png", model, device="cpu", precision="float32")
    assert (out / "many" / "19.png").read_bytes() == (tmp_path / "x.png").read_bytes()


def test_unfinished_work_goes_on_and_that_of_an_earlier_version_does_not(folder, model, out, run, unfinished, tmp_path):
    large = draw(folder / "large.png", 200, 200)
    out.mkdir()
    settings = {"device": "cpu", "precision": "float32"}
    unfinished(large, model, out / "large.png", **settings)
    markers = list((out / "large.png.partial" / "journal" / "0").iterdir())
    assert markers
    with pytest.MonkeyPatch.context() as patch:
        written = []
        real = Store.write_shard
        patch.setattr(Store, "write_shard", lambda store, level, index, shard: (
            written.append(store.path.parent.name), real(store, level, index, shard)))  # fmt: skip
        assert run()[0]["large.png"] == "done"
        assert written.count("large.png.partial") == 16 - len(markers)
    (out / "large.png").unlink()
    unfinished(large, model, out / "large.png", **settings, strength=0.5)
    assert run()[0]["large.png"] == "failed"  # with another setting
    time.sleep(0.01)
    draw(large, 200, 210)
    assert run()[0]["large.png"] == "done"
    # in the same windows: sums of convolutions depend on them in their last bits
    stylize(large, tmp_path / "alone.png", model, window=32, shard=64, **settings)
    assert (out / "large.png").read_bytes() == (tmp_path / "alone.png").read_bytes()
    assert leftovers(out) == []


def test_two_batches_do_not_write_to_one_folder(folder, out, run):
    def second(_):
        with pytest.raises(OutputError, match="another run is writing"):
            run()
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        batch(folder, out, planned=second)
    assert leftovers(out) == []


def test_a_stopped_batch_ends_a_large_image_at_its_next_window(folder, out, model, random_translator, tmp_path):
    """And not that of another run in the same process."""
    large = draw(folder / "0.png", 400, 400)
    options = {"window": 32, "shard": 64, "device": "cpu", "precision": "float32", "stroke": 4}
    other, told = [], []

    def interrupt(path, phase, done, total):
        told.append((path, phase, done, total))
        if len(told) == 2:
            other.append(threading.Thread(target=stylize, args=(large, tmp_path / "other.png", random_translator)))
            other[0].start()
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        batch(large, out, model, parts=interrupt, **options)
    other[0].join()
    assert (tmp_path / "other.png").exists()
    assert not (out / "0.png").exists()
    assert (out / "0.png.partial").is_dir()
    assert batch(large, out, model, **options).done == 1
    stylize(large, tmp_path / "alone.png", model, **options)
    assert (out / "0.png").read_bytes() == (tmp_path / "alone.png").read_bytes()
    assert leftovers(out) == []
