"""Options are declared once, and signature, docstring and page follow from the fields."""

import ast
import inspect
import pydoc
import runpy
from dataclasses import dataclass
from pathlib import Path

import pytest

import tilegan
import tilegan.cli
from tilegan.errors import SettingError
from tilegan.images.encoding import ExportOptions
from tilegan.images.reading import Reading
from tilegan.inference.options import LabelOptions, PassOptions, RunOptions, StyleOptions
from tilegan.options import changed, check_values, option, options_of, told_of
from tilegan.pipelines import StylizeSettings, plan_stylize, stylize

PAGE = Path(__file__).resolve().parents[1] / "docs" / "options.md"
BY_NAME = (StyleOptions, LabelOptions, PassOptions, RunOptions)
GROUPS = (*BY_NAME, Reading, ExportOptions)
NAMES = [entry.name for entry in options_of(*GROUPS)]


@dataclass(frozen=True)
class Brush:
    width: int = option(3, "Width in pixels", least=1, most=9)
    hair: str = option("soft", "Hair", choices=("soft", "hard"))
    colors: dict[str, int] = option(dict, "Colors")


def test_no_option_is_declared_twice():
    assert len(NAMES) == len(set(NAMES))
    flags = {"--" + (told_of(entry).flag or entry.name).replace("_", "-") for entry in options_of(*GROUPS)}
    for name in ("stylize.py", "convert.py", "fields.py", "options.py"):
        tree = ast.parse((Path(tilegan.cli.__path__[0]) / name).read_text())
        calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
        written = {
            argument.value
            for call in calls
            if ast.unparse(call.func) == "click.option"
            for argument in call.args
            if isinstance(argument, ast.Constant)
        }
        assert not written & (flags - {"--instances"} if name == "options.py" else flags), name
    for function in (stylize, plan_stylize, tilegan.stylize_array):
        source = ast.parse(inspect.getsource(function)).body[0]
        assert isinstance(source, ast.FunctionDef)
        own = {argument.arg for argument in source.args.args + source.args.kwonlyargs}
        assert not own & set(NAMES) - {"instances"}, function


@pytest.mark.parametrize("name", NAMES)
def test_help_is_one_line_that_has_no_full_stop(name):
    text = told_of(next(entry for entry in options_of(*GROUPS) if entry.name == name)).help
    assert text
    assert "\n" not in text
    assert not text.endswith(".")


def test_editors_and_help_see_the_options():
    parameters = inspect.signature(stylize).parameters
    assert {entry.name for entry in options_of(*BY_NAME)} < set(parameters)
    assert (parameters["strength"].default, parameters["strength"].annotation) == (1.0, float)
    assert list(parameters)[:3] == ["source", "output", "model"]
    assert "values" not in parameters
    assert "shard" not in inspect.signature(tilegan.stylize_array).parameters
    for function in (stylize, plan_stylize):
        told = pydoc.plain(pydoc.render_doc(function))
        assert "window: Side of the window" in told
        assert "**values" not in told


def test_names_that_are_none_are_told_with_the_nearest(tmp_path):
    for function in (stylize, plan_stylize):
        with pytest.raises(SettingError, match="no option 'windw': use 'window'"):
            function(tmp_path / "a.png", windw=3)
    with pytest.raises(SettingError, match=r"no option 'zzzzzz': use strength, "):
        tilegan.stylize_array([], zzzzzz=None)


def test_what_is_given_replaces_and_none_leaves():
    first = StylizeSettings().but(window=512, strength=0.5, options=ExportOptions(profile="keep"))
    assert (first.passes.window, first.styling.strength, first.reading.keep_profile) == (512, 0.5, True)
    second = first.but(Reading(depth="keep"), window=None, strength=0.7)
    assert (second.passes.window, second.styling.strength, second.reading.depth) == (512, 0.7, "keep")
    assert second.reading.keep_profile


def test_empty_mappings_are_not_shared_and_groups_are_kept_apart():
    brush, export = changed({"width": 5, "quality": 7}, Brush(), ExportOptions())
    assert (brush, export) == (Brush(5), ExportOptions(quality=7))
    assert Brush().colors is not Brush().colors


@pytest.mark.parametrize(
    ("brush", "message"),
    [
        (Brush(0), "no width 0: give 1 to 9"),
        (Brush(10), "no width 10: give 1 to 9"),
        (Brush(hair="long"), "no hair 'long': use soft or hard"),
    ],
)
def test_values_are_checked_by_their_fields(brush, message):
    with pytest.raises(SettingError, match=message):
        check_values(brush)
    check_values(Brush(1))
    check_values(Brush(9))


@pytest.mark.skipif(not PAGE.exists(), reason="the tests run apart from the checkout")
def test_the_page_is_made_of_the_fields():
    script = runpy.run_path(str(PAGE.with_name("options_page.py")))
    assert PAGE.read_text() == "\n".join(script["page"]()) + "\n"
