"""What the documentation points to is there, and its commands and notebooks are what the program takes."""

import ast
import json
import re
import runpy
import shlex
from collections.abc import Iterator
from itertools import takewhile
from pathlib import Path
from typing import Any

import click
import numpy as np
import pytest
import torch

import tilegan
import tilegan.cli
import tilegan.pipelines
from tilegan import tiling
from tilegan.cli.main import COMMANDS, main
from tilegan.combo import Combo
from tilegan.methods.seams import seam_energies, weave_patterns
from tilegan.networks.build import build_generator

ROOT = Path(__file__).resolve().parents[1]
PAGES = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]
SMALL = {"name": "residual", "channels": 8, "blocks": 1, "stride": 4, "detail": 4, "squint": 5}
NOTEBOOKS = list((ROOT / "docs").rglob("*.ipynb"))

pytestmark = pytest.mark.skipif(not PAGES, reason="the tests run apart from the checkout")


def notebook(path: Path) -> dict[str, Any]:
    """A notebook as JSON, the lines of its cells joined."""
    content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return content | {"cells": [cell | {"source": "".join(cell["source"])} for cell in content["cells"]]}


def code_cells(path: Path) -> list[dict[str, Any]]:
    return [cell for cell in notebook(path)["cells"] if cell["cell_type"] == "code"]


def commands(text: str) -> Iterator[list[str]]:
    """The arguments of each `tilegan` of a shell script, also of those after && or another program."""
    for line in text.splitlines():
        words = iter(shlex.split(line, comments=True))
        for word in words:
            if Path(word).name == "tilegan":
                yield list(takewhile(lambda part: part not in ("&&", "|", "&", ";", ">"), words))


def refused(arguments: list[str]) -> str:
    """Why the program does not take these arguments, without running it; empty if it does."""
    command = main.get_command(click.Context(main), arguments[0])
    if command is None:
        return f"no command {arguments[0]}"
    try:
        command.make_context(arguments[0], arguments[1:])
    except click.ClickException as error:
        return error.format_message()
    return ""


def test_links_lead_somewhere() -> None:
    texts = [(page, page.read_text()) for page in PAGES]
    texts += [(page, cell["source"]) for page in NOTEBOOKS for cell in notebook(page)["cells"]]
    links = [(page, link) for page, text in texts for link in re.findall(r"\]\(([^)#]+)\)", text) if "://" not in link]
    assert len(links) > 5
    assert [(page.name, link) for page, link in links if not (page.parent / link).exists()] == []


def test_what_is_refused_is_seen() -> None:
    text = "cd x && a/tilegan train a b --nonsense && tilegan paint  # tilegan info\ntilegan info a.tif"
    found = list(commands(text))
    assert found == [["train", "a", "b", "--nonsense"], ["paint"], ["info", "a.tif"]]
    option, command, nothing = map(refused, found)
    assert "'--nonsense'" in option
    assert (command, nothing) == ("no command paint", "")


def test_commands_of_the_pages_are_taken() -> None:
    blocks = [block for page in PAGES for block in re.findall(r"```sh\n(.*?)```", page.read_text(), re.DOTALL)]
    found = [arguments for block in blocks for arguments in commands(block)]
    assert len(found) > 20
    assert [(arguments, why) for arguments in found if (why := refused(arguments))] == []


def texts_of_the_program() -> list[str]:
    """The string constants of the program, with '...' in place of what is put into them."""
    found = []
    for package in (tilegan, tilegan.cli, tilegan.pipelines):
        for file in Path(package.__path__[0]).rglob("*.py"):
            for node in ast.walk(ast.parse(file.read_text())):
                if isinstance(node, ast.JoinedStr):
                    parts = [part.value if isinstance(part, ast.Constant) else "..." for part in node.values]
                    found.append("".join(map(str, parts)))
                elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                    found.append(node.value)
    return found


def test_messages_of_the_troubleshooting_are_those_of_the_program() -> None:
    page = (ROOT / "docs" / "troubleshooting.md").read_text()
    messages = re.findall(r"(?m)^\| `([^`]+)` \|", page)
    assert len(messages) >= 30
    texts = texts_of_the_program()
    unknown = [
        message
        for message in messages
        if not any(all(part.strip() in text for part in message.split("...")) for text in texts)
    ]
    assert unknown == []


