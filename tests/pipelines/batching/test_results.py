"""The file of results of a batch."""

import json

from tilegan.pipelines.batching.results import DONE, FAILED, SKIPPED, BatchImage, Results


def test_lines_are_appended_and_the_last_one_that_made_an_output_counts(tmp_path):
    path = tmp_path / "results.jsonl"
    results = Results(path)
    assert results.made("a.png") is None
    first = BatchImage("/in/a.jpg", "a.png", DONE, 0.5, 3, 2, "ab", notes=("told",), bytes=7, asked="x")
    results.append(first)
    results.append(BatchImage("/in/b.jpg", "b.png", FAILED, error="broken"))
    results.append(BatchImage("/in/a.jpg", "a.png", FAILED, error="broken since"))
    assert len(path.read_text().splitlines()) == 3
    again = Results(path)
    assert (again.made("a.png"), again.made("b.png")) == (first, None)
    second = BatchImage("/in/a.jpg", "a.png", DONE, sha256="cd")
    again.append(second)
    assert Results(path).made("a.png") == second


def test_what_was_skipped_is_written_down_once(tmp_path):
    results = Results(tmp_path / "results.jsonl")
    for _ in range(3):
        results.append(BatchImage("/in/a.jpg", "a.png", SKIPPED))
    assert [json.loads(line)["status"] for line in results.path.read_text().splitlines()] == [SKIPPED]


def test_a_torn_last_line_goes_with_the_next_one(tmp_path):
    path = tmp_path / "results.jsonl"
    image = BatchImage("/in/ä.jpg", "ä.png", DONE)
    Results(path).append(image)
    whole = path.read_bytes()
    for length in range(len(whole)):
        path.write_bytes(whole + whole[:length])
        results = Results(path)
        assert path.read_bytes() == whole + whole[:length]  # not before there is something to write
        assert results.made("ä.png") == image
        results.append(BatchImage("/in/b.jpg", "b.png", FAILED))
        assert [json.loads(line)["output"] for line in path.read_bytes().splitlines()] == ["ä.png", "b.png"]


def test_lines_of_others_are_left_alone(tmp_path):
    path = tmp_path / "results.jsonl"
    image = BatchImage("/in/a.jpg", "a.png", DONE)
    path.write_bytes(b'mine\n[1]\n{"path": "x"}\n\x00\x00\n')
    results = Results(path)
    results.append(image)
    assert Results(path).made("a.png") == image
    assert path.read_bytes().startswith(b"mine\n[1]\n")
    newer = json.loads(path.read_bytes().splitlines()[-1]) | {"of a later version": 1}
    path.write_text(json.dumps(newer) + "\n")
    assert Results(path).made("a.png") == image
