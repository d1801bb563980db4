"""A viewer that runs beside what a script or a notebook does next."""

from contextlib import ExitStack
from html import escape
from pathlib import Path
from threading import Thread
from types import TracebackType
from typing import Self

from tilegan.images.reading import Reading
from tilegan.pipelines.view import view
from tilegan.viewing.options import ViewOptions

FRAME = 480  # height of the page in a notebook, in CSS pixels


class OpenView:
    """A server of an image that runs until it is closed, or the program ends.

    Attributes:
        url: of the page.
        title: of the page.
    """

    def __init__(
        self,
        image: str | Path,
        compare: str | Path | None = None,
        reading: Reading | None = None,
        options: ViewOptions | None = None,
    ) -> None:
        """Start the server.

        Args:
            image: any image that ``stylize`` reads, or a result.
            compare: the image that it was made from.
            reading: how values become pixels.
            options: how it is served; by default on any free port of this machine.

        Raises:
            ImageError, SettingError, OutputError: as ``view``.
        """
        self._stack = ExitStack()
        options = options or ViewOptions(port=0)
        viewer = self._stack.enter_context(view(image, compare=compare, reading=reading, options=options))
        self._server = viewer.server
        self.url, self.title = viewer.url, viewer.site.title
        self._thread = Thread(target=viewer.server.run, name=f"view {self.title}", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop the server."""
        self._server.stop()
        self._thread.join()
        self._stack.close()

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """Stop the server."""
        self.close()

    def __repr__(self) -> str:
        return f"{self.title}: {self.url}"

    def _repr_html_(self) -> str:
        link = f'<a href="{self.url}" target="_blank" rel="noopener">{self.url}</a>'
        frame = f'<iframe src="{self.url}" width="100%" height="{FRAME}" style="border: 0" allowfullscreen></iframe>'
        return f"{frame}<p>{escape(self.title)}: {link}</p>"
