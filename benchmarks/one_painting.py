"""One painting as the style: optimization of pixels (Gatys et al.), and metrics of folders of results.

    python benchmarks/one_painting.py gatys PAINTING PHOTOS -o FOLDER [--short-side 512] [--steps 200] [--names A,B]
    python benchmarks/one_painting.py measure PAINTING PHOTOS FOLDER... [--short-side 512]

`gatys` changes the pixels of each photograph until deep features stay and the Gram matrices of features are those of
the painting (Gatys et al. 2016, 'Image Style Transfer Using Convolutional Neural Networks'), with the features of
EfficientNet-Lite0 that tilegan's losses and metrics use as well, centered and divided by their deviations in the
painting, so that all layers count equally. It starts from the photograph, by Adam.

`measure` prints for each folder of results, named like the photographs but for endings, the metrics by frozen features
of `tilegan evaluate`, and the distance of colors, with the parts of the painting as targets.
"""

import argparse
import time
from collections.abc import Sequence
from dataclasses import astuple
from pathlib import Path

import numpy as np
import torch
from common import report
from PIL import Image

from tilegan.metrics.pyramid import max_levels
from tilegan.metrics.sets import Picture, StyleSet, Targets
from tilegan.metrics.views import CROP
from tilegan.networks.efficientnet import STRIDE, EfficientNetFeatures
from tilegan.pipelines.evaluation.images import Images
from tilegan.pipelines.evaluation.painting import parts_of_painting
from tilegan.pipelines.evaluation.seen import Onlooker, Sight
from tilegan.training.painting import find_painting

RATE = 0.02  # of Adam, in units of [-1, 1]
COLUMNS = ("taken", "log_odds", "painted", "kernel_distance", "near")
ENDINGS = (".png", ".jpg", ".jpeg")


def gatys(given: argparse.Namespace) -> None:
    """Write a result for each photograph."""
    network = EfficientNetFeatures.read()
    style = _grams(network, _signed(_picture(Path(given.painting), given.short_side)))
    folder = Path(given.output)
    folder.mkdir(parents=True, exist_ok=True)
    for path in _photographs(Path(given.photos), given.names):
        started = time.process_time()
        result = _optimized(network, style, _signed(_picture(path, given.short_side)), given)
        Image.fromarray(result).save(folder / f"{path.stem}.png")
        print(f"{path.stem}: {time.process_time() - started:.0f} s of processor time", flush=True)


def _optimized(
    network: EfficientNetFeatures, style: "Grams", photograph: torch.Tensor, given: argparse.Namespace
) -> Picture:
    with torch.no_grad():
        content = network(photograph)[-1]
    image = photograph.clone().requires_grad_()
    optimizer = torch.optim.Adam([image], RATE)
    for _ in range(given.steps):
        optimizer.zero_grad()
        found = network(image)
        loss = given.content_weight * (found[-1] - content).square().mean() / content.var()
        loss = (
            loss
            + torch.stack(
                [(one - other).square().mean() for one, other in zip(style.of(found), style.wanted, strict=True)]
            ).sum()
        )
        loss.backward()
        optimizer.step()
        with torch.no_grad():
            image.clamp_(-1, 1)
    return ((image.detach()[0].permute(1, 2, 0) + 1) * 127.5).round().byte().numpy()


class Grams:
    """Gram matrices of features, centered and divided by their deviations in the painting, with a constant channel."""

    def __init__(self, features: list[torch.Tensor]) -> None:
        self._means = [each.mean((0, 2, 3))[:, None] for each in features]
        self._deviations = [each.std((0, 2, 3))[:, None] + 1e-3 for each in features]
        self.wanted = self.of(features)

    def of(self, features: list[torch.Tensor]) -> list[torch.Tensor]:
        """(1, C, h, w) each -> (C + 1, C + 1); the constant channel carries the means."""
        grams = []
        for each, mean, deviation in zip(features, self._means, self._deviations, strict=True):
            rows = (each[0].flatten(1) - mean) / deviation
            rows = torch.cat((rows, torch.ones_like(rows[:1])))
            grams.append(rows @ rows.T / rows.shape[1])
        return grams


