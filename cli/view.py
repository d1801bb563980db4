"""tilegan view: look at an image or a result in a browser."""

import webbrowser
from contextlib import suppress
from threading import Timer
from typing import Any

import click

from tilegan.cli.fields import options, taken
from tilegan.errors import SettingError
from tilegan.images.reading import Reading
from tilegan.inference.options import LabelOptions, PassOptions, RunOptions, StyleOptions
from tilegan.viewing.options import ViewOptions

PACKAGES = ("starlette", "uvicorn", "xstatic")  # of the extra 'view'


@click.command()
@click.argument("image")
@click.option("--compare", metavar="IMAGE", help="Image that IMAGE was made from, to be shown beside it.")
@click.option(
    "--model",
    metavar="NAME|FILE",
    help="Stylize IMAGE where you look: name of a bundled model (see tilegan models), a model file or a run folder.",
)
@click.option("-o", "--output", metavar="NAME", help="Output of the stylization; unfinished work on it is continued.")
@options(StyleOptions)
@options(LabelOptions)
@options(PassOptions)
@options(RunOptions, "shard", "memory", "overwrite")
@options(Reading)
@options(ViewOptions)
@click.option("--no-browser", is_flag=True, help="Print the address, and open no browser.")
def view(
    image: str, compare: str | None, model: str | None, output: str | None, no_browser: bool, **values: Any
) -> None:
    """Look at IMAGE, an image or a result of any size, in a browser, until Ctrl-C.

    With --model it is stylized where you look, and what was computed is kept: stylize --resume computes the rest.
    """
    from tilegan.pipelines import StylizeSettings

    try:
        from tilegan.pipelines.view import view as look_at
        from tilegan.pipelines.view import view_stylized
    except ImportError as error:
        if (error.name or "").partition(".")[0] not in PACKAGES:
            raise
        raise SettingError("cannot view: install what it needs: pip install 'tilegan[view]'") from error
    reading, serving = taken(Reading, values), taken(ViewOptions, values)
    if model is None and output is not None:
        raise click.UsageError("--output is of what is stylized: give --model as well")
    if model is not None and compare is not None:
        raise click.UsageError("--compare is for results: what is stylized is compared with IMAGE")
    if model is None:
        prepared = look_at(image, compare=compare, reading=reading, options=serving)
    else:
        from tilegan.devices import keep_freed_memory

        keep_freed_memory()
        settings = StylizeSettings().but(reading, **values)
        prepared = view_stylized(image, output, model, settings=settings, options=serving)
    with prepared as viewer:
        click.echo(f"{viewer.site.title}: {viewer.url} (Ctrl-C ends)")
        if not no_browser:
            Timer(0.2, webbrowser.open, [viewer.url]).start()
        with suppress(KeyboardInterrupt):
            viewer.server.run()
        status = viewer.site.status()
    if status.finished_shards and viewer.output is not None:
        kept = f"{status.finished_shards} of {status.shards} shards of {viewer.output} are kept"
        click.echo(f"stopped: {kept}: tilegan stylize with the same options and --resume makes the rest", err=True)
