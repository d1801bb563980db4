"""A generator that is ready to run: on windows, and on the whole image, whose result windows must equal."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Self

import numpy as np
import torch

from tilegan.card import card
from tilegan.devices import fetched, plain_memory_errors, precision_name, sent
from tilegan.errors import ImageError
from tilegan.geometry import Pixels, reflect, round_up
from tilegan.gray import seen
from tilegan.model_file import chosen_style, find
from tilegan.names import TORCH
from tilegan.norms.statistics import settle_at_once
from tilegan.settling import Choices, Settling
from tilegan.tiling.places import Place


@dataclass(frozen=True)
class Translator(Settling):
    """A generator that is ready to run.

    ``run`` takes windows with their halo; the results must equal those of ``translate``. Options, and properties of the
    whole image, are fixed before, in a copy whose generator no longer depends on them.
    """

    def _repr_html_(self) -> str:
        weights = self.weights()
        facts = {
            "generator": self.architecture.get("name"),
            "parameters": f"{sum(weight.numel() for weight in weights.values()):,}",
            "styles": ", ".join(self.styles),
            "codes": ", ".join(self.codes.names),
            "words": ", ".join(self.vocabulary.words),
            "enlarges": f"{self.scale} times" if self.scale > 1 else "",
            "tiles": f"trained on {self.tile_size} pixels; halo {self.halo}, stride {self.stride}",
            "whole image": self.unbounded and f"seen by {self.unbounded}",
            "computes": f"on {self.device} in {precision_name(self.precision)}",
        }
        return card(self.name, facts)

    def seen(self, pixels: Pixels) -> Pixels:
        """Return the channels of an image, or a part of it, that the generator takes.

        Args:
            pixels: uint8 or uint16 (h, w, 3), or (h, w, channels).

        Returns:
            (h, w, channels) of the same dtype: the pixels, or their luma.
        """
        return seen(pixels, self.channels)

    def with_statistics_of(self, pixels: Pixels) -> Self:
        """Return the translator whose norms have the statistics of an image, for all windows.

        The result of ``translate`` for that image is then that of the generator run on the whole image.

        Args:
            pixels: uint8 or uint16 (h, w, 3), the image, or a thumbnail of it as in URST (Chen et al. 2022, 'Toward
                Ultra-Resolution Neural Style Transfer via Thumbnail Instance Normalization'); run at once.

        Returns:
            A translator that can be exact, or itself if it needs no statistics.

        Raises:
            ModelError: the statistics of the norms cannot be computed (see ``norms.statistics``).
            SettingError: it has several styles, and none is selected.
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
        """Run one forward pass over a batch.

        Args:
            windows: uint8 or uint16 (N, h + 2 halo, w + 2 halo, channels); h and w are multiples of ``stride``.
            halo: halo of the translator, for windows with context, whose results equal those of the whole image; 0 to
                run windows as they are, with padding at their edges.
            places: positions of the windows in the image, for a translator with noise or interpolated statistics.

        Returns:
            (N, h * scale, w * scale, 3) of the same dtype, rounded to the nearest integer.

        Raises:
            MemoryError: the device has too little memory for such windows.
            ModelError: there is a halo, and the generator sees more.
        """
        levels = self.levels(halo)
        assert places or not levels.placed, "this translator needs the positions of its windows"
        width = windows.shape[2] - 2 * halo
        if missing := self.missing(width, halo):
            windows = np.pad(windows, ((0, 0), (0, 0), (0, missing), (0, 0)), "edge")
            return self.run(windows, halo, places)[:, :, : width * self.scale]
        with plain_memory_errors(), torch.inference_mode():
            return fetched(levels(sent(windows, self.device), places))

    def translate(self, image: Pixels) -> Pixels:
        """Translate a whole image in one forward pass: the reference that ``exact`` inference equals.

        Context and statistics are computed from this image unless they are fixed already. If there are several styles,
        one must be selected before (see ``in_style``).

        The image is padded by reflection by ``halo`` on every side, then further at the bottom and right up to
        ``stride``, run, and trimmed.

        Args:
            image: uint8 or uint16 (H, W, 3), at least 1 x 1; or (H, W, channels).

        Returns:
            (H * scale, W * scale, 3) of the same dtype.

        Raises:
            ImageError: the array has another dtype or shape.
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
        _ = self.exact  # refuses unbounded generators, also if the halo is 0
        height, width, _ = image.shape
        output: Pixels = self.run(self.whole(image), self.halo, [Place(-self.halo, -self.halo)])[0]
        return output[: height * self.scale, : width * self.scale]

    def whole(self, image: Pixels) -> Pixels:
        """Return the padded image as it is run: (1, h, w, channels), reflected by ``halo``, then up to ``stride``."""
        height, width, _ = image.shape
        rows = reflect(-self.halo, round_up(height, self.stride) + self.halo, height)
        columns = reflect(-self.halo, round_up(width, self.stride) + self.halo, width)
        return self.seen(image)[np.ix_(rows, columns)][None]


def load(name_or_path: str | Path, device: str = "auto", precision: str = "auto", backend: str = TORCH) -> Translator:
    """Load a translator: a bundled model or style by name, a file or a run folder.

    Raises:
        ModelError: there is no such model, the file is invalid, or its weights do not fit its architecture.
        SettingError: the device, the precision or the backend is unknown, or they do not go together.
    """
    translator = replace(Translator.read(find(name_or_path)), chosen_style=chosen_style(name_or_path))
    return translator.place(device, precision, backend)
