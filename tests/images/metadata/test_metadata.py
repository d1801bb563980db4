"""EXIF, XMP and IPTC from every format that holds them to every format that does, as other readers see it."""

import json
import shutil
import struct
import subprocess
import zlib
from pathlib import Path

import numpy as np
import pytest
import tifffile
from PIL import ExifTags, Image, TiffImagePlugin
from rio_cogeo import cog_validate

from exported import export
from tilegan.images.encoding import ExportOptions
from tilegan.images.metadata.blocks import Metadata
from tilegan.images.metadata.embedded import read_metadata
from tilegan.images.metadata.origin import Origin
from tilegan.images.opening import open_source
from tilegan.images.stores.store import Store

HEIGHT, WIDTH = 60, 90
KINDS = ("jpg", "png", "webp", "tif", "avif", "jp2")
WITH_IPTC = ("jpg", "png", "tif", "jp2")
WRITTEN = ("jpg", "png", "webp", "tif")
XMP = (
    b'<?xpacket begin="" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/">'
    b'<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about="" '
    b'xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:tiff="http://ns.adobe.com/tiff/1.0/" '
    b'xmlns:exif="http://ns.adobe.com/exif/1.0/" xmlns:xmp="http://ns.adobe.com/xap/1.0/" '
    b'xmlns:xmpGImg="http://ns.adobe.com/xap/1.0/g/img/" xmlns:crs="http://ns.adobe.com/camera-raw-settings/1.0/" '
    b'tiff:Orientation="6" exif:PixelXDimension="4000" crs:Exposure2012="+1.0">'
    b"<dc:subject><rdf:Bag><rdf:li>H\xc3\xbctte</rdf:li></rdf:Bag></dc:subject>"
    b"<exif:PixelYDimension>3000</exif:PixelYDimension>"
    b"<xmp:Thumbnails><rdf:Alt><rdf:li><xmpGImg:image>SECRET</xmpGImg:image></rdf:li></rdf:Alt></xmp:Thumbnails>"
    b'</rdf:Description></rdf:RDF></x:xmpmeta>  \n  <?xpacket end="w"?>'
)
IPTC = b"\x1c\x01\x5a\x00\x03\x1b%G" + b"\x1c\x02\x19\x00\x06H\xc3\xbctte" + b"\x1c\x02\xca\x00\x03\xff\xd8\xff"
KEPT_IPTC = IPTC[:-8]  # without the preview


def _exif(orientation: int, order: str = ">") -> Image.Exif:
    exif = Image.Exif()
    exif.endian = order
    exif[ExifTags.Base.Orientation] = orientation
    exif[ExifTags.Base.Make] = "Maker"
    exif[ExifTags.Base.Copyright] = "CC BY 4.0"
    exif[ExifTags.IFD.Exif] = {
        ExifTags.Base.ExposureTime: TiffImagePlugin.IFDRational(1, 250),
        ExifTags.Base.DateTimeOriginal: "2021:05:06 07:08:09",
        ExifTags.Base.MakerNote: b"SECRET" * 10,
        ExifTags.Base.ExifImageWidth: 4000,
        ExifTags.Base.ExifImageHeight: 3000,
        ExifTags.Base.UserComment: b"UNICODE\0" + "Hütte".encode("utf-16-be" if order == ">" else "utf-16-le"),
    }
    exif[ExifTags.IFD.GPSInfo] = {ExifTags.GPS.GPSLatitudeRef: "N", ExifTags.GPS.GPSLatitude: (48.0, 8.0, 6.0)}
    return exif


def exif_of(orientation: int = 6) -> bytes:
    """EXIF of a shot, big-endian, with maker's note, GPS and a thumbnail."""
    exif = _exif(orientation)
    exif[ExifTags.Base.ImageWidth] = 4000
    content = exif.tobytes()
    # the first directory is followed by one with a thumbnail of three bytes
    start = 6 + int.from_bytes(content[10:14], "big")
    following = start + 2 + 12 * int.from_bytes(content[start : start + 2], "big")
    thumbnail = struct.pack(">HHHIIHHIII", 2, 513, 4, 1, 8, 514, 4, 1, 3, 0)
    return content[:following] + struct.pack(">I", len(content) - 6) + content[following + 4 :] + thumbnail


