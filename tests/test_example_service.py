"""The service of examples/, as a process of its own, by HTTP."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from tilegan.pipelines import stylize
from tilegan.translator import Translator

SERVICE = Path(__file__).resolve().parents[1] / "examples" / "service.py"

pytest.importorskip("fastapi")
pytest.importorskip("uvicorn")
pytestmark = [
    pytest.mark.skipif(not SERVICE.exists(), reason="the tests run apart from the checkout"),
    pytest.mark.slow,  # each starts a process that imports torch
]


class Service:
    """A running service, and requests to it."""

    def __init__(self, folder: Path, model: Path, **settings: object) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        values = {"JOBS": folder, "MODEL": model, "SHARD": 64, **settings}
        environment = os.environ | {f"TILEGAN_{name}": str(value) for name, value in values.items()}
        command = [sys.executable, str(SERVICE), str(self.port)]
        log = folder.with_suffix(f".{self.port}.log")  # a line per request: a pipe that nobody reads would fill up
        with log.open("wb") as output:
            self.process = subprocess.Popen(command, env=environment, stdout=output, stderr=subprocess.STDOUT)
        while True:
            assert self.process.poll() is None, log.read_text()
            try:
                socket.create_connection(("127.0.0.1", self.port)).close()
                return
            except ConnectionRefusedError:
                time.sleep(0.05)

    def ask(self, method: str, path: str, body: bytes | None = None) -> tuple[int, bytes]:
        """The status and the body of an answer."""
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}{path}", body, method=method)
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return answer.status, answer.read()
        except urllib.error.HTTPError as error:
            return error.code, error.read()

    def post(self, image: Path) -> dict[str, Any]:
        """The job of an image that is accepted."""
        code, body = self.ask("POST", "/jobs", image.read_bytes())
        assert code == 202, body
        return json.loads(body)

    def job(self, name: str) -> dict[str, Any]:
        return json.loads(self.ask("GET", f"/jobs/{name}")[1])

    def wait(self, name: str, *statuses: str, done: float = 0.0) -> dict[str, Any]:
        """Wait until a job is in one of these states, at least so far."""
        deadline = time.monotonic() + 300  # only so that nothing waits for ever
        while (job := self.job(name))["status"] not in statuses or job["done"] < done:
            assert job["status"] != "failed" and time.monotonic() < deadline, job
            time.sleep(0.02)
        return job

    def end(self, number: signal.Signals) -> None:
        self.process.send_signal(number)
        self.process.wait(timeout=120)


@pytest.fixture
def started(tmp_path: Path, random_translator: Translator) -> Iterator[Any]:
    """Start services on one folder of jobs; whatever still runs is killed at the end."""
    services: list[Service] = []
    random_translator.save(tmp_path / "tiny.safetensors")

    def start(**settings: object) -> Service:
        services.append(Service(tmp_path / "jobs", tmp_path / "tiny.safetensors", **settings))
        return services[-1]

    yield start
    for service in services:
        if service.process.poll() is None:
            service.end(signal.SIGKILL)


def draw(path: Path, side: int, seed: int = 0) -> Path:
    Image.fromarray(np.random.default_rng(seed).integers(0, 256, (side, side, 3), np.uint8)).save(path)
    return path


def test_jobs_survive_a_kill_and_are_cancelled(started, tmp_path):
    small, large = draw(tmp_path / "small.png", 100), draw(tmp_path / "large.png", 900, 1)
    service = started(WAITING=1)
    name = service.post(large)["id"]
    service.wait(name, "running", done=0.01)
    waiting = service.post(small)["id"]
    assert service.job(waiting)["status"] == "queued"
    assert service.post(large)["id"] == name  # the same image is the same job
    assert service.ask("POST", "/jobs", draw(tmp_path / "third.png", 50).read_bytes())[0] == 503
    assert service.ask("GET", f"/jobs/{name}/result")[0] == 409
    service.end(signal.SIGKILL)
    assert list((tmp_path / "jobs" / name / "result.png.partial" / "journal" / "0").iterdir())

    service = started()
    service.wait(name, "running", done=0.01)
    cancelled = json.loads(service.ask("DELETE", f"/jobs/{name}")[1])
    assert cancelled["status"] == "cancelled"
    service.wait(waiting, "done")  # the queue goes on
    assert not (tmp_path / "jobs" / name / "result.png").exists()
    assert service.post(large)["status"] == "queued"  # again, from where it stopped
    service.wait(name, "done")
    for image, job in ((small, waiting), (large, name)):
        stylize(image, image.with_suffix(".whole.png"), tmp_path / "tiny.safetensors", precision="float32")
        code, body = service.ask("GET", f"/jobs/{job}/result")
        assert (code, body) == (200, image.with_suffix(".whole.png").read_bytes())
    assert json.loads(service.ask("DELETE", f"/jobs/{name}")[1])["status"] == "done"
    service.end(signal.SIGTERM)


def test_what_fails_is_told_and_the_queue_goes_on(started, tmp_path):
    service = started(BYTES=50_000)
    (tmp_path / "broken.png").write_bytes(b"no image")
    name = service.post(tmp_path / "broken.png")["id"]
    assert "image" in service.wait(name, "failed")["error"]
    good = service.post(draw(tmp_path / "good.png", 100))["id"]
    service.wait(good, "done")
    assert service.ask("POST", "/jobs", bytes(50_001))[0] == 413
    assert [service.ask(*asked)[0] for asked in (("GET", "/jobs/x"), ("DELETE", "/jobs/x"))] == [404, 404]
    assert list((tmp_path / "jobs").glob("*.upload")) == []
    service.end(signal.SIGTERM)


def test_a_job_that_takes_too_long_is_stopped_and_a_stopped_service_goes_on(started, tmp_path):
    image = draw(tmp_path / "image.png", 600)
    service = started(SECONDS=0)
    name = service.post(image)["id"]
    assert "more than 0 seconds" in service.wait(name, "failed")["error"]
    service.end(signal.SIGTERM)
    service = started()
    assert service.post(image)["id"] == name
    service.end(signal.SIGTERM)  # at the next shard
    assert json.loads((tmp_path / "jobs" / name / "job.json").read_text())["status"] in ("queued", "done")
    service = started()
    service.wait(name, "done")
    service.end(signal.SIGTERM)
