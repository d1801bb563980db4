"""Lazy stylization of Dask arrays: pixels in memory, or from any library that creates Dask arrays."""

from collections.abc import Mapping
from dataclasses import replace
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
from tilegan.images.labels import check_depth
from tilegan.inference.backends import backend_of
from tilegan.inference.blocks import Held, read_block
from tilegan.inference.controls.feather import feather_of
from tilegan.inference.controls.guide import guide_of
from tilegan.inference.controls.maps import array_maps, given_maps
from tilegan.inference.controls.mask import CONTROL as MASK
from tilegan.inference.controls.variants import for_each, rendering_of, variants
from tilegan.inference.lazy import painted, translator_of
from tilegan.inference.lazy_starts import filled_from_coarse
from tilegan.inference.options import DEFAULT_MODEL, PassOptions, StyleOptions
from tilegan.inference.plan import cut_of, make_plan, place_model, precision_for
from tilegan.inference.starts import first_copy
from tilegan.inference.statistics import STREAMED, WINDOW, choose_statistics, with_streamed_statistics
from tilegan.model_file import chosen_style, find
from tilegan.names import THUMBNAIL
from tilegan.options import changed, takes
from tilegan.settling import Choices
from tilegan.translator import Translator

CHUNK = 2048  # side in pixels of the chunks of arrays without chunks


@takes(StyleOptions, PassOptions)
def stylize_array(
    array: da.Array | NDArray[Any],
    model: str | Path | Translator = DEFAULT_MODEL,
    *,
    thumbnail: Pixels | None = None,
    instances: da.Array | NDArray[Any] | None = None,
    **values: Any,
) -> da.Array:
    """Return the stylized array, lazily: one task per chunk, each of which reads its chunk and a halo around it.

    In float32 the result does not depend on the chunks; in bfloat16 a thousandth of the values may differ by 1. Chunks
    of a few thousand pixels a side have the least overhead by halos.

    Device and precision 'auto' leave a given translator where it is, and for uint16 precision 'auto' is float32. For
    statistics 'global' and 'interpolated' the whole array is computed now, once for each norm. For larger strokes,
    reduced copies are painted first, and for wide holes filled; the width of holes is found now.

    Where an option may be a map, an array is meant instead of a file: strength, protect, mask: bool, uint8, uint16 or
    float from 0 to 1, (H, W); stroke, style: integers (H, W). Maps of another resolution are scaled.

    Args:
        array: uint8 or uint16 (H, W, 3): a Dask array with known chunk sizes, or a NumPy array (or an object that can
            be sliced like one, such as a Zarr array), which is divided into chunks of 2048 pixels.
        model: name or file of a model, which each process loads once, or a translator, which is part of the graph.
        thumbnail: uint8 or uint16 (h, w, 3), a reduced copy of the whole array, for models with context, which also
            work without it. For models with instance norms, statistics are computed from it.
        instances: uint8 or uint16 (H, W), of a label map: the object number of each pixel, for models trained with
            instance maps; the same kinds of arrays, with any chunks.
        **values: options by name.

    Returns:
        A Dask array (H * scale, W * scale, 3) of the same dtype, with the same rows and columns of chunks.

    Raises:
        SettingError: the array has another dtype or shape, or a setting is invalid.
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
    device, precision, backend = passes.device, passes.precision, passes.backend
    if not isinstance(model, Translator):
        precision = precision_for(array.dtype, precision)
    height, width, _ = array.shape
    maps = array_maps(given_maps(styling), height, width)
    settled = maps.numbers or styling.style or styling.code or styling.statistics or styling.seed is not None
    masked = MASK.name in maps.fitted
    settled = settled or thumbnail is not None or instances is not None
    models: list[str | Translator]
    if isinstance(model, Translator) or settled or chosen_style(model):
        model = place_model(model, device, precision, backend)
        found = variants(styling, maps, model, height, width)
        settle = partial(_made, model, array, instances, passes, thumbnail, masked)
        models = [*for_each(found, settle)]
        array = array if instances is None else _joined(array, _lazy(instances))
    else:
        models = [str(find(model).absolute())]
        chosen = choose_device(device)
        backend = backend_of(model, device, precision, backend)
        device, precision = str(chosen), precision_name(choose_precision(precision, chosen, backend))
        found = variants(styling, maps, translator_of(models[0], device, precision, backend), height, width)
    # refuses a model without a selected style or without a mask
    translator = translator_of(models[0], device, precision, backend).settled(Choices(mask=masked))
    if translator.architecture.get("labels"):
        check_depth(array.dtype, "an array", "give uint8", SettingError)
    look, layers = rendering_of(found, translator, height, width)
    if translator.fills:
        look = replace(look, stroke=first_copy(maps.fitted[MASK.name], translator))
    feather = feather_of(styling.feather, height, width) if maps.fitted else 0
    plan = make_plan(translator, Window(0, 0, height, width), passes.seams, passes.window, look=look)
    plan = replace(plan, layers=layers, feather=feather)
    guide = guide_of(maps, layers, feather, look.strength)
    cut = cut_of(plan, translator)
    if translator.fills and look.stroke > 1:
        return filled_from_coarse(array, maps.fitted[MASK.name], models[0], plan, cut, guide)
    return painted(array, models, plan, cut, translator.scale, guide)


def _made(
    model: Translator,
    array: da.Array,
    instances: da.Array | NDArray[Any] | None,
    passes: PassOptions,
    thumbnail: Pixels | None,
    masked: bool,
    options: StyleOptions,
) -> Translator:
    """Return the model with all options of a painting fixed."""
    assert isinstance(options.style, Mapping), "a painting has no map"
    image = None if thumbnail is None else partial(np.asarray, thumbnail)
    given = instances is not None
    choices = Choices(options.style, options.seed, instances=given, mask=masked, code=options.code)
    made = model.settled(choices, image)
    array = array if instances is None else _joined(array, _lazy(instances))
    return _settled(made, choose_statistics(made, passes.seams, options.statistics), array, thumbnail)


def _lazy(array: da.Array | NDArray[Any]) -> da.Array:
    if isinstance(array, da.Array):
        return array
    if not hasattr(array, "dtype"):  # such as a list, or a Pillow image
        array = np.asarray(array)
    lazy: da.Array = da.from_array(array, chunks=(CHUNK, CHUNK, -1)[: array.ndim], name=False)
    return lazy


def _joined(array: da.Array, instances: da.Array) -> da.Array:
    """Join a label map and its object numbers to one array (H, W, 5), as ``images.instances`` does for files."""
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
