"""Look at an image, a result, or an image that is stylized where somebody looks."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from tilegan.errors import SettingError, shown
from tilegan.images.metadata.origin import Origin
from tilegan.images.opening import open_source
from tilegan.images.reading import Reading
from tilegan.images.source import Source
from tilegan.images.stores.store import Store
from tilegan.pipelines.stylize_settings import StylizeSettings
from tilegan.pipelines.view_live import Live, live
from tilegan.translator import Translator
from tilegan.viewing.app import site_app
from tilegan.viewing.desk import Desk
from tilegan.viewing.layers import RESULT, SOURCE, ImageLayer, Layer
from tilegan.viewing.levels import Levels
from tilegan.viewing.map_frame import MapFrame
from tilegan.viewing.options import ViewOptions
from tilegan.viewing.server import Server
from tilegan.viewing.site import Site

READERS = 3  # threads that read and encode what is there


@dataclass(frozen=True)
class Viewer:
    """A server that is ready to run.

    Attributes:
        url: of the page.
        site: what is served.
        server: runs until it is stopped.
        output: what ``stylize`` would make of the image that is stylized; None where nothing is computed.
    """

    url: str
    site: Site
    server: Server
    output: Path | None = None


@contextmanager
def view(
    image: str | Path,
    *,
    compare: str | Path | None = None,
    reading: Reading | None = None,
    options: ViewOptions | None = None,
) -> Iterator[Viewer]:
    """Prepare to look at an image or a result, possibly beside what it was made from.

    Args:
        image: any image that ``stylize`` reads, or a result.
        compare: the image that it was made from, of the same size or an integer fraction of it.
        reading: how values become pixels.
        options: how it is served.

    Yields:
        What serves it: ``server.run()`` returns when it is stopped.

    Raises:
        ImageError: an image cannot be read.
        SettingError: the images differ in size, or an option cannot be.
        OutputError: the port is in use.
    """
    with ExitStack() as stack:
        desk = Desk(READERS, "read")
        stack.callback(desk.close)
        seen = stack.enter_context(closing(open_source(image, reading)))
        layers: list[Layer] = [ImageLayer(RESULT, RESULT, _title(image), _levels(stack, seen), desk)]
        if compare is not None:
            other = stack.enter_context(closing(open_source(compare, reading)))
            scale = _scale(seen, other, image, compare)
            layers.append(ImageLayer(SOURCE, SOURCE, _title(compare), _levels(stack, other), desk, scale))
        stack.callback(desk.close)  # before what it reads is closed
        options = options or ViewOptions()
        site = _site(_title(image), layers, seen.origin, options, grid=_grid(seen))
        yield _viewer(site, options, desk.stop)


@contextmanager
def view_stylized(
    image: str | Path,
    output: str | Path | None = None,
    model: str | Path | Translator = "vangogh",
    *,
    settings: StylizeSettings | None = None,
    options: ViewOptions | None = None,
) -> Iterator[Viewer]:
    """Prepare to look at an image as ``stylize`` would paint it, which is done where somebody looks.

    What was computed is kept in the work folder of the output, and ``stylize`` with ``resume`` computes the rest. It is
    removed where nothing was finished.

    Args:
        image: the image.
        output: as for ``stylize``.
        model: as for ``stylize``.
        settings: as for ``stylize``; unfinished work on the output is continued unless ``overwrite`` is set.
        options: how it is served.

    Yields:
        What serves it: ``server.run()`` returns when it is stopped.

    Raises:
        ImageError, ModelError, SettingError, OutputError, OutputExistsError, ResumeError: as ``stylize``.
        OutputError: the port is in use.
    """
    with ExitStack() as stack:
        settings, options = settings or StylizeSettings(), options or ViewOptions()
        levels = _levels(stack, stack.enter_context(closing(open_source(image, settings.reading))))
        reader = Desk(READERS, "read")
        stack.callback(reader.close)
        run: Live = stack.enter_context(live(image, output, model, settings, levels, reader))
        stack.callback(reader.close)  # before what it reads is closed
        layers = [*run.layers, ImageLayer(SOURCE, SOURCE, _title(image), levels, reader, run.scale)]
        told: dict[str, Any] = {"grid": run.grid, "model": run.model, "stroke": run.stroke, "status": run.status}
        site = _site(_title(image), layers, run.origin, options, **told)

        def stop() -> None:
            run.stop()
            reader.stop()

        yield replace(_viewer(site, options, stop), output=run.output)


def _levels(stack: ExitStack, source: Source) -> Levels:
    levels = Levels(source)
    stack.callback(levels.close)
    return levels


def _site(title: str, layers: list[Layer], origin: Origin, options: ViewOptions, **told: Any) -> Site:
    """Return the site of layers, of which the first is shown first, beside the source if there is one."""
    height, width = layers[0].height, layers[0].width
    return Site(
        title=title,
        layers={layer.id: layer for layer in layers},
        default=layers[0].id,
        compare=SOURCE if len(layers) > 1 else None,
        tile=options.tile_size,
        place=MapFrame.of(origin.geo, height, width),
        **told,
    )


def _viewer(site: Site, options: ViewOptions, stop: Callable[[], None]) -> Viewer:
    server = Server(site_app(site), options, stop)
    return Viewer(server.url, site, server)


def _title(image: str | Path) -> str:
    return shown(str(image).rstrip("/").rpartition("/")[2])


def _scale(seen: Source, other: Source, image: str | Path, compare: str | Path) -> int:
    """Return how many times as large an image is as the one that it is compared with."""
    scale = seen.height // other.height
    if scale < 1 or (seen.height, seen.width) != (scale * other.height, scale * other.width):
        raise SettingError(
            f"cannot compare {shown(image)} of {seen.height} x {seen.width} pixels with {shown(compare)} of "
            f"{other.height} x {other.width}: give the image that it was made from"
        )
    return scale


def _grid(source: Source) -> dict[str, int] | None:
    """Return the sides of windows and shards of a store; None for other images."""
    try:
        store = Store.open(source.path)
    except OSError:
        return None
    return {"window": store.shard, "shard": store.shard}
