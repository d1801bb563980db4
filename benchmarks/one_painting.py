"""One painting as the style: optimization of pixels (Gatys et al.), and metrics of folders of results.

    python benchmarks/one_painting.py gatys PAINTING PHOTOS -o FOLDER [--vgg FILE] [--short-side 512] [--names A,B] ...
    python benchmarks/one_painting.py measure PAINTING PHOTOS FOLDER... [--short-side 512]

`gatys` changes the pixels of each photograph until deep features stay and the Gram matrices of features are those of
the painting (Gatys et al. 2016, 'Image Style Transfer Using Convolutional Neural Networks'), by L-BFGS: first at half
the size, then, from its enlarged result, at the whole one (Gatys et al. 2017, 'Controlling Perceptual Factors in Neural
Style Transfer', section 6). Features are those of EfficientNet-Lite0 at strides 2 to 16, or of a VGG file at the ends
of its first four blocks; content is the deepest of them. All layers count equally: the squared difference of Gram
matrices is divided by the squared norm of that of the painting. It starts from the photograph, or from noise.

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
from torch import nn

from tilegan.metrics.pyramid import max_levels
from tilegan.metrics.sets import Picture, StyleSet, Targets
from tilegan.metrics.views import CROP
from tilegan.networks.efficientnet import STRIDE, EfficientNetFeatures
from tilegan.networks.frozen import FrozenFeatures, frozen_features
from tilegan.pipelines.evaluation.images import Images
from tilegan.pipelines.evaluation.painting import parts_of_painting
from tilegan.pipelines.evaluation.seen import Onlooker, Sight
from tilegan.training.painting import find_painting

NOISE = 0.3  # deviation of the noise to start from, in units of [-1, 1]
COLUMNS = ("taken", "log_odds", "painted", "kernel_distance", "near")
ENDINGS = (".png", ".jpg", ".jpeg")


def gatys(given: argparse.Namespace) -> None:
    """Write a result for each photograph that has none yet."""
    network = frozen_features(given.vgg)
    sizes = ((given.short_side // 2, given.steps[0]), (given.short_side, given.steps[1]))
    style = {side: _grams(network, _signed(_picture(Path(given.painting), side))) for side, _ in sizes}
    folder = Path(given.output)
    folder.mkdir(parents=True, exist_ok=True)
    for path in _photographs(Path(given.photos), given.names):
        if (result := folder / f"{path.stem}.png").exists():
            continue
        started, image = time.process_time(), None
        for side, steps in sizes:
            photograph = _signed(_picture(path, side))
            if image is None:
                random = torch.randn(photograph.shape, generator=torch.Generator().manual_seed(0)) * NOISE
                image = random if given.noise else photograph
            image = nn.functional.interpolate(image, photograph.shape[2:], mode="bicubic")
            image = _optimized(network, style[side], photograph, image, steps, given.content_weight)
        pixels = ((image[0].permute(1, 2, 0) + 1) * 127.5).round().clamp(0, 255).byte().numpy()
        Image.fromarray(pixels).save(result)
        print(f"{path.stem}: {time.process_time() - started:.0f} s of processor time", flush=True)


def _optimized(
    network: FrozenFeatures,
    style: list[torch.Tensor],
    photograph: torch.Tensor,
    start: torch.Tensor,
    steps: int,
    content_weight: float,
) -> torch.Tensor:
    with torch.no_grad():
        content = _features(network, photograph)[-1]
    image = start.clone().requires_grad_()
    optimizer = torch.optim.LBFGS([image], max_iter=steps, history_size=10, tolerance_grad=0, tolerance_change=0)

    def loss() -> torch.Tensor:
        optimizer.zero_grad()
        found = _features(network, image)
        distances = [
            (_gram(one) - wanted).square().sum() / wanted.square().sum()
            for one, wanted in zip(found, style, strict=True)
        ]
        total = torch.stack(distances).mean()
        total = total + content_weight * (found[-1] - content).square().mean() / content.var()
        total.backward()
        return total

    optimizer.step(loss)
    return image.detach()


def _features(network: FrozenFeatures, images: torch.Tensor) -> list[torch.Tensor]:
    with torch.autocast("cpu", torch.bfloat16):  # takes half of the time with a VGG network, where the CPU has it
        return network(images)


def _grams(network: FrozenFeatures, painting: torch.Tensor) -> list[torch.Tensor]:
    with torch.no_grad():
        return [_gram(each) for each in _features(network, painting)]


def _gram(features: torch.Tensor) -> torch.Tensor:
    """(1, C, h, w) -> (C, C), means over places."""
    rows = features[0].flatten(1)
    return rows @ rows.T / rows.shape[1]


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
    optimize.add_argument("--vgg", default="", metavar="FILE", help="of a VGG network, in safetensors")
    optimize.add_argument("--steps", type=int, nargs=2, default=(100, 50), help="at half the size and at the whole one")
    optimize.add_argument("--content-weight", type=float, default=0.02)
    optimize.add_argument("--noise", action="store_true", help="start from noise, not from the photograph")
    optimize.add_argument("--names", default="", help="only these photographs, without endings, separated by commas")
    optimize.set_defaults(run=gatys)
    compare.add_argument("folders", nargs="+", metavar="FOLDER")
    compare.set_defaults(run=measure)
    given = options.parse_args()
    given.run(given)


if __name__ == "__main__":
    main()
