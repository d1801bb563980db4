"""Look at an image, a result, or an image that is stylized where somebody looks."""

from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from tilegan.errors import SettingError
from tilegan.images.reading import Reading
from tilegan.images.source import Source, open_source, shown
from tilegan.images.store import Store
from tilegan.viewing.app import site_app
from tilegan.viewing.desk import Desk
from tilegan.viewing.layers import RESULT, SOURCE, ImageLayer, Layer
from tilegan.viewing.options import ViewOptions
from tilegan.viewing.place import Place
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
    """

    url: str
    site: Site
    server: Server


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
    options = options or ViewOptions()
    with ExitStack() as stack:
        desk = Desk(READERS, "read")
        stack.callback(desk.close)
        seen = stack.enter_context(closing(open_source(image, reading)))
        layers: list[Layer] = [ImageLayer(RESULT, RESULT, _title(image), seen, desk)]
        if compare is not None:
            other = stack.enter_context(closing(open_source(compare, reading)))
            scale = _scale(seen, other, image, compare)
            layers.append(ImageLayer(SOURCE, SOURCE, _title(compare), other, desk, scale))
        for layer in layers:
            stack.callback(layer.close)
        site = Site(
            title=_title(image),
            layers={layer.id: layer for layer in layers},
            default=RESULT,
            compare=SOURCE if compare is not None else None,
            tile=options.tile_size,
            grid=_grid(seen),
            place=Place.of(seen.origin.geo, seen.height, seen.width),
        )
        server = Server(site_app(site), options.host, options.port, desk.close)
        yield Viewer(server.url, site, server)


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
