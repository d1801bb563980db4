"""The command `tilegan`: imports its subcommands at first use, and reports errors in one line."""

import os
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import Any

import click

import tilegan
from tilegan.cli.completion import complete_values, is_completing
from tilegan.cli.signals import answered
from tilegan.cli.streams import lasting_streams
from tilegan.cli.suggestions import nearest, nearest_file
from tilegan.errors import TileganError, TileganWarning, shown

# shown by --help; the commands, and torch with them, are imported at first use
COMMANDS = {
    "stylize": "Repaint an image of any size with a learned style.",
    "batch": "Repaint all images of a folder.",
    "train": "Learn a style from two folders of images.",
    "models": "List the bundled models, or paint a photograph with all of them.",
    "codes": "Draw what the codes of a model change.",
    "methods": "List the training methods.",
    "evaluate": "Measure a model: seams, style and content.",
    "sample": "Write a procedural landscape, as a test image.",
    "convert": "Export a finished store to another format.",
    "verify": "Check a store for damage.",
    "view": "View an image or a result, or stylize an image where you look.",
    "info": "Show facts about a model, a network or an image.",
    "import": "Convert a network of another program to a model.",
    "export": "Convert a model to ONNX, for other programs.",
    "doctor": "Tell what is installed and how fast this machine is.",
    "completion": "Print a script that completes commands in a shell.",
}
FILES = {"import": "import_network"}  # commands whose names cannot be module names
LONGEST = 2000  # characters of a message, which may quote names in a file
WORDS = "tilegan.words"  # key of the arguments in the context
FIRST_STEPS = """\
tilegan paints images of any size in a learned style. Try it:

  tilegan sample sample.png                              write a test image
  tilegan stylize sample.png                             paint it: writes sample.vangogh.png
  tilegan view sample.vangogh.png --compare sample.png   compare both in a browser (extra view)
  tilegan train photographs/ paintings/ -o runs/mine     learn a style from two folders of images

'tilegan --help' lists the commands, 'tilegan COMMAND --help' their options; 'tilegan doctor' checks this machine."""


class LazyCommands(click.Group):
    """Subcommands in files named after them; errors that a user can mend end in one line and exit code 1."""

    def main(self, *args: Any, **kwargs: Any) -> Any:
        """Run the command, with or without usable stdout and stderr."""
        with lasting_streams():
            return super().main(*args, **kwargs)

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of all subcommands."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import a subcommand; None if there is none of this name."""
        if cmd_name not in COMMANDS:
            return None
        if cmd_name in ("stylize", "batch", "view"):
            # OpenMP threads sleep while they wait: spinning would slow down the small tensors of model loading
            os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
        name = FILES.get(cmd_name, cmd_name)
        command: click.Command = getattr(import_module(f"tilegan.cli.{name}"), name)
        if is_completing():
            complete_values(command)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the subcommand that the arguments begin with; an unknown one is a usage error with the nearest."""
        if args[0] not in COMMANDS and not args[0].startswith("-") and (near := nearest(args[0], COMMANDS)):
            ctx.fail(f"No such command '{args[0]}'. Did you mean '{near}'?")
        return super().resolve_command(ctx, args)

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Take the arguments, and keep them for messages."""
        ctx.meta[WORDS] = list(args)
        return super().parse_args(ctx, args)

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
            near = nearest_file(error, ctx.meta[WORDS])
            _fail(f"Error: {_one_line(error)}" + (f" (did you mean '{near}'?)" if near else ""), 1)


def _fail(line: str, code: int) -> None:
    click.echo(line, err=True)
    raise click.exceptions.Exit(code)


def _one_line(error: Exception) -> str:
    if isinstance(error, MemoryError) and not isinstance(error, TileganError):  # raised by a library
        return "out of memory: give a smaller --window or --shard, or close other programs"
    text = shown(" ".join(str(error).split())) or type(error).__name__
    return text if len(text) <= LONGEST else f"{text[:LONGEST]} ..."


@contextmanager
def _terminable() -> Iterator[None]:
    """Handle SIGTERM, with which batch systems end a job, like Ctrl-C."""

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    with answered(["SIGTERM"], interrupt):
        yield


@contextmanager
def _plain_warnings(debug: bool) -> Iterator[None]:
    """Show the package's own warnings, one line each; hide those of libraries, which are for developers.

    Also hide exceptions that libraries cannot raise, such as messages of GDAL that quote bytes of a damaged file.
    """

    def show(message: Warning | str, *_: Any, **__: Any) -> None:
        click.echo(f"Warning: {shown(message)}", err=True)

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


@click.group(cls=LazyCommands, invoke_without_command=True, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(tilegan.__version__, prog_name="tilegan")
@click.option("--debug", is_flag=True, help="Show the whole traceback of an error.")
@click.pass_context
def main(ctx: click.Context, debug: bool) -> None:  # noqa: ARG001 - asked for where errors are reported
    """Learn a style from two folders of images and apply it, without seams, to an image of any size.

    Try it: tilegan sample sample.png --size 900x1200, then tilegan stylize sample.png.
    """
    if ctx.invoked_subcommand is None:
        click.echo(FIRST_STEPS)