def make_photograph(path: Path, orientation: int = 6) -> Path:
    """A photograph of ``HEIGHT`` x ``WIDTH`` pixels as stored, of the kind that its name ends in."""
    rows, columns = np.mgrid[:HEIGHT, :WIDTH]
    image = Image.fromarray(np.dstack([rows * 4, columns * 2, rows + columns]).astype(np.uint8))
    kind, exif = path.suffix[1:], exif_of(orientation)
    if kind == "jpg":
        resources = b"8BIM\x04\x25\0\0" + struct.pack(">I", 16) + bytes(16)  # a digest, before the records
        resources += b"8BIM\x04\x04\0\0" + struct.pack(">I", len(IPTC)) + IPTC + b"\0" * (len(IPTC) % 2)
        segment = b"Photoshop 3.0\0" + resources
        extra = b"\xff\xed" + struct.pack(">H", 2 + len(segment)) + segment
        image.save(path, quality=95, exif=exif, xmp=XMP, extra=extra, dpi=(300, 300))
    elif kind == "png":
        image.save(path, dpi=(300, 300))
        text = b"\niptc\n%8d\n%s\n" % (len(IPTC), IPTC.hex().encode())
        chunks = _chunk(b"eXIf", exif[6:]) + _chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + XMP)
        chunks += _chunk(b"zTXt", b"Raw profile type iptc\0\0" + zlib.compress(text))
        content = path.read_bytes()
        path.write_bytes(content[:-12] + chunks + content[-12:])  # where ExifTool puts what it adds
    elif kind == "tif":
        tags = Image.Exif()
        tags.load(_exif(orientation, "<").tobytes())  # which Pillow writes TIFF in
        tags[700], tags[33723] = XMP, IPTC
        image.save(path, exif=tags, dpi=(300, 300))
    elif kind == "jp2":
        image.save(path, quality_layers=[1], irreversible=False)
        boxes = ((b"JpgTiffExif->JP2", exif[6:]), (bytes.fromhex("be7acfcb97a942e89c71999491e3afac"), XMP))
        boxes += ((bytes.fromhex("33c7a4d2b81d4723a0baf1a3e097ad38"), IPTC),)
        added = b"".join(struct.pack(">I4s", 24 + len(block), b"uuid") + name + block for name, block in boxes)
        path.write_bytes(path.read_bytes() + added)
    else:
        image.save(path, quality=95, exif=exif, xmp=XMP)
    return path


def _chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def written(stored, path: Path, source: Path, **options) -> tuple[str, ...]:
    """Write what was read of a photograph; the notes."""
    image = open_source(source)
    pixels = np.zeros((image.height, image.width, 3), np.uint8)
    return export(stored(pixels, image.origin), path, ExportOptions(**options))


def xmp_of(image: Image.Image) -> str:
    told = image.info.get("xmp", image.tag_v2.get(700, b"") if image.format == "TIFF" else b"")
    return told.decode()


def iptc_of(path: Path) -> bytes:
    """IPTC of a file, found by other means than those that are tested."""
    if path.suffix == ".tif":
        with tifffile.TiffFile(path) as file:
            tag = file.pages[0].tags.get(33723)
            return tag.value if tag is not None else b""
    with Image.open(path) as image:
        image.load()
        if path.suffix == ".png":
            return bytes.fromhex("".join(image.info.get("Raw profile type iptc", "").split()[2:]))
        return image.info.get("photoshop", {}).get(0x0404, b"")


