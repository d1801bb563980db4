"""The command `tilegan`: finds its subcommands when they are asked for, and turns errors into one line."""

import os
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import Any

import click

import tilegan
from tilegan.cli.signals import answered
from tilegan.cli.streams import lasting_streams
from tilegan.errors import TileganError, TileganWarning

# what --help shows; the commands themselves, and torch with them, are imported at first use
COMMANDS = {
    "stylize": "Repaint an image of any size with a learnt style.",
    "batch": "Repaint all images of a folder.",
    "train": "Learn a style from two folders of images.",
    "models": "List the models inside the package, or paint a photograph with all.",
    "methods": "List the training methods.",
    "evaluate": "Measure a model: seams, style and content.",
    "sample": "Write a procedural landscape to try things out on.",
    "convert": "Export a finished store again, in another form.",
    "verify": "Find out whether a store is whole.",
    "view": "Look at an image, a result, or an image that is stylized where you look.",
    "info": "Tell what a model, a network or an image is.",
    "import": "Turn a network of another program into a model.",
}
FILES = {"import": "import_network"}  # of commands whose name can be none of a file's


class LazyCommands(click.Group):
    """Subcommands in files named after them; errors that a user can mend end in one line and exit code 1."""

    def main(self, *args: Any, **kwargs: Any) -> Any:
        """Run the command, with or without a stdout and a stderr."""
        with lasting_streams():
            return super().main(*args, **kwargs)

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names of all subcommands."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import a subcommand; None if there is none of that name."""
        if cmd_name not in COMMANDS:
            return None
        if cmd_name in ("stylize", "batch", "view"):
            # torch's threads wait for each other asleep: a model's small tensors are made ready while they would spin
            os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
        name = FILES.get(cmd_name, cmd_name)
        command: click.Command = getattr(import_module(f"tilegan.cli.{name}"), name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the subcommands without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))

    def invoke(self, ctx: click.Context) -> Any:
        """Run the subcommand."""
        try:
            with _plain_warnings(ctx.params["debug"]), _terminable():
                return super().invoke(ctx)
        except KeyboardInterrupt:
            _fail("interrupted", 130)
        except (TileganError, OSError, MemoryError) as error:
            if ctx.params["debug"]:
                raise
            _fail(f"Error: {_one_line(error)}", 1)


def _fail(line: str, code: int) -> None:
    click.echo(line, err=True)
    raise click.exceptions.Exit(code)


def _one_line(error: Exception) -> str:
    if isinstance(error, MemoryError) and not isinstance(error, TileganError):  # a library's
        return "out of memory: give a smaller --window or --shard, or close other programs"
    return " ".join(str(error).split()) or type(error).__name__


@contextmanager
def _terminable() -> Iterator[None]:
    """Let SIGTERM, by which batch systems end a job, do what Ctrl-C does."""

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    with answered(["SIGTERM"], interrupt):
        yield


@contextmanager
def _plain_warnings(debug: bool) -> Iterator[None]:
    """Show the project's own warnings, a line each; those of libraries are for developers.

    So is what libraries cannot raise: messages of GDAL, say, that quote the bytes of a damaged file.
    """

    def show(message: Warning | str, *_: Any, **__: Any) -> None:
        click.echo(f"Warning: {message}", err=True)

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        warnings.simplefilter("always", TileganWarning)
        warnings.showwarning = show
        before = sys.unraisablehook
        sys.unraisablehook = before if debug else lambda _: None
        try:
            yield
        finally:
            sys.unraisablehook = before


@click.group(cls=LazyCommands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(tilegan.__version__, prog_name="tilegan")
@click.option("--debug", is_flag=True, help="Show the whole traceback of an error.")
def main(debug: bool) -> None:
    """Learn a style from two folders of images and apply it, without seams, to an image of any size.

    Try it: tilegan sample sample.png --size 900x1200, then tilegan stylize sample.png.
    """
