"""Files here and on object storage: found, written whole, removed, and what is said when that fails."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tilegan.errors import OutputError, SettingError
from tilegan.files import (
    files_below,
    is_remote,
    is_there,
    local_copy,
    locate,
    os_errors,
    remove_file,
    remove_tree,
    replace_file,
)


def test_a_local_name_is_a_path(tmp_path):
    assert locate("a/b.tif") == Path("a/b.tif")
    assert locate(tmp_path) is tmp_path
    assert not is_remote(locate("s3:/a"))


@pytest.mark.parametrize("url", ["ftp://host/a.tif", "s3://", "s3:///key", "S4://bucket/key"])
def test_other_urls_are_refused(url):
    with pytest.raises(SettingError, match=f"cannot use {url}"):
        locate(url)


@pytest.mark.parametrize(("package", "url"), [("upath", "s3://b/k"), ("s3fs", "s3://b/k"), ("gcsfs", "gs://b/k")])
def test_a_missing_package_is_named_with_its_cure(package, url):
    code = f"import sys; sys.modules['{package}'] = None; from tilegan.files import locate; locate('{url}')"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert f"SettingError: cannot use {url}: install what it needs: pip install 'tilegan[cloud]'" in run.stderr


def test_an_object_is_written_replaced_and_removed(bucket):
    file = locate(f"{bucket}/folder/a.txt")
    assert is_remote(file)
    assert str(file) == f"{bucket}/folder/a.txt"
    assert not is_there(file)
    replace_file(file, b"one")
    replace_file(file, b"two")
    assert file.read_bytes() == b"two"
    assert [child.name for child in file.parent.iterdir()] == ["a.txt"]
    remove_file(file)
    remove_file(file)
    assert not is_there(file)


def test_what_another_process_writes_is_seen(bucket):
    first, second = locate(f"{bucket}/folder"), locate(f"{bucket}/folder")
    replace_file(first / "a", b"1")
    assert [child.name for child in second.iterdir()] == ["a"]
    replace_file(first / "b", b"1")
    assert sorted(child.name for child in second.iterdir()) == ["a", "b"]
    assert is_there(second / "b")


def test_an_object_is_lent_as_a_file(bucket, tmp_path):
    replace_file(locate(f"{bucket}/a.bin"), b"content")
    with local_copy(locate(f"{bucket}/a.bin")) as copy:
        assert (copy.name, copy.read_bytes()) == ("a.bin", b"content")
    assert not copy.exists()
    replace_file(tmp_path / "a.bin", b"content")
    with local_copy(tmp_path / "a.bin") as same:
        assert same == tmp_path / "a.bin"
    assert same.exists()


@pytest.mark.parametrize("remote", [False, True])
def test_a_folder_goes_with_all_that_is_in_it(tmp_path, remote, request):
    parent = locate(request.getfixturevalue("bucket")) / "x" if remote else tmp_path
    for name in ("folder/a/b", "folder/c", "folder2/d"):
        if not remote:
            (parent / name).parent.mkdir(parents=True, exist_ok=True)
        replace_file(parent / name, b"1")
    remove_tree(parent / "folder")
    remove_tree(parent / "folder")
    assert not is_there(parent / "folder")
    assert is_there(parent / "folder2" / "d")


def test_a_missing_bucket_is_one_line_and_is_not_made(bucket):
    missing = locate(f"{bucket}-not/a")
    with pytest.raises(OutputError, match=r"cannot write s3://.*-not/a: The specified bucket does not exist") as caught:
        replace_file(missing, b"1")
    assert "\n" not in str(caught.value)
    assert not is_there(missing)


def test_a_host_that_does_not_answer_is_one_line_and_never_a_missing_file(closed_s3):
    file = locate(f"{closed_s3}/a")
    with pytest.raises(OutputError, match=r"cannot write s3://.*/a: Could not connect") as caught:
        replace_file(file, b"1")
    assert "\n" not in str(caught.value)
    with pytest.raises(OSError, match="Could not connect"):
        is_there(file)


def test_missing_credentials_are_one_line(closed_s3, monkeypatch, tmp_path):
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    for name in ("AWS_SHARED_CREDENTIALS_FILE", "AWS_CONFIG_FILE"):
        monkeypatch.setenv(name, str(tmp_path / "none"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    with pytest.raises(OutputError, match=r"cannot write s3://.*/a: Unable to locate credentials"):
        replace_file(locate(f"{closed_s3}/a"), b"1")


def test_only_the_libraries_errors_are_turned():
    with pytest.raises(ValueError, match="ours"), os_errors():
        raise ValueError("ours")
    with pytest.raises(FileNotFoundError), os_errors():
        raise FileNotFoundError
    theirs = type("Theirs", (Exception,), {"__module__": "botocore.exceptions"})
    with pytest.raises(OSError, match=r"^first$"), os_errors():
        raise theirs("first\nsecond")


def test_threads_may_write_the_same_file(tmp_path):
    path = tmp_path / "file"
    contents = [bytes([number]) * 1000 for number in range(4)]
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda content: [replace_file(path, content) for _ in range(50)], contents))
    assert path.read_bytes() in contents
    assert list(tmp_path.iterdir()) == [path]


def test_links_to_files_and_folders_are_followed_but_not_in_a_circle(tmp_path):
    far, near = tmp_path / "far", tmp_path / "near"
    for folder in (far / "deep", near / "own", near / ".hidden"):
        folder.mkdir(parents=True)
        (folder / "a.png").touch()
    (near / "folder").symlink_to(far)
    (near / "file.png").symlink_to(far / "deep" / "a.png")
    (near / "up").symlink_to(tmp_path)
    (far / "back").symlink_to(near)
    (near / "self").symlink_to("self")
    (near / "nowhere").symlink_to("nothing")
    found = [str(path.relative_to(near)) for path in files_below(near)]
    expected = ["file.png", "folder/deep/a.png", "own/a.png", "up/far/deep/a.png"]
    assert found == expected
    assert near / ".hidden" / "a.png" in files_below(near, hidden=True)


def test_a_folder_that_is_a_link_is_read(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "1.png").touch()
    (tmp_path / "b").symlink_to("a")
    assert files_below(tmp_path / "b") == [tmp_path / "b" / "1.png"]
