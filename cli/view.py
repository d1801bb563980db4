"""tilegan view: look at an image or a result in a browser."""

import webbrowser
from threading import Timer
from typing import Any

import click

from tilegan.cli.fields import options, taken
from tilegan.images.reading import Reading
from tilegan.viewing.options import ViewOptions


@click.command()
@click.argument("image")
@click.option("--compare", metavar="IMAGE", help="Image that IMAGE was made from, to be shown beside it.")
@options(Reading)
@options(ViewOptions)
@click.option("--no-browser", is_flag=True, help="Print the address, and open no browser.")
def view(image: str, compare: str | None, no_browser: bool, **values: Any) -> None:
    """Look at IMAGE, an image or a result of any size, in a browser, until Ctrl-C."""
    from tilegan.pipelines.view import view as prepare

    reading, serving = taken(Reading, values), taken(ViewOptions, values)
    with prepare(image, compare=compare, reading=reading, options=serving) as viewer:
        click.echo(f"{viewer.site.title}: {viewer.url} (Ctrl-C ends)")
        if not no_browser:
            Timer(0.2, webbrowser.open, [viewer.url]).start()
        try:
            viewer.server.run()
        except KeyboardInterrupt:
            click.echo("stopped", err=True)
