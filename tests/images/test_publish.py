"""Exports against independent readers: the same pixels, or nothing at all."""

import hashlib
import io
import os
import signal
import subprocess
import sys
from types import SimpleNamespace

import numpy as np
import pytest
import rasterio
import tifffile
from PIL import Image, ImageCms

from exported import export
from tilegan.errors import ImageError, OutputError
from tilegan.images.encoding import ExportOptions
from tilegan.images.metadata.origin import Origin
from tilegan.images.metadata.profile import srgb_profile
from tilegan.images.writers import rows as rows_module

pytestmark = pytest.mark.filterwarnings("ignore::rasterio.errors.NotGeoreferencedWarning")
ENDINGS = ["tif", "png", "jpg", "webp", "dzi"]


@pytest.mark.parametrize("ending", ["tif", "tiff", "TIF", "png"])
@pytest.mark.parametrize(("height", "width"), [(1, 1), (7, 300), (1300, 1030)])
def test_pixels_are_those_of_the_store(tmp_path, ending, height, width, stored, picture):
    pixels = picture(height, width)
    output = tmp_path / f"out.{ending}"
    export(stored(pixels), output)
    with Image.open(output) as image:
        np.testing.assert_array_equal(np.array(image), pixels)
    if ending != "png":
        np.testing.assert_array_equal(tifffile.imread(output), pixels)
    assert sorted(file.name for file in tmp_path.iterdir()) == ["0.zarr", output.name]


@pytest.mark.parametrize("channels", [3, 4])
@pytest.mark.parametrize("levels", [np.uint8, np.uint16])
def test_a_png_holds_opacity_and_16_bits(tmp_path, channels, levels, stored, picture):
    pixels = picture(70, 90, channels, levels)
    export(stored(pixels), tmp_path / "out.png")
    with rasterio.open(tmp_path / "out.png") as dataset:
        np.testing.assert_array_equal(dataset.read().transpose(1, 2, 0), pixels)
        assert (dataset.dtypes[0], dataset.count) == (np.dtype(levels).name, channels)
    if levels == np.uint8:
        with Image.open(tmp_path / "out.png") as image:
            np.testing.assert_array_equal(np.array(image), pixels)


@pytest.mark.parametrize(("height", "width"), [(1, 1), (7, 300), (64, 9), (65, 8), (1300, 530)])
@pytest.mark.parametrize(("rows", "quality"), [(64, 95), (192, 60)])
def test_a_jpeg_is_the_one_that_pillow_makes_of_the_whole(
    tmp_path, height, width, rows, quality, monkeypatch, stored, picture
):
    monkeypatch.setattr(rows_module, "_BAND", rows)
    pixels = picture(height, width)
    export(stored(pixels, Origin(color_managed=True)), tmp_path / "out.jpg", ExportOptions(quality=quality))
    Image.fromarray(pixels).save(tmp_path / "whole.jpg", quality=quality, subsampling=0)
    with Image.open(tmp_path / "out.jpg") as ours, Image.open(tmp_path / "whole.jpg") as theirs:
        assert ours.format == "JPEG"
        np.testing.assert_array_equal(np.array(ours), np.array(theirs))
    with rasterio.open(tmp_path / "out.jpg") as ours, rasterio.open(tmp_path / "whole.jpg") as theirs:
        np.testing.assert_array_equal(ours.read(), theirs.read())


@pytest.mark.parametrize("channels", [3, 4])
def test_a_webp_without_loss_is_the_store(tmp_path, channels, stored, picture):
    pixels = picture(70, 90, channels)
    store = stored(pixels)
    export(store, tmp_path / "out.webp", ExportOptions(lossless=True))
    export(store, tmp_path / "lossy.webp", ExportOptions(quality=90))
    with Image.open(tmp_path / "out.webp") as image:
        np.testing.assert_array_equal(np.array(image), pixels)
    with Image.open(tmp_path / "lossy.webp") as image:
        difference = np.abs(np.array(image).astype(int) - pixels)[:, 40:]
        assert 0 < difference.mean() < 8
    assert (tmp_path / "lossy.webp").stat().st_size < (tmp_path / "out.webp").stat().st_size


