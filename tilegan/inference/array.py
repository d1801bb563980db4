"""Stylize a Dask array lazily: pixels in memory, or from any library that makes Dask arrays."""

from functools import partial
from pathlib import Path
from typing import Any

import dask.array as da
import numpy as np
from numpy.typing import NDArray

from tilegan.devices import choose_device, choose_precision, precision_name
from tilegan.errors import SettingError
from tilegan.geometry import Pixels, Window
from tilegan.images.instances import PLANES, number_planes
from tilegan.inference.blocks import Held, read_block
from tilegan.inference.lazy import painted, translator_of
from tilegan.inference.look import Look
from tilegan.inference.options import PassOptions, StyleOptions
from tilegan.inference.plan import cut_of, make_plan, place_model, precision_for
from tilegan.inference.statistics import STREAMED, THUMBNAIL, WINDOW, choose_statistics, with_streamed_statistics
from tilegan.inference.stroke import find_stroke
from tilegan.model_file import chosen_style, find
from tilegan.options import changed, takes
from tilegan.settling import Choices
from tilegan.translator import Translator

CHUNK = 2048  # pixels a side, of an array that has no chunks of its own


@takes(StyleOptions, PassOptions)
def stylize_array(
    array: da.Array | NDArray[Any],
    model: str | Path | Translator = "vangogh",
    *,
    thumbnail: Pixels | None = None,
    instances: da.Array | NDArray[Any] | None = None,
    **values: Any,
) -> da.Array:
    """The stylized array, as lazy as the given one: one task a chunk, each reading its chunk and a halo around it.

    In float32 the result does not depend on the chunks; in bfloat16 a thousandth of the values may differ by a level.
    Chunks of some thousand pixels a side waste least on halos.

    Device and precision 'auto' leave a given translator where it is, and for uint16 precision 'auto' is float32. For
    statistics 'global' and 'interpolated' all of the array is computed now, once for each norm. Strokes that are
    enlarged make reduced copies be painted first.

    Args:
        array: uint8 or uint16 (H, W, 3): a Dask array of known chunk sizes, or one of numpy (or what can be sliced like
            one, such as a Zarr array), which is cut into chunks of 2048 pixels.
        model: a model's name or file, which each process loads once, or a translator, which travels with the graph.
        thumbnail: uint8 or uint16 (h, w, 3), a reduced copy of the whole array, for models that look at whole images;
            without it these do without. Of models with instance norms it is what statistics are taken from.
        instances: uint8 or uint16 (H, W), of a label map: the number of each pixel's object, for models that learnt
            with such maps; of the same kinds, of any chunks.
        **values: options by name.

    Returns:
        A Dask array (H * scale, W * scale, 3) of the same type, in the same rows and columns of chunks.

    Raises:
        SettingError: the array is of another kind, or a setting cannot work.
        ModelError: there is no such model.
    """
    array = _lazy(array)
    styling: StyleOptions
    passes: PassOptions
    styling, passes = changed(values, StyleOptions(), PassOptions())
    if array.ndim != 3 or array.shape[2] != 3 or array.dtype not in (np.uint8, np.uint16):
        raise SettingError(
            f"an array of {array.dtype} {array.shape} cannot be stylized: give uint8 or uint16 (H, W, 3)"
        )
    if any(np.isnan(side) for sides in array.chunks for side in sides) or not array.size:
        raise SettingError("an array of no pixels or unknown chunks cannot be stylized: compute_chunk_sizes() helps")
    device, precision = passes.device, passes.precision
    if not isinstance(model, Translator):
        precision = precision_for(array.dtype, precision)
    settled = styling.style or styling.statistics or styling.seed is not None
    settled = settled or thumbnail is not None or instances is not None
    if isinstance(model, Translator) or settled or chosen_style(model):
        choices = Choices(styling.style, styling.seed, instances=instances is not None)
        image = None if thumbnail is None else partial(np.asarray, thumbnail)
        model = place_model(model, device, precision).settled(choices, image)
        array = array if instances is None else _joined(array, _lazy(instances))
        model = _settled(model, choose_statistics(model, passes.seams, styling.statistics), array, thumbnail)
    else:
        model = str(find(model).absolute())
        chosen = choose_device(device)
        device, precision = str(chosen), precision_name(choose_precision(precision, chosen))
    translator = translator_of(model, device, precision).in_style({})  # refuses a model whose style is not chosen
    if translator.architecture.get("labels") and array.dtype != np.uint8:
        raise SettingError(f"no label map: an array of {array.dtype}: give uint8")
    height, width, _ = array.shape
    stroke = find_stroke(styling.stroke, translator, height, width)
    look = Look(styling.strength, styling.keep_colors, stroke)
    plan = make_plan(translator, Window(0, 0, height, width), passes.seams, passes.window, look=look)
    return painted(array, model, plan, cut_of(plan, translator), translator.scale)


def _lazy(array: da.Array | NDArray[Any]) -> da.Array:
    if isinstance(array, da.Array):
        return array
    if not hasattr(array, "dtype"):  # such as a list, or Pillow's image
        array = np.asarray(array)
    lazy: da.Array = da.from_array(array, chunks=(CHUNK, CHUNK, -1)[: array.ndim], name=False)
    return lazy


def _joined(array: da.Array, instances: da.Array) -> da.Array:
    """A label map and the numbers of its objects as one array (H, W, 5), as ``images.instances`` joins files."""
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
