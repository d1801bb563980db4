"""Which files are taken for images."""

import pytest

from tilegan.images.recognized import is_recognized

JPEG, PNG, TIFF = b"\xff\xd8\xff\xe0", b"\x89PNG\r\n\x1a\n", b"II*\0\x08\0\0\0"


@pytest.mark.parametrize(
    ("name", "content", "taken"),
    [
        ("a.jpg", b"", True),
        ("a.JPEG", JPEG, True),
        ("a.heic", b"", True),
        ("a.ndpi", b"", True),
        ("a", JPEG, True),
        ("a.xyz", PNG, True),
        ("a.dat", TIFF, True),
        ("a.dat", b"RIFF\0\0\0\0WEBPVP8 ", True),
        ("a.dat", b"RIFF\0\0\0\0WAVEfmt ", False),
        ("a.txt", b"of the journey", False),
        ("a.mp4", b"\0\0\0\x18ftypmp42", False),
        ("a.nef", TIFF, False),
        ("a.DNG", TIFF, False),
        ("a.tif.ovr", TIFF, False),
        ("a.tif.MSK", TIFF, False),
        ("a.png.aux.xml", b"<PAMDataset>", False),
        ("a.jpg.crdownload", JPEG, False),
        ("a.jpg.part", JPEG, False),
        ("empty", b"", False),
    ],
)
def test_names_and_first_bytes(tmp_path, name, content, taken):
    (tmp_path / name).write_bytes(content)
    assert is_recognized(tmp_path / name) is taken
