"""What a command takes follows from the fields of dataclasses."""

from dataclasses import dataclass

import click
from click.testing import CliRunner

from tilegan.cli.fields import READERS, options, taken
from tilegan.images.encoding import ExportOptions
from tilegan.images.reading import Reading
from tilegan.inference.options import LabelOptions, PassOptions, RunOptions, StyleOptions
from tilegan.options import option, options_of
from tilegan.pipelines.evaluation.options import EvaluateOptions
from tilegan.training.options import NetworkOptions, TimeOptions, Upkeep


@dataclass(frozen=True)
class Brush:
    width: int = option(3, "Width in pixels", least=1, metavar="PX")
    soft_hair: bool = option(False, "Soft hair")
    wood: str | None = option(None, "Wood", choices=("oak", "ash"), unset="any", flag="of-wood")
    oil: float = option(0.5, "Share of oil", least=0, most=1)


@click.command()
@options(Brush, "width", "soft_hair", "wood", "oil")
def brush(**values):
    click.echo(repr(taken(Brush, values)))
    assert not values


def ran(*arguments: str):
    return CliRunner().invoke(brush, arguments)


def test_values_reach_the_group():
    assert ran().output == f"{Brush()!r}\n"
    given = ran("--width", "5", "--soft-hair", "--of-wood", "ash", "--oil", "1")
    assert given.output == f"{Brush(5, True, 'ash', 1.0)!r}\n"


def test_what_cannot_be_is_a_usage_error():
    for wrong in (("--width", "0"), ("--width", "x"), ("--of-wood", "elm"), ("--oil", "1.1"), ("--wood", "oak")):
        assert ran(*wrong).exit_code == 2, wrong


def test_help_tells_defaults_and_limits():
    told = " ".join(ran("--help").output.split())
    assert "--width PX Width in pixels. [default: 3; x>=1]" in told
    assert "--soft-hair Soft hair." in told
    assert "--of-wood [oak|ash] Wood. [default: (any)]" in told


def test_only_the_named_ones():
    @click.command()
    @options(Brush, "oil")
    def oiled(**values):
        click.echo(sorted(values))

    assert CliRunner().invoke(oiled).output == "['oil']\n"


def test_readers_are_of_options():
    groups = (StyleOptions, LabelOptions, PassOptions, RunOptions, Reading, ExportOptions)
    groups += (NetworkOptions, Upkeep, TimeOptions, EvaluateOptions)
    assert set(READERS) <= {entry.name for entry in options_of(*groups)}
