"""Stylize a Dask array lazily: pixels in memory, or from any library that makes Dask arrays."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from itertools import accumulate, pairwise
from pathlib import Path
from threading import Lock
from typing import Any

import dask.array as da
import numpy as np
from dask.delayed import delayed
from numpy.typing import NDArray

from tilegan.devices import choose_device, choose_precision, precision_name
from tilegan.errors import SettingError
from tilegan.geometry import Pixels, Window
from tilegan.images.instances import PLANES, number_planes
from tilegan.inference.blocks import Held, mirrored_span, read_block, translate_block
from tilegan.inference.kept import load_once
from tilegan.inference.look import Look
from tilegan.inference.paint import paint, window_read
from tilegan.inference.plan import (
    Cut,
    Plan,
    check_takes_instances,
    cut_of,
    make_plan,
    place_model,
    precision_for,
)
from tilegan.inference.statistics import STREAMED, THUMBNAIL, WINDOW, choose_statistics, with_streamed_statistics
from tilegan.networks.interpolated import Place
from tilegan.translator import Translator, find

CHUNK = 2048  # pixels a side, of an array that has no chunks of its own
_one_forward = Lock()  # one forward pass at a time keeps all cores or the device busy


def stylize_array(
    array: da.Array | NDArray[Any],
    model: str | Path | Translator = "vangogh",
    *,
    seams: str = "exact",
    strength: float = 1.0,
    keep_colors: bool = False,
    stroke: int = 1,
    thumbnail: Pixels | None = None,
    instances: da.Array | NDArray[Any] | None = None,
    style: Mapping[str, float] | None = None,
    statistics: str | None = None,
    window: int | None = None,
    device: str = "auto",
    precision: str = "auto",
) -> da.Array:
    """The stylized array, as lazy as the given one: one task a chunk, each reading its chunk and a halo around it.

    In float32 the result does not depend on the chunks; in bfloat16 a thousandth of the values may differ by a level.
    Chunks of some thousand pixels a side waste least on halos.

    Args:
        array: uint8 or uint16 (H, W, 3): a Dask array of known chunk sizes, or one of numpy (or what can be sliced like
            one, such as a Zarr array), which is cut into chunks of 2048 pixels.
        model: a model's name or file, which each process loads once, or a translator, which travels with the graph.
        seams: 'exact' or 'combo'.
        strength: of the style: 0 for the array itself, 1 for all of it.
        keep_colors: keep hue and chroma of the array, and take lightness and texture from the style.
        stroke: how many times as large as the model paints them strokes are.
        thumbnail: uint8 or uint16 (h, w, 3), a reduced copy of the whole array, for models that look at whole images;
            without it these do without. Of models with instance norms it is what statistics are taken from.
        instances: uint8 or uint16 (H, W), of a label map: the number of each pixel's object, for models that learnt
            with such maps; of the same kinds, of any chunks.
        style: of a model of several styles, the share of each that is wanted.
        statistics: of models with instance norms: 'tile' (default in ``combo`` mode), 'thumbnail' (default, of the one
            that is given), 'global' or 'interpolated', for which all of the array is computed now, once for each norm.
        window: side of the square translated at once, in input pixels, rounded up to what works.
        device: its name; 'auto' leaves a given translator where it is.
        precision: the number format's name; likewise. For uint16 'auto' is float32.

    Returns:
        A Dask array (H * scale, W * scale, 3) of the same type, in the same rows and columns of chunks.

    Raises:
        SettingError: the array is of another kind, or a setting cannot work.
        ModelError: there is no such model.
    """
    array = _lazy(array)
    if array.ndim != 3 or array.shape[2] != 3 or array.dtype not in (np.uint8, np.uint16):
        raise SettingError(
            f"an array of {array.dtype} {array.shape} cannot be stylized: give uint8 or uint16 (H, W, 3)"
        )
    if any(np.isnan(side) for sides in array.chunks for side in sides) or not array.size:
        raise SettingError("an array of no pixels or unknown chunks cannot be stylized: compute_chunk_sizes() helps")
    if not isinstance(model, Translator):
        precision = precision_for(array.dtype, precision)
    if isinstance(model, Translator) or thumbnail is not None or instances is not None or style or statistics:
        model = place_model(model, device, precision).in_style(style or {})
        model = model if thumbnail is None else model.for_image(thumbnail)
        array = array if instances is None else _joined(array, _lazy(instances), model)
        model = _settled(model, choose_statistics(model, seams, statistics), array, thumbnail)
    else:
        model = str(find(model).absolute())
        chosen = choose_device(device)
        device, precision = str(chosen), precision_name(choose_precision(precision, chosen))
    translator = _translator(model, device, precision).in_style({})  # refuses a model whose style is not chosen
    if translator.architecture.get("labels") and array.dtype != np.uint8:
        raise SettingError(f"no label map: an array of {array.dtype}: give uint8")
    height, width, _ = array.shape
    look = Look(strength, keep_colors, stroke)
    plan = make_plan(translator, Window(0, 0, height, width), seams, window, look=look)
    cut, scale = cut_of(plan, translator), translator.scale
    task = delayed(_chunk, pure=False)
    rows = []
    for top, bottom in pairwise(accumulate(array.chunks[0], initial=0)):
        row = []
        for left, right in pairwise(accumulate(array.chunks[1], initial=0)):
            chunk = Window(top, left, bottom - top, right - left)
            span = mirrored_span(window_read(chunk, cut, plan.look), height, width)
            part = array[span.top : span.bottom, span.left : span.right]
            pixels = task(part, span, height, width, chunk, cut, model, plan)
            row.append(da.from_delayed(pixels, (chunk.height * scale, chunk.width * scale, 3), array.dtype))
        rows.append(da.concatenate(row, axis=1))
    stylized: da.Array = da.concatenate(rows, axis=0)
    return stylized


def _lazy(array: da.Array | NDArray[Any]) -> da.Array:
    if isinstance(array, da.Array):
        return array
    if not hasattr(array, "dtype"):  # such as a list, or Pillow's image
        array = np.asarray(array)
    lazy: da.Array = da.from_array(array, chunks=(CHUNK, CHUNK, -1)[: array.ndim], name=False)
    return lazy


def _joined(array: da.Array, instances: da.Array, model: Translator) -> da.Array:
    """A label map and the numbers of its objects as one array (H, W, 5), as ``images.instances`` joins files."""
    check_takes_instances(model)
    if instances.shape != array.shape[:2] or instances.dtype not in (np.uint8, np.uint16):
        raise SettingError(
            f"instances of {instances.dtype} {instances.shape} do not fit labels of {array.shape}: give uint8 or "
            "uint16 (H, W)"
        )
    numbers = instances.rechunk(array.chunks[:2])
    planes = numbers.map_blocks(number_planes, dtype=np.uint8, chunks=(*numbers.chunks, (PLANES,)), new_axis=2)
    both: da.Array = da.concatenate((array, planes), axis=2)
    return both


def _settled(model: Translator, statistics: str, array: da.Array, thumbnail: Pixels | None) -> Translator:
    if statistics in STREAMED:
        height, width, _ = array.shape
        return with_streamed_statistics(model, statistics, partial(read_block, Held(array)), height, width, WINDOW)
    return model if statistics != THUMBNAIL or thumbnail is None else model.with_statistics_of(thumbnail)


def _translator(model: str | Translator, device: str, precision: str) -> Translator:
    return model if isinstance(model, Translator) else load_once(model, device, precision)


@dataclass(frozen=True)
class _Part:
    """The part of an image that one chunk needs, as a source of the whole image."""

    pixels: Pixels
    span: Window
    height: int
    width: int

    def read(self, window: Window) -> Pixels:
        return window.moved(-self.span.top, -self.span.left).of(self.pixels)


def _chunk(
    part: Pixels,
    span: Window,
    height: int,
    width: int,
    chunk: Window,
    cut: Cut,
    model: str | Translator,
    plan: Plan,
) -> Pixels:
    """The task: one stylized chunk, from the pixels of ``span`` of an image of ``height`` x ``width``."""
    source = _Part(part, span, height, width)
    with _one_forward:
        translator = _translator(model, plan.device, plan.precision)

        def translate(block: Pixels, place: Place) -> Pixels:
            run, seen = partial(translator.run, halo=cut.halo), translator.seen(block)
            return translate_block(run, seen, cut.side, cut.batch, cut.halo, translator.scale, place=place)

        return paint(partial(read_block, source), translate, chunk, cut, translator.scale, plan.look)
