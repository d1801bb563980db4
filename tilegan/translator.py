"""A generator ready to translate: what runs windows of it, and the whole image that they must equal."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Self

import numpy as np
import torch

from tilegan.devices import fetched, plain_memory_errors, precision_name, sent
from tilegan.errors import ImageError
from tilegan.geometry import Pixels, reflect, round_up
from tilegan.gray import seen
from tilegan.model_file import chosen_style, find
from tilegan.norms.statistics import settle_at_once
from tilegan.settling import Choices, Settling
from tilegan.tiling.places import Place


@dataclass(frozen=True)
class Translator(Settling):
    """A generator ready to translate.

    ``run`` takes windows with their halo, ``translate`` is what they must equal. What has to be known of the whole
    image, or chosen, is settled before, in a copy whose generator is like any other.
    """

    def seen(self, pixels: Pixels) -> Pixels:
        """What the generator looks at of an image or a part of it.

        Args:
            pixels: uint8 or uint16 (h, w, 3), or (h, w, channels).

        Returns:
            (h, w, channels) of the same type: the pixels, or their luma.
        """
        return seen(pixels, self.channels)

    def with_statistics_of(self, pixels: Pixels) -> Self:
        """The translator whose norms have the statistics of an image, for all windows alike.

        What ``translate`` then makes of that image is what the generator itself makes of it, run as a whole.

        Args:
            pixels: uint8 or uint16 (h, w, 3), the image, or a thumbnail of it as in URST (Chen et al. 2022, 'Toward
                Ultra-Resolution Neural Style Transfer via Thumbnail Instance Normalization'); run at once.

        Returns:
            A translator that can be exact, or itself if it needs no statistics.

        Raises:
            ModelError: the generator's norms cannot be settled (see ``norms.statistics``).
            SettingError: it has several styles, and none is chosen.
        """
        if not self.needs_statistics:
            return self
        if self.styles:
            return self.in_style({}).with_statistics_of(pixels)
        if self.looks_at_whole:
            return self.for_image(pixels).with_statistics_of(pixels)
        made = self.frozen("float32")
        height, width, _ = pixels.shape
        with plain_memory_errors():
            whole = torch.from_numpy(made.whole(pixels)).to(self.device)
            settle_at_once(made.generator, whole, made.halo, (height, width))
        return made.place(str(self.device), precision_name(self.precision))

    def run(self, windows: Pixels, halo: int = 0, places: Sequence[Place] = ()) -> Pixels:
        """One forward pass over a batch.

        Args:
            windows: uint8 or uint16 (N, h + 2 halo, w + 2 halo, channels); h and w are multiples of ``stride``.
            halo: the translator's, for windows with their context, which give the same pixels as the whole image does;
                0 to run windows as they are, padding at their edges.
            places: where in the image each of the windows lies, for a translator with noise or interpolated statistics.

        Returns:
            (N, h * scale, w * scale, 3) of the same type, rounded to the nearest level.

        Raises:
            MemoryError: the device has too little memory for such windows.
            ModelError: there is a halo, and the generator sees more.
        """
        levels = self.levels(halo)
        assert places or not levels.placed, "windows of this translator need their places"
        width = windows.shape[2] - 2 * halo
        if missing := self.missing(width, halo):
            windows = np.pad(windows, ((0, 0), (0, 0), (0, missing), (0, 0)), "edge")
            return self.run(windows, halo, places)[:, :, : width * self.scale]
        with plain_memory_errors(), torch.inference_mode():
            return fetched(levels(sent(windows, self.device), places))

    def translate(self, image: Pixels) -> Pixels:
        """Translate a whole image in one forward pass: the reference that ``exact`` inference equals.

        What a generator looks at in whole images, or takes statistics of, is this one, unless they are settled. Of
        several styles one has to be chosen before (see ``in_style``).

        The image is mirrored outwards by ``halo`` on every side, then further at the bottom and right up to ``stride``,
        run, and trimmed.

        Args:
            image: uint8 or uint16 (H, W, 3), at least 1 x 1; or (H, W, channels).

        Returns:
            (H * scale, W * scale, 3) of the same type.

        Raises:
            ImageError: the array is of another kind.
            ModelError: the generator sees more than the halo.
            SettingError: it has several styles, and none is chosen.
        """
        if self.styles:
            return self.settled(Choices()).translate(image)
        known = image.dtype in (np.uint8, np.uint16) and image.ndim == 3 and image.size
        if not known or image.shape[2] not in (3, self.channels):
            raise ImageError(
                f"an array of {image.dtype} {image.shape} cannot be translated: give uint8 or uint16 (H, W, 3)"
            )
        if self.looks_at_whole:
            return self.for_image(image).translate(image)
        if self.needs_statistics:
            return self.with_statistics_of(image).translate(image)
        _ = self.exact  # refuses what has no bound, also where the halo is 0
        height, width, _ = image.shape
        output: Pixels = self.run(self.whole(image), self.halo, [Place(-self.halo, -self.halo)])[0]
        return output[: height * self.scale, : width * self.scale]

    def whole(self, image: Pixels) -> Pixels:
        """The whole image as it is run: (1, h, w, channels), mirrored outwards by ``halo``, then up to ``stride``."""
        height, width, _ = image.shape
        rows = reflect(-self.halo, round_up(height, self.stride) + self.halo, height)
        columns = reflect(-self.halo, round_up(width, self.stride) + self.halo, width)
        return self.seen(image)[np.ix_(rows, columns)][None]


def load(name_or_path: str | Path, device: str = "auto", precision: str = "auto") -> Translator:
    """Load a translator, which computes in this precision: a shipped model or style by name, a file or a run folder.

    Raises:
        ModelError: there is no such model, or the file is not one, or its weights do not fit its architecture.
        SettingError: the device or the precision is unknown.
    """
    translator = replace(Translator.read(find(name_or_path)), chosen_style=chosen_style(name_or_path))
    return translator.place(device, precision)
