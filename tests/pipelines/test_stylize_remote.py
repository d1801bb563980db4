"""Stylize from and to object storage: the bytes that a disk would hold, resumable, and no image before the end."""

import json
from contextlib import nullcontext
from pathlib import Path

import pytest

from tilegan.errors import OutputError, OutputExistsError, ResumeError
from tilegan.files import is_there, locate
from tilegan.images.stores.store import Store
from tilegan.inference import folder, record
from tilegan.pipelines import info, plan_stylize, stylize


@pytest.fixture
def remote(bucket, picture):
    """The URL of the picture in a bucket."""
    url = f"{bucket}/picture.png"
    locate(url).write_bytes(picture.read_bytes())
    return url


@pytest.fixture
def on_disk(picture, random_translator, tmp_path, contents):
    """The bytes of the store that is made on disk."""
    stylize(picture, tmp_path / "alone.zarr", random_translator, window=32, shard=64)
    return without_digest(contents(tmp_path / "alone.zarr"))


def objects(url):
    folder = locate(url)
    found = folder.fs.find(folder.path)
    content = {name.removeprefix(folder.path).lstrip("/"): folder.fs.cat_file(name) for name in found}
    return without_digest(content)


def without_digest(content):
    """The files of a store without the digest of its image: one on object storage is known by name and version."""
    if "zarr.json" in content:
        root = json.loads(content["zarr.json"])
        del root["attributes"]["tilegan"]["made"]["image"]
        content["zarr.json"] = root
    return content


@pytest.mark.parametrize("how", [{}, pytest.param({"workers": 2}, marks=pytest.mark.slow)])
def test_from_and_to_a_bucket(remote, bucket, random_translator, on_disk, how):
    result = stylize(remote, f"{bucket}/out.zarr", random_translator, window=32, shard=64, **how)
    assert str(result.output) == f"{bucket}/out.zarr"
    assert objects(f"{bucket}/out.zarr") == on_disk
    assert not is_there(locate(f"{bucket}/out.zarr.partial"))


@pytest.mark.slow
def test_resumed_work_is_the_same_and_unseen_before_its_end(
    remote, bucket, random_translator, on_disk, unfinished, monkeypatch
):
    output = f"{bucket}/out.zarr"
    unfinished(remote, random_translator, output)
    assert not is_there(locate(output) / "zarr.json")
    with pytest.raises(OutputExistsError, match="unfinished work"):
        stylize(remote, output, random_translator)
    with pytest.raises(ResumeError, match="seams"):
        stylize(remote, output, random_translator, seams="combo", resume=True)
    made = []
    real = Store.write_shard
    monkeypatch.setattr(Store, "write_shard", lambda *a: made.append(a[1:3]) or real(*a))
    stylize(remote, output, random_translator, resume=True)
    assert len(made) == len([name for name in on_disk if "/c/" in name]) - 5
    assert objects(output) == on_disk
    assert plan_stylize(remote, output, random_translator, resume=True).finished
    with pytest.raises(OutputExistsError, match=r"out\.zarr exists"):
        stylize(remote, output, random_translator)
    stylize(remote, output, random_translator, window=32, shard=64, overwrite=True)
    assert objects(output) == on_disk


def test_a_failure_at_the_first_shard_leaves_nothing(remote, bucket, random_translator, failing_disk, monkeypatch):
    failing_disk(monkeypatch, 0)
    with pytest.raises(OutputError):
        stylize(remote, f"{bucket}/out.zarr", random_translator, window=32, shard=64)
    assert list(objects(bucket)) == ["picture.png"]


def test_what_cannot_be_written_there_is_refused(remote, bucket, random_translator, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(OutputError, match=r"write a \.zarr there"):
        stylize(remote, f"{bucket}/out.png", random_translator)
    with pytest.raises(OutputError, match="name an output"):
        stylize(remote, model=random_translator)
    assert stylize(remote, "out.png", random_translator).output == Path("out.png").absolute()


@pytest.mark.slow
@pytest.mark.parametrize("place", ["before", "after"])
def test_a_kill_while_a_bucket_s_store_is_finished(remote, bucket, random_translator, on_disk, monkeypatch, place):
    """Before or after the root is written; what was to be removed then is still there."""
    output = f"{bucket}/out.zarr"
    real = Store.finish

    class Killed(BaseException):
        pass

    def finish(store):
        if place == "after":
            unfinished = (store.path / "unfinished.json").read_bytes()
            real(store)
            (store.path / "unfinished.json").write_bytes(unfinished)
        raise Killed

    with monkeypatch.context() as patch, pytest.raises(Killed):
        patch.setattr(Store, "finish", finish)
        stylize(remote, output, random_translator, window=32, shard=64)
    monkeypatch.setattr(Store, "write_shard", None)  # nothing may be made again
    stylize(remote, output, random_translator, resume=True)
    assert objects(output) == on_disk
    assert list(objects(f"{output}.partial")) == []


def test_info_of_an_image_in_a_bucket(remote):
    found = info(remote)
    assert (str(found.path), found.height, found.width) == (remote, 270, 310)


class Killed(BaseException):
    pass


def killed(*_, **__):
    raise Killed


@pytest.mark.slow
@pytest.mark.parametrize("moment", ["remove_tree", "Store.create", "write_record"])
def test_a_kill_while_an_old_output_is_cleared_away(remote, bucket, random_translator, on_disk, monkeypatch, moment):
    output = f"{bucket}/out.zarr"
    stylize(remote, output, random_translator)
    with monkeypatch.context() as patch, pytest.raises(Killed):
        if moment == "Store.create":
            patch.setattr(Store, "create", killed)
        else:
            patch.setattr(folder if moment == "remove_tree" else record, moment, killed)
        patch.setattr(folder.WorkFolder, "kept_for_resume", lambda _: nullcontext())
        stylize(remote, output, random_translator, window=32, shard=64, overwrite=True)
    assert not plan_stylize(remote, output, random_translator, resume=True).finished
    stylize(remote, output, random_translator, window=32, shard=64, resume=True)
    assert objects(output) == on_disk


def test_a_source_inside_the_output_is_kept_there_too(remote, bucket, random_translator):
    stylize(remote, f"{bucket}/in.zarr", random_translator)
    before = objects(f"{bucket}/in.zarr")
    for source in (f"{bucket}/in.zarr/0", f"{bucket}/in.zarr", f"/vsis3/{bucket.removeprefix('s3://')}/in.zarr/0"):
        with pytest.raises(OutputError, match="one lies in the other"):
            stylize(source, f"{bucket}/in.zarr", random_translator, overwrite=True)
    assert objects(f"{bucket}/in.zarr") == before
