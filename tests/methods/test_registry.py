"""Methods by name, and their numbers from words."""

from pathlib import Path

import pytest

from tilegan.errors import SettingError
from tilegan.methods.registry import find_method, method_settings, methods, type_of
from tilegan.methods.siamese import Siamese, SiameseSettings
from tilegan.methods.srgan import SRGanSettings
from tilegan.training.settings import TrainSettings


def test_numbers_may_be_words() -> None:
    found = method_settings("siamese", {"margin": "3", "joined": "False", "palette": 0.5})
    assert found == SiameseSettings(margin=3.0, joined=False, palette=0.5)
    assert type_of(found) is Siamese


def test_files_are_found_again_from_elsewhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    assert method_settings("srgan", {"vgg": "vgg.safetensors"}) == SRGanSettings(vgg=f"{tmp_path}/vgg.safetensors")
    assert method_settings("srgan", {"vgg": ""}) == SRGanSettings()


@pytest.mark.parametrize(
    ("name", "numbers", "message"),
    [
        ("magic", {}, "no method 'magic': there are siamese"),
        ("siamese", {"depth": "3"}, "siamese has no depth: it has joined, "),
        ("siamese", {"color_maps": "3"}, "siamese has no color_maps: it has joined, "),
        ("siamese", {"margin": "far"}, "margin cannot be 'far': give a number"),
        ("srgan", {"vgg": "."}, "vgg cannot be '.', a folder: give a file"),
        ("siamese", {"joined": "2"}, "joined cannot be '2': give true or false"),
        ("siamese", {"palette": "2"}, "palette must be from 0 to 1"),
    ],
)
def test_mistakes_are_named(name: str, numbers: dict[str, str], message: str) -> None:
    with pytest.raises(SettingError, match=message):
        method_settings(name, numbers)


@pytest.mark.parametrize("name", methods())
def test_settings_of_every_method_survive_json_and_bring_its_defaults(name: str) -> None:
    method = find_method(name)
    settings = TrainSettings.of(method_settings(name, {}), steps=7)
    assert (settings.learning_rate, settings.discriminator_rate) == method.rates
    assert (settings.generator, settings.discriminator) == method.architectures
    assert settings.steps == 7
    assert TrainSettings.from_json(settings.to_json()) == settings