@pytest.mark.parametrize("ending", WRITTEN)
@pytest.mark.parametrize("kind", KINDS)
def test_what_a_photograph_tells_comes_back(tmp_path, stored, kind, ending):
    source = make_photograph(tmp_path / f"in.{kind}")
    result = tmp_path / f"out.{ending}"
    notes = written(stored, result, source)
    with Image.open(result) as image:
        image.load()
        exif = image.getexif()
        photo, place = exif.get_ifd(ExifTags.IFD.Exif), exif.get_ifd(ExifTags.IFD.GPSInfo)
        xmp = xmp_of(image)
    assert exif[ExifTags.Base.Make] == "Maker" and exif[ExifTags.Base.Copyright] == "CC BY 4.0"
    assert exif[ExifTags.Base.Software].startswith("tilegan ")
    assert exif.get(ExifTags.Base.Orientation, 1) == 1
    assert photo[ExifTags.Base.DateTimeOriginal] == "2021:05:06 07:08:09"
    assert photo[ExifTags.Base.ExposureTime] == TiffImagePlugin.IFDRational(1, 250)
    comment = bytes(photo[ExifTags.Base.UserComment])
    assert comment[8:].decode("utf-16-le") == "Hütte"
    assert (photo[ExifTags.Base.ExifImageWidth], photo[ExifTags.Base.ExifImageHeight]) == (HEIGHT, WIDTH)  # upright
    assert place[ExifTags.GPS.GPSLatitude] == (48.0, 8.0, 6.0)
    assert ExifTags.Base.MakerNote not in photo and not exif.get_ifd(ExifTags.IFD.IFD1)
    assert ">Hütte<" in xmp and 'tiff:Orientation="1"' in xmp and "crs:Exp" not in xmp
    assert f'exif:PixelXDimension="{HEIGHT}"' in xmp and f"<exif:PixelYDimension>{WIDTH}<" in xmp
    assert b"SECRET" not in result.read_bytes()
    if ending == "webp":
        assert any("IPTC is left out" in note for note in notes) == (kind in WITH_IPTC)
    else:
        assert iptc_of(result).rstrip(b"\0") == (KEPT_IPTC if kind in WITH_IPTC else b"")
        assert not any("left out" in note for note in notes)


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_left_out_is_told(tmp_path, kind):
    metadata = open_source(make_photograph(tmp_path / f"in.{kind}")).origin.metadata
    assert {"the maker's note", "a part of the XMP"} <= set(metadata.lost)
    assert len(metadata.remarks) == 1 and "the maker's note" in metadata.remarks[0]


@pytest.mark.parametrize("ending", [*WRITTEN, "dzi"])
def test_strip_leaves_nothing(tmp_path, stored, ending):
    source = make_photograph(tmp_path / "in.jpg")
    folder = tmp_path / "out"
    folder.mkdir()
    assert written(stored, folder / f"out.{ending}", source, strip=True) == ()
    for file in folder.rglob("*"):
        content = file.read_bytes() if file.is_file() else b""
        for secret in (b"Maker", b"2021:05", b"CC BY", b"tte", b"xmpmeta", b"8BIM", b"tilegan"):
            assert secret not in content, file


def test_a_deep_zoom_image_has_no_room(tmp_path, stored):
    notes = written(stored, tmp_path / "out.dzi", make_photograph(tmp_path / "in.jpg"))
    assert notes == ("EXIF, XMP and IPTC are left out: dzi has no room for them",)


def test_a_store_holds_it_until_it_is_exported(tmp_path, stored):
    origin = open_source(make_photograph(tmp_path / "in.jpg")).origin
    assert len(origin.metadata.kinds) == 3
    store = stored(np.zeros((WIDTH, HEIGHT, 3), np.uint8), origin)
    assert Store.open(store.path).origin.metadata == Metadata(
        origin.metadata.exif, origin.metadata.xmp, origin.metadata.iptc, origin.metadata.lost
    )
    assert open_source(store.path).origin.metadata.kinds == ("EXIF", "XMP", "IPTC")


def test_a_tiff_with_metadata_is_still_cloud_optimized(tmp_path, stored):
    origin = open_source(make_photograph(tmp_path / "in.jpg")).origin
    pixels = np.random.default_rng(0).integers(0, 256, (1100, 1300, 3), np.uint8)
    export(stored(pixels, origin), tmp_path / "out.tif")
    is_valid, errors, warnings = cog_validate(tmp_path / "out.tif")
    assert is_valid and not errors and not warnings
    with tifffile.TiffFile(tmp_path / "out.tif") as file:
        assert np.array_equal(file.pages[0].asarray(), pixels)
        assert len(file.series[0].levels) == 3 and np.any(file.series[0].levels[2].asarray())


