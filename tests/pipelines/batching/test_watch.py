"""When an image of a watched folder is taken."""

import os

from tilegan.pipelines.batching.images import survey
from tilegan.pipelines.batching.watch import SECONDS, watched


def test_an_image_is_taken_when_it_no_longer_grows(tmp_path):
    folder, now = tmp_path / "in", [0.0]
    folder.mkdir()
    image = folder / "a.jpg"
    tasks = watched(lambda: survey([folder], tmp_path / "out"), lambda: now[0])

    def taken():
        """What is taken at the next look."""
        found = []
        for _ in range(3):  # until None: it is to wait for the next look
            task = next(tasks)
            if task is None:
                break
            found.append(task.name)
        now[0] += SECONDS
        return found

    assert taken() == []
    image.write_bytes(b"1")
    assert taken() == []
    image.write_bytes(b"12")
    assert taken() == []
    assert taken() == ["a.jpg"]
    assert taken() == []
    os.utime(image, ns=(1, 1))
    assert [taken(), taken(), taken()] == [[], ["a.jpg"], []]
    image.unlink()
    (folder / "b.jpg").write_bytes(b"1")
    (folder / "c.jpg").write_bytes(b"1")
    assert [taken(), taken(), taken()] == [[], ["b.jpg", "c.jpg"], []]
    image.write_bytes(b"123")
    assert [taken(), taken()] == [[], ["a.jpg"]]


def test_between_two_looks_there_is_nothing(tmp_path):
    looks = []

    def look():
        looks.append(1)
        return survey([tmp_path], tmp_path / "out")

    now = [0.0]
    tasks = watched(look, lambda: now[0])
    assert [next(tasks) for _ in range(5)] == [None] * 5
    assert len(looks) == 1
    now[0] = SECONDS
    assert next(tasks) is None
    assert len(looks) == 2
