"""Fits what words mean for colors to captioned paintings, before a training."""

from typing import cast

import torch

from tilegan.errors import ImageError
from tilegan.networks.capabilities import HasWords
from tilegan.networks.palette import palettes_of
from tilegan.networks.words import Vocabulary
from tilegan.training.dataset import Dataset
from tilegan.training.images import read_reduced
from tilegan.training.trainer import Trainer

IMAGES = 512  # at most, since each has to be decoded


def fit_word_colors(trainer: Trainer, dataset: Dataset) -> None:
    """Set what words do to colors in the generator, if it is told a text and does not know it from another training.

    Images that do not decode are skipped; they are reported when crops are taken.
    """
    known, images = Vocabulary(dataset.words), dataset.trained[1]
    bags, palettes = [], []
    for image in images[:: -(-len(images) // IMAGES)] if known.words else ():
        try:
            pixels = read_reduced(image)[..., :3]
        except ImageError:
            continue
        colors = torch.from_numpy(pixels.copy()).movedim(-1, 0)[None].float() / 127.5 - 1
        bags += [known.bag(caption) for caption in image.captions]
        palettes += [palettes_of(colors)] * len(image.captions)
    if bags:
        for generator in (trainer.method.generator, trainer.average):
            cast(HasWords, generator).fit_palettes(torch.stack(bags), torch.cat(palettes))
