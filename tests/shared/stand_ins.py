"""Small stand-ins for the files that the commands of the documentation name."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio
import torch
from click.testing import CliRunner, Result
from numpy.typing import NDArray
from PIL import Image

from foreign_networks import resnet
from tilegan.cli.main import main
from tilegan.foreign.upscaler_reader import import_spandrel
from tilegan.networks.build import build_generator
from tilegan.pipelines import stylize
from tilegan.translator import Translator
from tiny_networks import NETWORKS

TRAIN = ["--tile-size", "16", "--short-side", "48", "--batch", "2", "--steps", "2", "--device", "cpu"]
"""Options that make a training a matter of a moment."""


def ran(*arguments: str) -> Result:
    return CliRunner().invoke(main, arguments)


def noise(height: int = 128, width: int = 160, bands: int = 3, dtype: type = np.uint8, seed: int = 0) -> NDArray[Any]:
    pixels = np.random.default_rng(seed).integers(0, 256, (height, width, bands))
    return pixels.astype(dtype) * dtype(1 if dtype is np.uint8 else 255)


def drawn(seed: int) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """A label map of 48 x 48 pixels in three colors, and the numbers of its objects."""
    areas = np.random.default_rng(seed).permutation(np.arange(16)).reshape(4, 4).repeat(12, 0).repeat(12, 1)
    colors = np.array([[0, 0, 0], [255, 255, 0], [255, 0, 0]], np.uint8)
    return colors[areas % 3], (areas + 10).astype(np.uint8)


def picture(path: Path) -> None:
    Image.fromarray(noise()).save(path)


def video(path: Path) -> None:
    av = pytest.importorskip("av")
    with av.open(str(path), "w") as target:
        stream = target.add_stream("libx264", rate=25, width=160, height=128)
        for number in range(3):
            target.mux(stream.encode(av.VideoFrame.from_ndarray(noise(seed=number), "rgb24")))
        target.mux(stream.encode(None))


def raster(path: Path, bands: int = 3, dtype: type = np.uint8) -> None:
    pixels = noise(bands=bands, dtype=dtype)
    place = {"crs": "EPSG:32631", "transform": rasterio.transform.from_origin(3e5, 4.8e6, 10, 10)}
    shape = {"height": 128, "width": 160, "count": bands, "dtype": pixels.dtype}
    with rasterio.open(path, "w", driver="GTiff", **shape, **place) as file:
        file.write(pixels.transpose(2, 0, 1))


def store(path: Path) -> None:
    picture(path.with_name("of_store.png"))
    stylize(path.with_name("of_store.png"), path, translator(NETWORKS["cyclegan"][0]), device="cpu")


def folder(path: Path, width: int = 160) -> None:
    """Images of noise, and a folder of them for each of two styles."""
    for place in (path, path / "vangogh", path / "monet"):
        place.mkdir(parents=True)
        for number in range(4):
            Image.fromarray(noise(width=width, seed=number)).save(place / f"{number}.{'png' if number else 'jpg'}")


def styles(path: Path) -> None:
    folder(path)
    for image in path.glob("*.*"):
        image.unlink()


def of_labels(path: Path, part: str) -> None:
    path.mkdir()
    for number in range(4):
        colors, numbers = drawn(number)
        images = {"labels": colors, "objects": numbers, "pictures": colors // 2 + 50}
        images["both"] = np.concatenate((colors, images["pictures"]), 1)
        Image.fromarray(images[part]).save(path / f"{number}.png")


def translator(architecture: dict[str, Any], name: str = "tiny") -> Translator:
    torch.manual_seed(0)
    generator = build_generator(architecture)
    return Translator.of(generator, architecture, tile_size=16, name=name)


def model(path: Path, **architecture: Any) -> None:
    """A model in a run folder, or as a file."""
    file = path if path.suffix else path / "translator.safetensors"
    file.parent.mkdir(parents=True, exist_ok=True)
    translator(NETWORKS["siamese"][0] | architecture).save(file)


def told(path: Path) -> None:
    """A run folder with a model that knows words."""
    path.mkdir(parents=True)
    architecture = NETWORKS["stackgan"][0] | {"words": ["sky", "stormy", "wheat"]}
    translator(architecture).save(path / "translator.safetensors")


def without_noise(path: Path) -> None:
    translator(NETWORKS["cyclegan"][0]).save(path)


def of_label_maps(path: Path) -> None:
    """A model of label maps with objects."""
    of_labels(path.parent / "labels_of_model", "labels")
    of_labels(path.parent / "pictures_of_model", "pictures")
    of_labels(path.parent / "objects_of_model", "objects")
    table = path.parent / "table_of_model.csv"
    table.write_text("255,0,0,house\n255,255,0,road\n0,0,0\n")
    words = ["labels_of_model", "pictures_of_model", "--instances", "objects_of_model", "--labels", table.name]
    train(path, *words, "--method", "pix2pixhd", "--paired", "by-name")


def train(path: Path, *words: str) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(path.parent)
        result = ran("train", *words, "-o", path.name, *TRAIN)
        assert result.exit_code == 0, result.output


def run_folder(path: Path) -> None:
    for name in ("sources_of_run", "targets_of_run"):
        folder(path.parent / name)
    train(path, "sources_of_run", "targets_of_run", "--hold-out", "2")


def network(blocks: int = 1) -> torch.nn.Module:
    """A network of another program."""
    torch.manual_seed(0)
    return resnet(4, blocks).eval()


def onnx(path: Path) -> None:
    axes = {"image": {2: "height", 3: "width"}}
    torch.onnx.export(
        network(), (torch.rand(1, 3, 32, 32),), str(path), input_names=["image"], dynamic_axes=axes, dynamo=False
    )


def exported(path: Path) -> None:
    """A network by torch.export, or as TorchScript."""
    given = (torch.rand(1, 3, 32, 32),)
    if path.suffix == ".pt2":
        torch.export.save(torch.export.export(network(), given), path)
    else:
        torch.jit.save(torch.jit.trace(network(), given), path)


def checkpoint(path: Path) -> None:
    torch.save({f"model.{name}": weight for name, weight in network(blocks=6).state_dict().items()}, path)


def upscaler(path: Path) -> None:
    pytest.importorskip("einops")  # of spandrel, whose own import may need help
    import_spandrel()
    from spandrel.architectures.Compact import Compact

    torch.save({"params": Compact(num_feat=4, num_conv=1, upscale=4).state_dict()}, path)


Maker = Callable[[Path], None]
MAKERS: dict[str, Maker] = {
    **dict.fromkeys(("photo.jpg", "starry_night.jpg", "a.jpg", "b.jpg", "sample.png", "frame.png"), picture),
    **dict.fromkeys(("photo.tif", "print.tif", "huge.tif", "map.tif", "scan.tif", "painted.tif"), raster),
    "slide.svs": raster,
    "clip.mp4": video,
    "scene.tif": lambda path: raster(path, bands=4, dtype=np.uint16),
    "map.png": lambda path: Image.fromarray(drawn(0)[0]).save(path),
    **dict.fromkeys(("eagle.png", "half.png"), lambda path: Image.fromarray(noise()[..., 0]).save(path)),
    "scratches.png": lambda path: Image.fromarray(np.eye(128, 160, dtype=np.uint8) * 255).save(path),
    "strokes.png": lambda path: Image.fromarray(noise()[..., 0] // 128 + 1).save(path),
    "objects.png": lambda path: Image.fromarray(drawn(0)[1]).save(path),
    **dict.fromkeys(("painted.zarr", "scene.zarr", "print.zarr", "slide.zarr", "map.zarr"), store),
    **dict.fromkeys(("photographs", "photo", "other-photographs", "SOURCE_DIR", "more", "big", "stain_a"), folder),
    **dict.fromkeys(("paintings", "other-paintings", "TARGET_DIR", "stain_b"), folder),
    "paintings/monet": folder,
    **dict.fromkeys(("vangogh", "monet", "turner", "watercolor", "ukiyoe", "etching", "drawing", "maps"), folder),
    "DIR": lambda path: folder(path, width=320),
    **dict.fromkeys(("drawings", "pictures"), folder),
    **dict.fromkeys(("label_maps", "labels"), lambda path: of_labels(path, "labels")),
    "objects": lambda path: of_labels(path, "objects"),
    **dict.fromkeys(("both", "labels_map1887"), lambda path: of_labels(path, "both")),
    "captions.csv": lambda path: path.write_text("file,caption\n0.jpg,wheat sky\n1.png,wheat sky\n") and None,
    "table.csv": lambda path: path.write_text("255,0,0\n255,255,0\n0,0,0\n") and None,
    **dict.fromkeys(("runs/mine", "runs/first", "runs/stains", "run"), run_folder),
    "runs/paintings": lambda path: model(path, norm="instance"),
    "runs/both": lambda path: model(path, styles=["vangogh", "monet"]),
    "runs/coded": lambda path: model(path, codes={"continuous": 2, "categorical": 4}),
    "runs/told": told,
    "runs/fill": lambda path: translator(NETWORKS["inpaint"][0]).save(path),
    "runs/enlarge": lambda path: translator(NETWORKS["srgan"][0]).save(path),
    **dict.fromkeys(("runs/maps", "runs/pictures"), of_label_maps),
    **dict.fromkeys(("MODEL", "runs/starry_night"), model),
    "mine.safetensors": lambda path: model(path, norm="instance"),
    "crisp.safetensors": model,
    "quiet.safetensors": model,
    **dict.fromkeys(("network.onnx", "attention.onnx"), onnx),
    **dict.fromkeys(("network.pt2", "network.pt"), exported),
    "attention.safetensors": without_noise,
    "latest_net_G_A.pth": checkpoint,
    "RealESRGAN_x4.pth": upscaler,
}
"""How the stand-ins for the files of the commands are made."""
WITH_OPTION: dict[str, dict[str, Maker]] = {
    "--styles": {"paintings": styles},
    "--backend": {"mine.safetensors": without_noise},
    "--look": {"runs/both": of_label_maps},
    "--look-seed": {"runs/both": of_label_maps},
    "--style": {"mine.safetensors": lambda path: model(path, styles=[str(number) for number in range(8)])},
    "spade": {"pictures": lambda path: of_labels(path, "pictures")},
    "--instances": {"maps": lambda path: of_labels(path, "pictures")},
}
"""Others, where a name stands for something else in commands with an option."""
