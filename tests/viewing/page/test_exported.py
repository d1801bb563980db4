"""The example that runs an exported model in a browser; TILEGAN_ORT_WEB names the folder dist of onnxruntime-web."""

import base64
import io
import os
import shutil
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest
from PIL import Image

from tilegan.pipelines import export
from tilegan.translator import Translator

EXAMPLE = Path(__file__).parents[3] / "examples" / "browser"
NEEDED = ("ort.wasm.min.mjs", "ort-wasm-simd-threaded.mjs", "ort-wasm-simd-threaded.wasm")


class Quiet(SimpleHTTPRequestHandler):
    """Serves files and says nothing."""

    extensions_map: ClassVar = {**SimpleHTTPRequestHandler.extensions_map, ".mjs": "text/javascript"}

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


@pytest.mark.slow
def test_an_exported_model_in_a_browser_paints_what_stylize_paints(
    chromium: Any, random_translator: Translator, tmp_path: Path
) -> None:
    runtime = Path(os.environ.get("TILEGAN_ORT_WEB", ""))
    if not (runtime / NEEDED[0]).is_file():
        pytest.skip("no onnxruntime-web: TILEGAN_ORT_WEB names its folder dist")
    shutil.copytree(EXAMPLE, tmp_path / "site")
    (tmp_path / "site" / "ort").mkdir()
    for name in NEEDED:
        shutil.copy(runtime / name, tmp_path / "site" / "ort")
    random_translator.save(tmp_path / "model.safetensors")
    export(tmp_path / "model.safetensors", tmp_path / "model.onnx")
    pixels = np.random.default_rng(0).integers(0, 256, (270, 301, 3)).astype(np.uint8)
    Image.fromarray(pixels).save(tmp_path / "picture.png")
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=tmp_path / "site"))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        page = chromium.new_page()
        page.goto(f"http://127.0.0.1:{server.server_port}/")
        page.set_input_files("#model", tmp_path / "model.onnx")
        page.set_input_files("#picture", tmp_path / "picture.png")
        page.click("#start")
        page.wait_for_function("document.querySelector('#state').value.match(/[a-z]/)", timeout=120_000)
        assert page.evaluate("document.querySelector('#state').value") == "done"
        url = page.evaluate("document.querySelector('#canvas').toDataURL()")
        page.close()
    finally:
        server.shutdown()
    found = np.asarray(Image.open(io.BytesIO(base64.b64decode(url.partition(",")[2]))).convert("RGB"))
    expected = random_translator.translate(pixels)
    assert found.shape == expected.shape
    assert np.abs(found.astype(int) - expected).max() <= 1