@pytest.mark.parametrize("ending", ["png", "jpg", "webp", "tif"])
def test_converted_colors_are_tagged_as_srgb(tmp_path, ending, stored, picture):
    for managed in (True, False):
        export(stored(picture(30, 40), Origin(color_managed=managed)), tmp_path / f"out.{ending}")
        with Image.open(tmp_path / f"out.{ending}") as image:
            profile = image.info.get("icc_profile")
        assert profile == (srgb_profile() if managed else None)


def test_the_profile_is_srgb_and_the_same_at_any_time():
    profile = ImageCms.ImageCmsProfile(io.BytesIO(srgb_profile()))
    assert "sRGB" in ImageCms.getProfileDescription(profile)
    pixels = np.random.default_rng(0).integers(0, 256, (9, 9, 3), dtype=np.uint8)
    image = Image.fromarray(pixels)
    back = ImageCms.profileToProfile(image, profile, ImageCms.createProfile("sRGB"))
    assert np.abs(np.array(back).astype(int) - pixels).max() <= 1
    assert srgb_profile()[24:36] == bytes.fromhex("07d000010001000000000000")  # where lcms puts the time


@pytest.mark.parametrize("ending", ["png", "jpg", "tif"])
def test_the_resolution_is_kept(tmp_path, ending, stored, picture):
    export(stored(picture(30, 40), Origin(dpi=(300.0, 150.0))), tmp_path / f"out.{ending}")
    with Image.open(tmp_path / f"out.{ending}") as image:
        assert image.info["dpi"] == pytest.approx((300, 150), abs=0.02)  # a PNG counts whole pixels a meter


def test_a_resolution_that_a_jpeg_cannot_hold_is_left_out(tmp_path, stored, picture):
    export(stored(picture(30, 40), Origin(dpi=(101_600.0, 300.0))), tmp_path / "out.jpg")
    with Image.open(tmp_path / "out.jpg") as image:
        assert image.info["jfif_unit"] == 0  # none: 1 x 1 is the shape of a pixel
    export(stored(picture(30, 40), Origin(dpi=(65_535.0, 300.0))), tmp_path / "most.jpg")
    with Image.open(tmp_path / "most.jpg") as image:
        assert image.info["dpi"] == (65_535, 300)


def test_bands_of_wide_images_are_lower():
    assert next(rows_module._windows(10_000, 1000, 3)).height == 512
    assert next(rows_module._windows(10_000, 30_000, 3)).height == 320
    assert next(rows_module._windows(10_000, 60_000, 3)).height == 128
    assert sum(window.height for window in rows_module._windows(10_001, 200_000, 3)) == 10_001


def test_progress_counts_output_pixels(tmp_path, stored, picture):
    calls = []
    store = stored(picture(1100, 1030))
    for ending in ENDINGS:
        export(store, tmp_path / f"out.{ending}", progress=lambda *call: calls.append(call))
        done = [call[1] for call in calls]
        assert done == sorted(done)
        assert calls[-1] == ("export", 1_133_000, 1_133_000)
        assert len(calls) == {"tif": 4, "png": 3, "jpg": 3, "webp": 1}.get(ending, len(calls))
        calls.clear()


@pytest.mark.parametrize("ending", ENDINGS)
def test_the_same_store_gives_the_same_bytes(tmp_path, ending, stored, picture):
    store = stored(picture(70, 90), Origin(color_managed=True))
    checksums = []
    for name in ("a", "b"):
        export(store, tmp_path / f"{name}.{ending}")
        checksums.append(hashlib.sha256((tmp_path / f"{name}.{ending}").read_bytes()).hexdigest())
    assert checksums[0] == checksums[1]


