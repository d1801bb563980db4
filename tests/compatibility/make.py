"""Write ``data/``: one of each file that later versions have to read. Run it with the version that is to be kept.

``python tests/compatibility/make.py FOLDER``: the folder is removed first; the run's record names it. What is in
``data/`` was written so by 0.1.0, with /tmp/tilegan-data, and moved here.
"""

import os
import shutil
import sys
import warnings
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from tilegan.errors import OutputError
from tilegan.images.stores.store import Store
from tilegan.networks.build import build_generator
from tilegan.pipelines import stylize, train
from tilegan.training.settings import TrainSettings
from tilegan.translator import Translator

MODIFIED = 1_700_000_000  # seconds: when the picture was written, by which a run knows it again
GENERATOR = {"name": "residual", "channels": 4, "blocks": 1, "stride": 4, "detail": 4}


def images(folder: Path, count: int, seed: int) -> None:
    """Small pictures of blocks, 48 x 48 pixels."""
    folder.mkdir(parents=True)
    random = np.random.default_rng(seed)
    for number in range(count):
        blocks = random.integers(0, 256, (6, 6, 3), dtype=np.uint8)
        Image.fromarray(blocks.repeat(8, 0).repeat(8, 1)).save(folder / f"{number}.png")


def unfinished(picture: Path, output: Path, translator: Translator) -> None:
    """A run of stylize that ends after two shards."""
    write, left = Store.write_shard, [2]

    def failing(store: Store, *arguments: object) -> None:
        left[0] -= 1
        if left[0] < 0:
            raise OSError(28, "No space left on device")
        write(store, *arguments)  # type: ignore[arg-type]

    Store.write_shard = failing  # type: ignore[method-assign]
    try:
        stylize(picture, output, translator, window=16, shard=32)
    except OutputError:
        Store.write_shard = write  # type: ignore[method-assign]


def main(data: Path) -> None:
    """Everything, anew."""
    shutil.rmtree(data, ignore_errors=True)
    images(data / "photos", 3, 1)
    images(data / "paintings", 3, 2)
    picture = data / "picture.png"
    blocks = np.random.default_rng(3).integers(0, 256, (9, 11, 3), dtype=np.uint8)
    Image.fromarray(blocks.repeat(8, 0).repeat(8, 1)).save(picture)
    os.utime(picture, (MODIFIED, MODIFIED))
    torch.manual_seed(7)
    torch.set_num_threads(1)
    generator = build_generator(GENERATOR)
    torch.nn.init.normal_(generator.tail.weight, std=0.3)
    translator = Translator.of(generator, GENERATOR, tile_size=16, name="random", facts={"steps": 12})
    translator.save(data / "model.safetensors")
    stylize(picture, data / "store.zarr", translator.place("cpu", "float32"), window=16, shard=32)
    unfinished(picture, data / "out.zarr", translator.place("cpu", "float32"))
    (data / "out.zarr.partial").rename(data / "unfinished")  # git ignores names with that ending
    settings = TrainSettings(
        tile_size=16,
        short_side=48,
        batch=2,
        steps=4,
        hold_out=3,
        generator=GENERATOR,
        discriminator={"name": "siamese", "channels": [2, 2, 4, 4], "cell_values": 2},
    )
    asked = iter([False, True])
    folders = data / "photos", data / "paintings"
    computed = {"device": "cpu", "precision": "float32"}
    train(*folders, data / "run", settings=settings, **computed, sample_every=2, stop=lambda: next(asked))
    shutil.rmtree(data / "run" / "tensorboard", ignore_errors=True)


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    main(Path(sys.argv[1]))
