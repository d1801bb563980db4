"""Options are declared once, and signature, docstring and page follow from the fields."""

import ast
import inspect
import pydoc
import runpy
from dataclasses import dataclass, fields
from pathlib import Path

import pytest

import tilegan
import tilegan.cli
from tilegan.cli.train import METHOD_OPTIONS
from tilegan.errors import SettingError
from tilegan.images.encoding import ExportOptions
from tilegan.images.reading import Reading
from tilegan.inference.options import LabelOptions, PassOptions, RunOptions, StyleOptions
from tilegan.methods.registry import methods, type_of
from tilegan.methods.settings import MethodSettings
from tilegan.methods.siamese_settings import SiameseSettings
from tilegan.options import changed, check_values, info_of, option, options_of
from tilegan.pipelines import StylizeSettings, convert, evaluate, plan_stylize, stylize, train
from tilegan.pipelines.evaluate import OPTIONS as EVALUATE
from tilegan.pipelines.train import plan
from tilegan.pipelines.train_settings import ASKED, TrainRequest
from tilegan.training.options import DEFAULT_METHOD
from tilegan.training.settings import TrainSettings

PAGE = Path(__file__).resolve().parents[1] / "docs" / "options.md"
BY_NAME = (StyleOptions, LabelOptions, PassOptions, RunOptions)
STYLIZE = (*BY_NAME, Reading, ExportOptions)
TRAIN = ASKED[1:]
GROUPS = tuple(dict.fromkeys([*STYLIZE, *(group for group in (*TRAIN, *EVALUATE) if isinstance(group, type))]))
SETTINGS = [MethodSettings, *(method.settings_type for method in methods().values())]


@dataclass(frozen=True)
class Brush:
    width: int = option(3, "Width in pixels", least=1, most=9)
    hair: str = option("soft", "Hair", choices=("soft", "hard"))
    colors: dict[str, int] = option(dict, "Colors")


def names(*groups):
    return [entry.name for entry in options_of(*groups)]


@pytest.mark.parametrize("groups", [STYLIZE, TRAIN, EVALUATE], ids=["stylize", "train", "evaluate"])
def test_a_command_has_each_option_once(groups):
    assert len(names(*groups)) == len(set(names(*groups)))
    flags = [info_of(entry).flag or entry.name for entry in options_of(*groups)]
    assert len(flags) == len(set(flags))


def test_settings_of_methods_are_no_options_of_training():
    for kind in SETTINGS:
        assert not set(names(kind)) & set(names(*ASKED)), kind


def test_the_settings_with_an_option_of_their_own_are_those_of_the_default_method():
    assert set(METHOD_OPTIONS) <= set(names(SiameseSettings))
    assert type_of(SiameseSettings()).name == DEFAULT_METHOD


def test_what_is_no_option_of_a_method_is_fitted():
    """All other fields are options, so that no setting is without help."""
    others = {entry.name for kind in SETTINGS for entry in fields(kind)} - {
        name for kind in SETTINGS for name in names(kind)
    }
    assert others == {"color_maps"}


def test_no_option_is_declared_twice():
    flags = {"--" + (info_of(entry).flag or entry.name).replace("_", "-") for entry in options_of(*GROUPS, *SETTINGS)}
    for name in ("stylize.py", "convert.py", "train.py", "evaluate.py", "fields.py", "options.py"):
        tree = ast.parse((Path(tilegan.cli.__path__[0]) / name).read_text())
        calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
        written = {
            argument.value
            for call in calls
            if ast.unparse(call.func) == "click.option"
            for argument in call.args
            if isinstance(argument, ast.Constant)
        }
        # the commands take the run that is resumed, where stylize has a flag
        assert not written & (flags - {"--resume"} if name == "train.py" else flags), name
    arrays = {"instances"}  # of stylize_array: an array, and no file
    for function, known in (
        (stylize, names(*STYLIZE)),
        (plan_stylize, names(*STYLIZE)),
        (tilegan.stylize_array, set(names(*STYLIZE)) - arrays),
        (train, names(*TRAIN, *SETTINGS)),
        (plan, names(*TRAIN, *SETTINGS)),
        (evaluate, names(*EVALUATE)),
        (convert, names(RunOptions)),
    ):
        source = ast.parse(inspect.getsource(function)).body[0]
        assert isinstance(source, ast.FunctionDef)
        own = {argument.arg for argument in source.args.args + source.args.kwonlyargs}
        assert not own & set(known), function


@pytest.mark.parametrize("group", [*GROUPS, *SETTINGS], ids=lambda group: group.__name__)
def test_help_is_one_line_that_has_no_full_stop(group):
    for entry in options_of(group):
        text = info_of(entry).help
        assert text
        assert "\n" not in text
        assert not text.endswith("."), entry.name


@pytest.mark.parametrize("groups", [TRAIN, EVALUATE], ids=["train", "evaluate"])
def test_python_takes_the_options_of_a_command(groups):
    functions = (train, plan) if groups is TRAIN else (evaluate,)
    for function in functions:
        assert set(names(*groups)) < set(inspect.signature(function).parameters)
        told = pydoc.plain(pydoc.render_doc(function))
        assert "**values" not in told
        assert all(f"{name}: " in told for name in names(*groups))


def test_a_training_is_asked_for_by_name():
    """Options replace those of settings that are given, and settings of the method are options, too."""
    given = {"steps": 10, "content_weight": "0.5", "derive": None, "cache": 5, "device": "cpu", "norm": "instance"}
    request = TrainRequest.of(**given, init="none")
    assert (request.settings.steps, request.settings.tile_size) == (10, TrainSettings().tile_size)
    assert request.settings.method == SiameseSettings(content_weight=0.5)
    assert request.settings.generator["norm"] == "instance"
    assert (request.upkeep.cache, request.pairing.derive) == (5, "")
    other = TrainRequest.of(TrainSettings(batch=3, seed=7), batch=2, palette=0.25).settings
    assert (other.batch, other.seed, other.method) == (2, 7, SiameseSettings(palette=0.25))
    srgan = TrainRequest.of(method="srgan", method_settings={"pixel_weight": "3"}).settings
    assert (srgan.method.pixel_weight, srgan.short_side) == (3.0, 1024)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"stepps": 3}, "no option 'stepps': use 'steps'"),
        ({"window": 3}, "no option 'window'"),
        ({"method": "cyclegan", "margin": 3}, "cyclegan has no margin"),
        ({"generator": "vgg"}, "no generator 'vgg': use residual, unet or resnet"),
        ({"settings": TrainSettings(), "method": "cyclegan"}, "the settings are those of siamese"),
        ({"steps": 0}, "steps must be at least 1, not 0"),
        ({"checkpoint_every": 0}, "checkpoint every must be at least 1 step, not 0"),
    ],
)
def test_what_cannot_be_asked_of_a_training(values, message):
    with pytest.raises(SettingError, match=message):
        TrainRequest.of(**values)


def test_python_refuses_what_is_no_option(tmp_path):
    with pytest.raises(SettingError, match="no option 'stepps': use 'steps'"):
        train(tmp_path, tmp_path, stepps=3)
    with pytest.raises(SettingError, match="no option 'image': use 'images'"):
        evaluate("vangogh", tmp_path, image=3)


def test_editors_and_help_see_the_options():
    parameters = inspect.signature(stylize).parameters
    assert {entry.name for entry in options_of(*BY_NAME)} < set(parameters)
    assert (parameters["strength"].default, parameters["strength"].annotation) == (1.0, float | str | Path)
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
