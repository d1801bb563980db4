"""Look at an image, a result, or an image that is stylized where somebody looks."""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from tilegan.errors import SettingError
from tilegan.images.origin import Origin
from tilegan.images.reading import Reading
from tilegan.images.source import Source, open_source, shown
from tilegan.images.store import Store
from tilegan.pipelines.stylize_settings import StylizeSettings
from tilegan.pipelines.view_live import Live, live
from tilegan.translator import Translator
from tilegan.viewing.app import site_app
from tilegan.viewing.desk import Desk
from tilegan.viewing.layers import PREVIEW, RESULT, SOURCE, ImageLayer, Layer
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
        desk = _desk(stack)
        seen = stack.enter_context(closing(open_source(image, reading)))
        layers: list[Layer] = [ImageLayer(RESULT, RESULT, _title(image), seen, desk)]
        if compare is not None:
            other = stack.enter_context(closing(open_source(compare, reading)))
            scale = _scale(seen, other, image, compare)
            layers.append(ImageLayer(SOURCE, SOURCE, _title(compare), other, desk, scale))
        for layer in layers:
            stack.callback(layer.close)
        site = _site(_title(image), layers, seen.origin, options, RESULT, grid=_grid(seen))
        yield _viewer(site, options, desk)


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
        settings: as for ``stylize``; unfinished work on the output is gone on with unless ``overwrite`` is set.
        options: how it is served.

    Yields:
        What serves it: ``server.run()`` returns when it is stopped.

    Raises:
        ImageError, ModelError, SettingError, OutputError, OutputExistsError, ResumeError: as ``stylize``.
        OutputError: the port is in use.
    """
    settings = settings or StylizeSettings()
    with ExitStack() as stack:
        reader = _desk(stack)
        seen = stack.enter_context(closing(open_source(image, settings.reading)))
        run: Live = stack.enter_context(live(image, output, model, settings, seen, reader))
        source = ImageLayer(SOURCE, SOURCE, _title(image), seen, reader, run.scale)
        stack.callback(source.close)
        site = _site(
            _title(image),
            [*run.layers, source],
            run.origin,
            options,
            run.layers[0].id,
            grid=run.grid,
            model=run.model,
            stroke=run.stroke,
            status=run.status,
        )

        def stop() -> None:
            run.stop()
            reader.close()

        yield replace(_viewer(site, options, stop), output=run.output)
