"""Models as ONNX files: metadata, any size, and the same numbers in ONNX Runtime and when imported again."""

import json
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
import torch

from tilegan.errors import ModelError, OutputError, OutputExistsError
from tilegan.networks.build import build_generator
from tilegan.pipelines import export, import_network
from tilegan.translator import Translator, load

ARCHITECTURES = {
    "residual": {"name": "residual", "channels": 8, "blocks": 1, "stride": 4, "detail": 4},
    "washes": {"name": "residual", "channels": 8, "blocks": 1, "stride": 4, "detail": 4, "squint": 2, "washes": 3},
    "resnet": {"name": "resnet", "channels": 4, "blocks": 1, "norm": "instance"},
    "unet": {"name": "unet", "channels": 4, "downs": 2},
    "srresnet": {"name": "srresnet", "channels": 4, "blocks": 1, "scale": 2},
}


def model(name: str, folder: Path) -> Path:
    torch.manual_seed(0)
    generator = build_generator(ARCHITECTURES[name])
    for weight in generator.parameters():
        torch.nn.init.normal_(weight, std=0.2)
    path = folder / f"{name}.safetensors"
    Translator.of(generator, ARCHITECTURES[name], 64, name=name).save(path)
    return path


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_the_file_runs_at_any_size_and_says_what_windows_need(name: str, tmp_path: Path) -> None:
    path = model(name, tmp_path)
    made = export(path, tmp_path / "made.onnx")
    assert made.levels < 0.1
    told = {entry.key: json.loads(entry.value) for entry in onnx.load(str(made.output)).metadata_props}
    translator = load(path, "cpu", "float32")
    translator = translator.frozen() if translator.needs_statistics else translator
    assert told["halo"] == translator.halo == made.halo > 0
    assert (told["stride"], told["scale"]) == (translator.stride, translator.scale)
    assert (told["range"], told["name"]) == ([0, 1], name)
    session = onnxruntime.InferenceSession(str(made.output), providers=["CPUExecutionProvider"])
    image = np.random.default_rng(0).random((2, 3, 40, 56)).astype(np.float32)
    theirs = session.run(None, {"image": image})[0]
    with torch.no_grad():
        ours = load(path, "cpu", "float32").generator(torch.from_numpy(image) * 2 - 1).numpy() / 2 + 0.5
    assert np.abs(theirs - ours.clip(0, 1)).max() < 1e-3


@pytest.mark.parametrize("name", ["residual", "washes"])
def test_what_is_exported_can_be_imported(name: str, tmp_path: Path) -> None:
    path = model(name, tmp_path)
    export(path, tmp_path / "made.onnx")
    import_network(tmp_path / "made.onnx", tmp_path / "again.safetensors")
    before, after = (load(each, "cpu", "float32") for each in (path, tmp_path / "again.safetensors"))
    assert after.halo == before.halo
    image = np.random.default_rng(0).integers(0, 256, (50, 70, 3)).astype(np.uint8)
    assert np.abs(before.translate(image).astype(int) - after.translate(image)).max() <= 1


@pytest.mark.slow
def test_a_program_of_torch_export_can_be_imported(tmp_path: Path) -> None:
    made = export(model("unet", tmp_path), tmp_path / "made.pt2")
    assert made.levels < 1
    extra = {"tilegan.json": ""}
    torch.export.load(made.output, extra_files=extra)
    assert json.loads(extra["tilegan.json"])["halo"] == made.halo > 0
    found = import_network(made.output, tmp_path / "again.safetensors").info
    assert found.known == {"layout": "declared", "range": "declared", "order": "declared"}
    assert (found.verdict.reach.halo, found.verdict.reach.stride) == (made.halo, made.stride)


def test_other_outputs_and_models_are_refused(tmp_path: Path) -> None:
    path = model("unet", tmp_path)
    with pytest.raises(OutputError, match=r"ends in \.onnx or \.pt2"):
        export(path, tmp_path / "made.pth")
    (tmp_path / "there.onnx").touch()
    with pytest.raises(OutputExistsError):
        export(path, tmp_path / "there.onnx")
    gray = ARCHITECTURES["residual"] | {"inputs": 1}
    Translator.of(build_generator(gray), gray, 64).save(tmp_path / "gray.safetensors")
    with pytest.raises(ModelError, match="three channels"):
        export(tmp_path / "gray.safetensors", tmp_path / "gray.onnx")
    assert not (tmp_path / "gray.onnx").exists()
