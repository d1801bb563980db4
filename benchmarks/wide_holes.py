"""Wide holes: filled at once, from coarse to fine, and by diffusion.

    python benchmarks/wide_holes.py runs/fill photo/

Draws one hole in each of the files that training held out, one to four times as wide as those that the model learned to
fill, and prints means of the metrics of ``tilegan evaluate`` in holes: PSNR (dB), SSIM, distance of features, and
detail.
"""

import argparse
from pathlib import Path
from statistics import fmean

import numpy as np

from tilegan.inference.array import stylize_array
from tilegan.methods.base import HOLED
from tilegan.methods.holes import Holes, learned_width
from tilegan.metrics.holes import detail_in_holes, diffused, features_in_holes, psnr_in_holes, ssim_in_holes
from tilegan.metrics.views import View
from tilegan.networks.efficientnet import EfficientNetFeatures
from tilegan.pipelines.evaluation.images import spread, taken
from tilegan.training.dataset import Dataset
from tilegan.training.examples import with_holes
from tilegan.training.folders import Folders
from tilegan.training.images import read_reduced
from tilegan.translator import load

HOLD_OUT = 10  # every so many files are measured
DIGITS = 2, 3, 4, 2


def main() -> None:
    """Fill, measure, and tell."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model")
    parser.add_argument("photos", type=Path)
    parser.add_argument("--images", type=int, default=12)
    given = parser.parse_args()
    translator, network = load(given.model), EfficientNetFeatures.read()
    folders = Folders.of(given.photos, None, None, paired="", direction="", derive="")
    found, _ = taken(Dataset.find(folders, HOLED, (1, 1), translator.trained_side, hold_out=HOLD_OUT))
    files = [found[number] for number in spread(len(found), given.images)]
    figures: dict[str, list[tuple[float, ...]]] = {}
    for number, file in enumerate(files):
        photo = read_reduced(file)
        mask = Holes(learned_width(translator.facts)).draw_wide((0, number), *photo.shape[:2])
        made = {
            "diffusion": diffused(photo, mask),
            "at once": translator.translate(with_holes(photo, mask)),
            "from coarse to fine": np.asarray(stylize_array(photo, translator, mask=mask)),
        }
        known = View.whole(network, photo).features
        for name, filled in made.items():
            measured = psnr_in_holes(filled, photo, mask), ssim_in_holes(filled, photo, mask)
            features = features_in_holes(known, View.whole(network, filled).features, mask)
            figures.setdefault(name, []).append((*measured, features, detail_in_holes(filled, photo, mask)))
    for name, each in figures.items():
        means = [fmean(values) for values in zip(*each, strict=True)]
        print(
            f"{name:24}" + "".join(f"{value:10.{digits}f}" for value, digits in zip(means, (2, 3, 4, 2), strict=True))
        )


if __name__ == "__main__":
    main()