def test_what_a_store_tells_is_not_trusted(tmp_path, stored):
    told = Origin().to_json()
    told["metadata"] = {"exif": "TU0AKgAAAAg=", "xmp": "<a", "iptc": "AAAA", "lost": []}
    assert Origin.from_json(told).metadata == Metadata()
    told["profile"] = "AAAA"
    store = stored(np.zeros((8, 8, 3), np.uint8), Origin.from_json(told | {"color_managed": True}))
    assert "written in sRGB" in export(store, tmp_path / "a.png", ExportOptions(profile="keep"))[0]


def test_xmp_that_a_jpeg_cannot_hold_is_told(tmp_path, stored):
    padded = XMP.decode().replace("Hütte", "Hütte" * 12_000)
    origin = Origin(metadata=Metadata.cleaned(xmp_data=padded.encode()))
    store = stored(np.zeros((8, 8, 3), np.uint8), origin)
    assert export(store, tmp_path / "out.jpg") == ("XMP is left out: jpg holds 64 KiB",)
    assert export(store, tmp_path / "out.png") == ()


@pytest.mark.parametrize("kind", KINDS)
def test_damaged_metadata_are_no_reason_to_refuse(tmp_path, kind):
    path = make_photograph(tmp_path / f"in.{kind}")
    content = path.read_bytes()
    draw = np.random.default_rng(5)
    for _ in range(40):
        broken = bytearray(content[: draw.integers(20, len(content))])
        for place in draw.integers(12, len(broken), 30):
            broken[place] = draw.integers(256)
        path.write_bytes(bytes(broken))
        assert isinstance(read_metadata(path), Metadata)
        assert isinstance(Metadata.cleaned(bytes(broken), bytes(broken), bytes(broken)), Metadata)


def test_xmp_that_is_no_xml_is_left_out_and_told():
    entity = b'<!DOCTYPE x [<!ENTITY a "b">]><rdf:RDF xmlns:rdf="r">&a;</rdf:RDF>'
    for xmp in (XMP[:-60], entity, b"\xff\xfe<"):
        assert Metadata.cleaned(xmp_data=xmp) == Metadata(lost=("the XMP, which is broken",))


@pytest.mark.skipif(shutil.which("exiftool") is None, reason="exiftool is not installed")
@pytest.mark.parametrize("ending", WRITTEN)
def test_exiftool_reads_it_all(tmp_path, stored, ending):
    source, result = make_photograph(tmp_path / "in.jpg"), tmp_path / f"out.{ending}"
    written(stored, result, source)
    told = [_by_exiftool(file) for file in (source, result)]
    changed = {"EXIF:Software", "EXIF:Orientation", "EXIF:ImageWidth", "EXIF:ExifImageWidth", "EXIF:ExifImageHeight"}
    changed |= {"XMP:Orientation", "XMP:ExifImageWidth", "XMP:ExifImageHeight", "ExifTool:Warning"}
    lost = {name for name in told[0] if "Thumbnail" in name or "MakerNote" in name or name == "XMP:Exposure2012"}
    lost |= {name for name in told[0] if name.startswith("IPTC:") and (ending == "webp" or "Preview" in name)}
    for name in told[0].keys() - changed - lost:
        assert told[1][name] == told[0][name], name
    assert told[1]["EXIF:ExifImageWidth"] == told[1]["XMP:ExifImageWidth"] == HEIGHT
    assert not lost & told[1].keys()
    assert not told[1].get("ExifTool:Warning")


def _by_exiftool(path: Path) -> dict[str, object]:
    command = ["exiftool", "-json", "-G", "-n", "-EXIF:all", "-XMP:all", "-IPTC:all", "-ExifTool:Warning", str(path)]
    (told,) = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
    return {name: value for name, value in told.items() if ":" in name}