def _grams(network: EfficientNetFeatures, painting: torch.Tensor) -> Grams:
    with torch.no_grad():
        return Grams(network(painting))


def measure(given: argparse.Namespace) -> None:
    """Print the metrics of each folder, and of the photographs."""
    torch.set_grad_enabled(False)
    sizes = find_painting(Path(given.painting), CROP, given.short_side)
    painting = next(image for image in sizes if min(image.height, image.width) <= given.short_side)
    parts = parts_of_painting(painting, CROP)
    folders = [Path(name) for name in given.folders]
    names = [path for path in _photographs(Path(given.photos), "") if all(_named(each, path.stem) for each in folders)]
    sources = [(path.stem, _picture(path, given.short_side)) for path in names]
    images = Images(given.short_side, sources, parts, None, 1, iter(()), iter(()))
    onlooker = Onlooker(EfficientNetFeatures.read(), images)
    levels = max_levels(min(min(picture.shape[:2]) for _, picture in parts))
    halves = [picture for _, picture in parts[::2]], [picture for _, picture in parts[1::2]]
    size = max(len(sources), *map(len, halves))

    def style_of(pictures: Sequence[Picture]) -> StyleSet:
        found = StyleSet(len(pictures), levels, size)
        for picture in pictures:
            found.add(picture)
        return found

    targets = Targets(*map(style_of, halves))
    rows = []
    for folder in [None, *folders]:
        sight, pictures = Sight(), []
        for number, (name, source) in enumerate(sources):
            made = source if folder is None else _picture(_named(folder, name), given.short_side)
            pictures.append(made)
            sight.add(
                onlooker.crops(onlooker.translated[number].number, made), onlooker.whole(source), onlooker.whole(made)
            )
        seen = sight.seen(onlooker.judge)
        style = style_of(pictures)
        rows.append(
            {"results": "photographs" if folder is None else folder.name}
            | dict(zip(COLUMNS, astuple(seen.verdict), strict=True))
            | {"structure": seen.structure, "palette": targets.palette_distance(style)}
            | {"style": " ".join(f"{value:.3f}" for value in targets.style_distances(style))}
        )
    report(rows, False, photographs=len(sources), painting=given.painting, real_style=str(targets.style))


def _photographs(folder: Path, names: str) -> list[Path]:
    wanted = set(filter(None, names.split(",")))
    files = [path for path in sorted(folder.iterdir()) if path.suffix.lower() in ENDINGS]
    return [path for path in files if not wanted or path.stem in wanted]


def _named(folder: Path, stem: str) -> Path | None:
    return next((path for path in sorted(folder.glob(f"{stem}.*")) if path.suffix.lower() in ENDINGS), None)


def _picture(path: Path, short_side: int) -> Picture:
    """Read an image, reduced, with sides that are multiples of 16 pixels."""
    with Image.open(path) as file:
        image = file.convert("RGB")
    factor = min(1.0, short_side / min(image.size))
    width, height = (round(side * factor) // STRIDE * STRIDE for side in image.size)
    size = tuple(round(side * factor) for side in image.size)
    return np.asarray(image.resize(size, Image.Resampling.LANCZOS))[:height, :width]


def _signed(picture: Picture) -> torch.Tensor:
    return torch.from_numpy(picture.copy()).permute(2, 0, 1)[None].float() / 127.5 - 1


def main() -> None:
    """Do what the command line asks for."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = options.add_subparsers(required=True)
    optimize = commands.add_parser("gatys", help="change pixels")
    compare = commands.add_parser("measure", help="print metrics")
    for command in (optimize, compare):
        command.add_argument("painting")
        command.add_argument("photos")
        command.add_argument("--short-side", type=int, default=512)
    optimize.add_argument("-o", "--output", required=True, help="folder of the results")
    optimize.add_argument("--steps", type=int, default=200)
    optimize.add_argument("--content-weight", type=float, default=1.0)
    optimize.add_argument("--names", default="", help="only these photographs, without endings, separated by commas")
    optimize.set_defaults(run=gatys)
    compare.add_argument("folders", nargs="+", metavar="FOLDER")
    compare.set_defaults(run=measure)
    given = options.parse_args()
    given.run(given)


if __name__ == "__main__":
    main()