@pytest.mark.parametrize("ending", ENDINGS)
def test_a_damaged_store_leaves_nothing(tmp_path, ending, stored, picture):
    store = stored(picture(300, 300))
    store.shard_file(0, (1, 1)).write_bytes(b"torn")
    with pytest.raises(ImageError, match="damaged store"):
        export(store, tmp_path / f"out.{ending}")
    assert [file.name for file in tmp_path.iterdir()] == ["0.zarr"]


def test_too_little_room_is_told_beforehand(tmp_path, monkeypatch, stored, picture):
    store = stored(picture(3000, 100))
    monkeypatch.setattr("shutil.disk_usage", lambda _: SimpleNamespace(free=2_399_999))
    # 900,000 bytes of pixels, a third more with all levels, and all of it twice
    with pytest.raises(OutputError, match=r"cannot write to .*: up to 0\.00 GB are needed and 0\.00 GB"):
        export(store, tmp_path / "out.tif")
    monkeypatch.setattr("shutil.disk_usage", lambda _: SimpleNamespace(free=2_400_000))
    export(store, tmp_path / "out.tif")


def test_a_missing_folder_is_one_line(tmp_path, stored, picture):
    with pytest.raises(OutputError, match=r"cannot write to .*missing: "):
        export(stored(picture(9, 9)), tmp_path / "missing" / "out.tif")


LIMITED = """
import resource, sys
from tilegan.errors import OutputError
from tilegan.pipelines import convert
for limit in map(int, sys.argv[3:]):
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))
    try:
        convert(sys.argv[1], sys.argv[2], overwrite=True)
        print("written")
    except OutputError as error:
        print(f"refused: {error}")
"""


@pytest.mark.parametrize("ending", ENDINGS)
def test_a_disk_that_fills_up_leaves_nothing(tmp_path, ending, stored):
    store = stored(np.random.default_rng(0).integers(0, 256, (600, 600, 3), dtype=np.uint8))
    output = tmp_path / f"out.{ending}"
    export(store, output)
    files = [file for file in tmp_path.rglob("*") if file.is_file() and ".zarr" not in str(file)]
    size = max(file.stat().st_size for file in files)  # of a single one, which is what can be limited
    output.write_bytes(b"the earlier one")
    limits = [str(limit) for limit in (1000, size // 2, size - 300, size - 1)]
    command = [sys.executable, "-c", LIMITED, str(store.path), str(output), *limits]
    run = subprocess.run(command, capture_output=True, text=True, check=True)
    lines = run.stdout.splitlines()
    assert len(lines) == 4, run.stdout
    assert all(line.startswith(f"refused: cannot write to {tmp_path}: ") for line in lines), run.stdout
    assert output.read_bytes() == b"the earlier one"
    left = {"0.zarr", output.name} | ({"out_files"} if ending == "dzi" else set())
    assert {file.name for file in tmp_path.iterdir()} == left


KILLED = """
import os, signal, sys
from tilegan.pipelines import convert
def progress(phase, done, total):
    if done >= total // 2:
        os.kill(os.getpid(), signal.SIGKILL)
convert(sys.argv[1], sys.argv[2], progress=progress)
"""


@pytest.mark.parametrize("ending", ["tif", "dzi"])
def test_a_kill_leaves_nothing_under_the_name(tmp_path, ending, stored, picture):
    store = stored(picture(1100, 1030))
    output = tmp_path / f"out.{ending}"
    run = subprocess.run([sys.executable, "-c", KILLED, str(store.path), str(output)], env=os.environ, check=False)
    assert run.returncode == -signal.SIGKILL
    store_there, left = sorted(tmp_path.iterdir())
    assert store_there == store.path
    assert left.name.startswith(f"{output.name}.") and left.suffix == ".partial"
    export(store, output)
    assert output.stat().st_size
