"""The place of an image in a file beside it, where its format cannot hold it."""

import numpy as np
import pytest
import rasterio
from PIL import Image
from rasterio.control import GroundControlPoint
from rasterio.crs import CRS

from exported import export
from tilegan.errors import OutputExistsError
from tilegan.images.metadata.origin import Geo, Origin
from tilegan.images.opening import open_source
from tilegan.pipelines import convert

pytestmark = pytest.mark.filterwarnings("ignore::rasterio.errors.NotGeoreferencedWarning")
PIXELS = np.random.default_rng(5).integers(0, 256, (60, 80, 3), dtype=np.uint8)
TRANSFORM = rasterio.Affine(10, 0, 5e5, 0, -10, 5e6)
UTM = CRS.from_epsg(32631)
POLE = CRS.from_string("+proj=ob_tran +o_proj=longlat +o_lon_p=0 +o_lat_p=39.25 +lon_0=18 +R=6371229")


def origin(crs=UTM, **more):
    return Origin(geo=Geo(60, 80, crs=crs, **({"transform": TRANSFORM} | more)))


@pytest.mark.parametrize("ending", ["png", "jpg", "webp"])
@pytest.mark.parametrize("crs", [UTM, POLE])
def test_pictures_keep_their_place(tmp_path, stored, ending, crs):
    (note,) = export(stored(PIXELS, origin(crs)), tmp_path / f"out.{ending}")
    assert note.startswith(f"{ending} cannot hold its georeference: it is in a file beside it that ends in .aux.xml")
    with rasterio.open(tmp_path / f"out.{ending}") as dataset:
        assert (dataset.crs, dataset.transform) == (crs, TRANSFORM)
    again = open_source(tmp_path / f"out.{ending}").origin.geo
    assert (again.crs, again.transform, again.height, again.width) == (crs, TRANSFORM, 60, 80)


def test_a_coordinate_system_that_geotiff_cannot_hold(tmp_path, stored):
    (note,) = export(stored(PIXELS, origin(POLE)), tmp_path / "out.tif")
    assert note.startswith("tif cannot hold its coordinate system")
    with rasterio.open(tmp_path / "out.tif") as dataset:
        assert (dataset.crs, dataset.transform) == (POLE, TRANSFORM)


def test_nothing_lies_beside_what_holds_all(tmp_path, stored):
    assert export(stored(PIXELS, origin()), tmp_path / "out.tif") == ()
    assert export(stored(PIXELS), tmp_path / "out.png") == ()
    assert not list(tmp_path.glob("*.aux.xml"))
    notes = export(stored(PIXELS, origin()), tmp_path / "out.dzi")
    assert notes == ("its georeference is lost: dzi cannot hold it",)


def test_ground_control_points_beside_a_png(tmp_path, stored):
    points = (GroundControlPoint(1, 2, 3.0, 45.0), GroundControlPoint(50, 70, 3.1, 44.0))
    export(stored(PIXELS, origin(CRS.from_epsg(4326), transform=None, gcps=points)), tmp_path / "out.png")
    with rasterio.open(tmp_path / "out.png") as dataset:
        found, crs = dataset.gcps
    assert crs == CRS.from_epsg(4326)
    assert [(point.row, point.col, point.x, point.y) for point in found] == [(1, 2, 3, 45), (50, 70, 3.1, 44)]


def test_a_coordinate_system_that_lies_beside_the_source_alone(tmp_path):
    with rasterio.open(
        tmp_path / "in.tif", "w", "GTiff", height=60, width=80, count=3, dtype="uint8", transform=TRANSFORM
    ) as dataset:
        dataset.write(np.moveaxis(PIXELS, -1, 0))
    (tmp_path / "in.tif.aux.xml").write_text("<PAMDataset><SRS>EPSG:32631</SRS></PAMDataset>")
    geo = open_source(tmp_path / "in.tif").origin.geo
    assert (geo.crs, geo.transform) == (UTM, TRANSFORM)


def test_a_world_file_beside_a_gif(tmp_path):
    Image.fromarray(PIXELS).save(tmp_path / "a.gif")
    assert open_source(tmp_path / "a.gif").origin.geo is None
    (tmp_path / "a.wld").write_text("10\n0\n0\n-10\n500005\n4999995\n")
    assert open_source(tmp_path / "a.gif").origin.geo.transform == TRANSFORM


def left_beside(path):
    """What GIS programs leave beside an image."""
    (path.parent / f"{path.name}.aux.xml").write_text("<PAMDataset><SRS>EPSG:3857</SRS></PAMDataset>")
    names = [f"{path.name}.ovr", f"{path.name}.msk", f"{path.stem}.{path.suffix[1]}{path.suffix[-1]}w"]
    for name in names:
        (path.parent / name).write_bytes(b"stale")


@pytest.mark.parametrize("ending", ["tif", "png", "jpg", "webp"])
@pytest.mark.parametrize("place", [UTM, None])
def test_what_belonged_to_a_replaced_image_goes_with_it(tmp_path, stored, ending, place):
    folder = tmp_path / "results"
    folder.mkdir()
    store = stored(PIXELS, origin(place) if place else None)
    for output in (folder / f"out.{ending}", folder / f"other.{ending}"):
        convert(store.path, output)
        left_beside(output)
    convert(store.path, folder / f"out.{ending}", overwrite=True)
    with rasterio.open(folder / f"out.{ending}") as dataset:
        assert dataset.crs == place
    own = [f"out.{ending}.aux.xml"] if place and ending != "tif" else []
    assert sorted(file.name for file in folder.glob("out*")) == [f"out.{ending}", *own]
    assert len(list(folder.glob("other*"))) == 5


def test_what_may_belong_to_another_image_stays(tmp_path, stored):
    store = stored(PIXELS)
    for name in ("a.tif", "b.tif", "b.png"):
        convert(store.path, tmp_path / name)
    for name in ("a", "b"):
        (tmp_path / f"{name}.wld").write_bytes(b"1")
        convert(store.path, tmp_path / f"{name}.tif", overwrite=True)
    assert not (tmp_path / "a.wld").exists()
    assert (tmp_path / "b.wld").exists()


def test_what_is_left_of_a_removed_image_is_told(tmp_path, stored):
    store, output = stored(PIXELS), tmp_path / "out.tif"
    left_beside(output)
    with pytest.raises(OutputExistsError, match=r"out\.tif\.aux\.xml exists, without its image.*or --overwrite"):
        convert(store.path, output)
    convert(store.path, output, overwrite=True)
    assert [file.name for file in tmp_path.glob("out*")] == ["out.tif"]
