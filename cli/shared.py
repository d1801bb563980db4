"""Options that several commands declare alike and that no group of options contains."""

import click

from tilegan.inference.options import DEFAULT_MODEL

model_option = click.option(
    "--model",
    default=DEFAULT_MODEL,
    show_default=True,
    metavar="NAME|FILE",
    help="Name of a bundled model (see tilegan models), a model file or a run folder.",
)
progress_option = click.option(
    "--progress",
    type=click.Choice(["bar", "json"]),
    default="bar",
    show_default=True,
    help="json: one event per line on stdout, including the result.",
)