def test_all_public_names_are_in_the_reference() -> None:
    page = (ROOT / "docs" / "api.md").read_text()
    told = set(re.findall(r"(?m)^      heading: (\S+)$", page))
    assert told == {
        f"{package.__name__}.{name}" for package in (tilegan, tilegan.pipelines, tiling) for name in package.__all__
    }


def test_all_pages_are_in_the_navigation_of_the_site() -> None:
    docs = ROOT / "docs"
    listed = re.findall(r"(?m)^ +- (?:[^#\n]+: )?([\w/-]+\.md)$", (ROOT / "mkdocs.yml").read_text())
    own = {page for page in listed if not page.startswith("project/")}  # these are made of files outside docs/
    assert own == {page.relative_to(docs).as_posix() for page in docs.rglob("*.md")}


def test_all_commands_are_in_the_reference() -> None:
    page = (ROOT / "docs" / "commands.md").read_text()
    assert dict(re.findall(r"(?m)^\| \[`(\w+)`\]\(#tilegan-\1\) \| (.*) \|$", page)) == COMMANDS


def test_notebooks_hold_no_results() -> None:
    assert NOTEBOOKS
    for path in NOTEBOOKS:
        content = notebook(path)
        assert (content["nbformat"], content["nbformat_minor"]) == (4, 5)
        assert len({cell["id"] for cell in content["cells"]}) == len(content["cells"])
        assert {cell["cell_type"] for cell in content["cells"]} == {"code", "markdown"}
        for cell in code_cells(path):
            assert (cell["outputs"], cell["execution_count"], cell["metadata"]) == ([], None, {}), path.name


@pytest.mark.parametrize("path", NOTEBOOKS, ids=[path.stem for path in NOTEBOOKS])
def test_cells_of_notebooks_compile_and_their_commands_are_taken(path: Path) -> None:
    shell = re.compile(r"(?m)^( *)[!%](.*)$")
    found = []
    for cell in code_cells(path):
        compile(shell.sub(r"\1pass", cell["source"]), cell["id"], "exec")
        found += [arguments for line in shell.finditer(cell["source"]) for arguments in commands(line[2])]
    assert {arguments[0] for arguments in found} == {"train", "evaluate", "stylize"}
    assert [(arguments, why) for arguments in found if (why := refused(arguments))] == []


