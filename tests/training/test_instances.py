"""Instance maps of training images: found by name, checked, reduced as their label maps are."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tilegan.errors import DatasetError
from tilegan.training.images import find_images, read_reduced
from tilegan.training.instances import find_instance_maps
from tilegan.training.pairs import find_halves


@pytest.fixture
def folders(tmp_path: Path) -> tuple[Path, Path]:
    """Three label maps and maps of their instances, of which one is in a folder below."""
    for name in ("0", "1", "more/2"):
        random = np.random.default_rng(len(name))
        for folder, image in (
            ("maps", Image.fromarray(random.integers(0, 3, (60, 80), dtype=np.uint8))),
            ("objects", Image.fromarray(random.integers(0, 2**16, (60, 80), dtype=np.uint16))),
        ):
            path = tmp_path / folder / f"{name}.{'png' if folder == 'maps' else 'tif'}"
            path.parent.mkdir(parents=True, exist_ok=True)
            image.save(path)
    return tmp_path / "maps", tmp_path / "objects"


def test_a_label_map_is_reduced_as_its_instances_are(folders: tuple[Path, Path]) -> None:
    images = find_instance_maps(find_images(folders[0], 30, 45), *folders)
    assert [image.instances for image in images] == [folders[1] / name for name in ("0.tif", "1.tif", "more/2.tif")]
    for image in images:
        assert image.instances is not None
        read = read_reduced(image, labels=True)
        rows, columns = ((2 * np.arange(count) + 1) * 4 // 6 for count in (45, 60))
        assert np.array_equal(read[..., 0], np.asarray(Image.open(image.path))[np.ix_(rows, columns)])
        numbers = np.asarray(Image.open(image.instances))[np.ix_(rows, columns)]
        assert np.array_equal(read[..., 3] * 256.0 + read[..., 4], numbers)


def test_halves_have_instances_of_their_own_size(folders: tuple[Path, Path]) -> None:
    for path in folders[0].rglob("*.png"):
        Image.new("L", (160, 60)).save(path)
    sources, _ = find_halves(folders[0], 30, 45, "a-to-b")
    assert read_reduced(find_instance_maps(sources, *folders)[2], labels=True).shape == (45, 60, 5)


def test_missing_and_unfit_maps_are_listed(folders: tuple[Path, Path]) -> None:
    images = find_images(folders[0], 30, 45)
    (folders[1] / "0.tif").rename(folders[1] / "other.tif")  # which is passed over
    (folders[1] / "1.txt").write_text("a note")
    with pytest.raises(DatasetError, match=r"without an instance map of the same name in '.*objects': 0$"):
        find_instance_maps(images, *folders)
    Image.new("L", (40, 30)).save(folders[1] / "0.tif")  # which would be reduced to the same
    with pytest.raises(DatasetError, match="instance maps of different sizes: 0: both need the same"):
        find_instance_maps(images, *folders)
    Image.new("RGB", (80, 60)).save(folders[1] / "0.tif")
    with pytest.raises(DatasetError, match=r"not an instance map: .*0.tif has 3 bands of uint8"):
        find_instance_maps(images, *folders)
    Image.new("L", (80, 60)).save(folders[1] / "0.png")
    with pytest.raises(DatasetError, match=r"0.png and .*0.tif have the same name"):
        find_instance_maps(images, *folders)
    with pytest.raises(DatasetError, match=r"no folder '.*nowhere'"):
        find_instance_maps(images, folders[0], folders[1] / "nowhere")
