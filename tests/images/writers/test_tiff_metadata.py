"""EXIF, XMP and IPTC put into a Cloud-Optimized GeoTIFF, classic or big."""

import numpy as np
import pytest
import rasterio
import rasterio.shutil
import tifffile
from PIL import ExifTags, Image
from rio_cogeo import cog_validate

from tilegan.images.metadata.blocks import Metadata
from tilegan.images.writers.tiff_metadata import put_in, room_for


def _metadata() -> Metadata:
    exif = Image.Exif()
    exif[ExifTags.Base.Make] = "Maker"
    exif[ExifTags.IFD.Exif] = {ExifTags.Base.DateTimeOriginal: "2021:05:06 07:08:09"}
    exif[ExifTags.IFD.GPSInfo] = {ExifTags.GPS.GPSLatitudeRef: "N", ExifTags.GPS.GPSLatitude: (48.0, 8.0, 6.0)}
    xmp = b'<rdf:RDF xmlns:rdf="r"/>'
    return Metadata.cleaned(exif.tobytes(), xmp, b"\x1c\x02\x19\x00\x03dog")


METADATA = _metadata()


@pytest.mark.parametrize("big", ["NO", "YES"])
def test_a_tiff_is_laid_out_once_more_without_moving_pixels(tmp_path, big):
    vrt, path = tmp_path / "a.vrt", tmp_path / "a.tif"
    pixels = np.random.default_rng(0).integers(0, 256, (3, 700, 600), np.uint8)
    said = {"crs": "EPSG:32632", "transform": rasterio.Affine(10, 0, 5e5, 0, -10, 5e6), "nodata": 0}
    with rasterio.open(tmp_path / "b.tif", "w", "GTiff", height=700, width=600, count=3, dtype="uint8", **said) as file:
        file.write(pixels)
        file.update_tags(Project="a")
    rasterio.shutil.copy(tmp_path / "b.tif", vrt, driver="VRT")
    room = f'<Metadata domain="xml:XMP" format="xml"><room>{"-" * room_for(METADATA)}</room></Metadata></VRTDataset>'
    vrt.write_text(vrt.read_text().replace("</VRTDataset>", room))
    rasterio.shutil.copy(vrt, path, driver="COG", BIGTIFF=big, COMPRESS="DEFLATE")
    before = path.read_bytes()
    assert put_in(path, METADATA)
    assert len(path.read_bytes()) == len(before)
    with rasterio.open(path) as file:
        assert np.array_equal(file.read(), pixels)
        assert (file.crs, file.nodata, file.tags()["Project"]) == ("EPSG:32632", 0, "a")
        assert file.transform == said["transform"]
    with tifffile.TiffFile(path) as file:
        assert file.is_bigtiff == (big == "YES")
        assert file.pages[0].tags[34665].value["DateTimeOriginal"] == "2021:05:06 07:08:09"
        assert file.pages[0].tags[34853].value["GPSLatitudeRef"] == "N"
        assert file.pages[0].tags[271].value == "Maker"
    assert not cog_validate(path)[1]


def test_a_file_without_room_stays_as_it_is(tmp_path):
    tifffile.imwrite(tmp_path / "a.tif", np.zeros((20, 20, 3), np.uint8))
    before = (tmp_path / "a.tif").read_bytes()
    assert not put_in(tmp_path / "a.tif", METADATA)
    assert (tmp_path / "a.tif").read_bytes() == before