def test_the_example_of_a_method_trains(monkeypatch: pytest.MonkeyPatch) -> None:
    """The method that CONTRIBUTING.md walks through follows the protocol, and learns."""
    from typing import cast

    import numpy as np
    import torch

    from tilegan.methods.base import Method
    from tilegan.methods.registry import methods
    from tilegan.training.settings import TrainSettings
    from tilegan.training.trainer import Trainer

    text = (ROOT / "CONTRIBUTING.md").read_text()
    code = next(block for block in re.findall(r"```python\n(.*?)```", text, re.DOTALL) if "class Nearest(" in block)
    assert len([line for line in code.splitlines() if line.strip()]) < 45
    made: dict[str, Any] = {"__name__": __name__}
    exec(code, made)
    monkeypatch.setitem(methods(), "nearest", cast(type[Method], made["Nearest"]))
    settings = TrainSettings.of(
        made["NearestSettings"](weight=3.0),
        tile_size=16,
        short_side=32,
        learning_rate=1e-2,
        generator={"name": "residual", "channels": 8, "blocks": 1, "stride": 4, "detail": 4},
        discriminator={"name": "patch", "channels": 4, "layers": 2},
    )
    assert TrainSettings.from_json(settings.to_json()) == settings
    trainer = Trainer(settings, torch.device("cpu"), torch.float32)
    crops = np.random.default_rng(0).integers(0, 256, (4, 32, 32, 3), np.uint8)
    losses = [trainer.train_step(crops, crops // 2)["distance"] for _ in range(30)]
    assert losses[-1] < 0.8 * losses[0]


@pytest.mark.slow
def test_the_table_of_what_is_carried_is_what_comes_out() -> None:
    pillow_heif = pytest.importorskip("pillow_heif", reason="the extra heic is not installed")
    pillow_heif.register_heif_opener()
    script = runpy.run_path(str(ROOT / "docs" / "carried_table.py"))
    assert "\n".join(script["table"]()) in (ROOT / "docs" / "formats.md").read_text()


def test_weights_are_averaged_and_noise_is_reduced() -> None:
    script = runpy.run_path(str(ROOT / "docs" / "average_weights.py"))
    torch.manual_seed(0)
    architectures = [{**SMALL, "noise": 1, "drifts": 1}, {**SMALL, "noise": 1}]
    facts = {"steps": 7}, {"steps": 8, "summary": "dabs"}
    models = [
        tilegan.Translator.of(build_generator(each), each, 32, facts=known)
        for each, known in zip(architectures, facts, strict=True)
    ]
    found = script["averaged"](models, [0.25, 0.75], (0.5, 1.0), {"washes": 3})
    assert (found.architecture, found.facts) == (
        architectures[0] | {"washes": 3},
        {"steps": 7, "summary": "dabs"},
    )
    assert found.halo > models[0].halo
    first, second, mean = (each.weights() for each in (*models, found))
    torch.testing.assert_close(mean["head.weight"], 0.25 * first["head.weight"] + 0.75 * second["head.weight"])
    name = "noise.convolution.weight"
    torch.testing.assert_close(mean[name], 0.125 * first[name] + 0.375 * second[name])
    torch.testing.assert_close(mean["drift.convolution.weight"], 0.25 * first["drift.convolution.weight"])


def model_with_a_pattern(one_ink: bool = False) -> tilegan.Translator:
    """A small model whose results have a strong weave; with one ink they have no colors of their own."""
    torch.manual_seed(0)
    architecture = {**SMALL, "noise": 1}
    generator = build_generator(architecture)
    for layer, deviation in ((generator.up, 2), (generator.tail, 0.3), (generator.noise.convolution, 1)):
        torch.nn.init.normal_(layer.weight, std=deviation)
    if one_ink:
        generator.tail.weight.data[1:] = generator.tail.weight.data[:1]
    return tilegan.Translator.of(generator, architecture, 32)


def changed_layers(before: tilegan.Translator, after: tilegan.Translator) -> set[str]:
    pairs = zip(before.weights().items(), after.weights().values(), strict=True)
    return {name.split(".")[0] for (name, first), second in pairs if not torch.equal(first, second)}


def flat_photographs() -> list[np.ndarray]:
    random = np.random.default_rng(0)
    return [random.integers(0, 256, 3, np.uint8) * np.ones((128, 160, 1), np.uint8) for _ in range(4)]


def test_a_weave_is_removed_by_the_last_layers_alone() -> None:
    script = runpy.run_path(str(ROOT / "docs" / "remove_weave.py"))
    model, photographs = model_with_a_pattern(), flat_photographs()
    found = script["without_pattern"](model, photographs, 60)
    crops, weaves = script["crops_of"](photographs, np.random.default_rng(0)), []
    for each in (model, found):
        network = build_generator(model.architecture)  # in training, so that it has noise
        network.load_state_dict(each.weights())
        torch.manual_seed(1)
        weaves.append(weave_patterns(network(crops), 4).mean(0).norm().item())
    assert weaves[1] < 0.6 * weaves[0]
    assert changed_layers(model, found) == {"up", "refine", "tail"}


def test_seams_between_joined_tiles_are_removed() -> None:
    script = runpy.run_path(str(ROOT / "docs" / "remove_weave.py"))
    torch.manual_seed(0)
    generator = build_generator(SMALL).eval()
    torch.nn.init.normal_(generator.tail.weight, std=0.3)
    model = tilegan.Translator.of(generator, SMALL, 32)
    random = np.random.default_rng(0)
    ramp = np.linspace(0, 255, 160).astype(np.uint8) * np.ones((128, 1), np.uint8)
    photographs = [np.stack((ramp, ramp[:, ::-1], ramp // factor), -1) for factor in (1, 2, 3, 4)]
    crops = script["crops_of"](photographs, random)
    found = script["without_pattern"](model, photographs, 30, seams=True)
    seams = []
    for each in (model, found):
        with torch.no_grad():
            seams.append(seam_energies(Combo(each.generator)(crops) - generator(crops)).mean().item())
    assert seams[1] < 0.8 * seams[0]
    assert "tail" in changed_layers(model, found)


@pytest.mark.parametrize("seams", [False, True])
def test_where_there_is_one_ink_the_layer_that_gives_colors_stays(seams: bool) -> None:
    script = runpy.run_path(str(ROOT / "docs" / "remove_weave.py"))
    model = model_with_a_pattern(one_ink=True)
    changed = changed_layers(model, script["without_pattern"](model, flat_photographs(), 2, seams=seams))
    last = {"up", "refine"}
    assert changed > last and "tail" not in changed if seams else changed == last
