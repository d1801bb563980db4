"""An HTTP service with a job queue, in one file: POST an image, GET its status and its result, DELETE to cancel.

    pip install "tilegan" fastapi uvicorn
    TILEGAN_JOBS=jobs TILEGAN_MODEL=vangogh python service.py 8000
    curl --data-binary @photo.jpg http://127.0.0.1:8000/jobs          # {"id": "3f...", "status": "queued", ...}
    curl http://127.0.0.1:8000/jobs/3f...                             # {"status": "running", "done": 0.4, ...}
    curl -o painted.png http://127.0.0.1:8000/jobs/3f.../result
    curl -X DELETE http://127.0.0.1:8000/jobs/3f...

- A job is a folder: the image, its status, the result. After a restart, also after a kill, unfinished jobs go on.
- The name of a job is a digest of image and model: posting the same image again returns the same job.
- The queue is bounded: if it is full, POST is answered with 503 and may be repeated later.
- One thread computes, since one image uses all cores. Start one process of this service per folder of jobs.

It has no authentication: put it behind a server that has.
"""

import hashlib
import json
import os
import queue
import sys
import threading
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import uvicorn
from fastapi import FastAPI, HTTPException, Request
from fastapi.responses import FileResponse

import tilegan
from tilegan.errors import TileganError
from tilegan.pipelines import stylize

JOBS = Path(os.environ.get("TILEGAN_JOBS", "jobs"))
MODEL = os.environ.get("TILEGAN_MODEL", "vangogh")
WAITING = int(os.environ.get("TILEGAN_WAITING", "16"))  # jobs that may wait, beside the one that is computed
BYTES = int(os.environ.get("TILEGAN_BYTES", str(200 * 2**20)))  # of an image
SECONDS = float(os.environ.get("TILEGAN_SECONDS", "3600"))  # for an image
SHARD = int(os.environ.get("TILEGAN_SHARD", "512"))  # cancellation takes effect at the end of a shard


class StoppedError(Exception):
    """The work was stopped; ``outcome`` is what changes in the job."""

    def __init__(self, **outcome: Any) -> None:
        super().__init__()
        self.outcome = outcome


class Desk:
    """The jobs, the queue, and the thread that works on it."""

    def __init__(self) -> None:
        self.jobs: dict[str, dict[str, Any]] = {}
        self.lock = threading.Lock()
        self.waiting: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        self.closing = threading.Event()
        self.thread = threading.Thread(target=self.work)

    def start(self) -> None:
        """Find the jobs of earlier processes, and continue the unfinished ones, oldest first."""
        self.translator = tilegan.load(MODEL, precision="float32")
        JOBS.mkdir(parents=True, exist_ok=True)
        for upload in JOBS.glob("*.upload"):  # uploads that a kill cut off
            upload.unlink()
        records = [json.loads(file.read_text()) for file in JOBS.glob("*/job.json")]
        for job in sorted(records, key=lambda job: job["created"]):
            self.jobs[job["id"]] = job
            if job["status"] in ("queued", "running"):
                self.keep(job, status="queued")
                self.waiting.put(job["id"])
        self.thread.start()

    def close(self) -> None:
        """Stop the work at its next shard; the job continues when the service is started again."""
        self.closing.set()
        self.waiting.put(None)
        self.thread.join()

    def keep(self, job: dict[str, Any], **changes: Any) -> None:
        """Change a job, and write it to disk: as a whole or not at all."""
        job.update(changes)
        file = JOBS / job["id"] / "job.json"
        fresh = file.with_suffix(".fresh")
        fresh.write_text(json.dumps(job))
        fresh.replace(file)

    def add(self, name: str, upload: Path) -> dict[str, Any]:
        """Queue an image, unless it is known and was neither cancelled nor failed."""
        with self.lock:
            job = self.jobs.get(name)
            if job is not None and job["status"] in ("queued", "running", "done"):
                upload.unlink()
                return dict(job)
            if sum(each["status"] == "queued" for each in self.jobs.values()) >= WAITING:
                upload.unlink()
                raise HTTPException(503, "the queue is full: try again later", {"Retry-After": "30"})
            (JOBS / name).mkdir(exist_ok=True)
            if (JOBS / name / "image").exists():
                upload.unlink()  # resuming refuses an image of another time, even if its bytes are the same
            else:
                upload.replace(JOBS / name / "image")
            job = self.jobs[name] = {"id": name, "created": time.time()}
            self.keep(job, status="queued", done=0.0, error=None)
            self.waiting.put(name)
            return dict(job)

    def cancel(self, name: str) -> dict[str, Any]:
        """Cancel a job that waits or is computed; a finished one stays as it is."""
        with self.lock:
            job = self.jobs[name]
            if job["status"] in ("queued", "running"):
                self.keep(job, status="cancelled")
            return dict(job)

    def work(self) -> None:
        """Compute one job after another."""
        while (name := self.waiting.get()) is not None and not self.closing.is_set():
            job = self.jobs[name]
            with self.lock:
                if job["status"] != "queued":
                    continue
                self.keep(job, status="running")
            try:
                self.paint(job)
                outcome: dict[str, Any] = {"status": "done", "done": 1.0}
            except StoppedError as stopped:
                outcome = stopped.outcome
            except TileganError as error:  # of the image or of the disk, in one line
                outcome = {"status": "failed", "error": str(error)}
            except Exception as error:  # a mistake in the program: the next job may work
                outcome = {"status": "failed", "error": f"{type(error).__name__}: {error}"}
            with self.lock:
                self.keep(job, **outcome)

    def paint(self, job: dict[str, Any]) -> None:
        """Stylize the image of a job, or go on with it."""
        folder, deadline = JOBS / job["id"], time.monotonic() + SECONDS

        def progress(phase: str, done: int, total: int) -> None:
            """Note the progress; an exception stops the work, and what is finished of it stays for ``resume``."""
            if self.closing.is_set():
                raise StoppedError(status="queued")
            if time.monotonic() > deadline:
                error = f"took more than {SECONDS:g} seconds: post the image again to continue"
                raise StoppedError(status="failed", error=error)
            if job["status"] == "cancelled":
                raise StoppedError()  # it may be queued again by now
            if phase == "stylize":
                job["done"] = round(done / total, 3)

        stylize(folder / "image", folder / "result.png", self.translator, resume=True, shard=SHARD, progress=progress)


desk = Desk()


@asynccontextmanager
async def lifespan(_: FastAPI) -> AsyncIterator[None]:
    """Work while the service runs."""
    desk.start()
    yield
    desk.close()


app = FastAPI(title="tilegan", lifespan=lifespan)


@app.post("/jobs", status_code=202)
async def post(request: Request) -> dict[str, Any]:
    """Take an image, the body of the request, in any format that is read."""
    digest, size = hashlib.sha256(MODEL.encode()), 0
    upload = JOBS / f"{time.time_ns()}.upload"
    try:
        with upload.open("xb") as file:
            async for part in request.stream():
                size += len(part)
                if size > BYTES:
                    raise HTTPException(413, f"the image has more than {BYTES} bytes")
                digest.update(part)
                file.write(part)
        return desk.add(digest.hexdigest()[:32], upload)
    finally:
        with suppress(FileNotFoundError):
            upload.unlink()


@app.get("/jobs/{name}")
def status(name: str) -> dict[str, Any]:
    """Tell how far a job is: ``queued``, ``running``, ``done``, ``failed`` (with ``error``) or ``cancelled``."""
    return dict(known(name))


@app.get("/jobs/{name}/result")
def result(name: str) -> FileResponse:
    """Send the result of a finished job."""
    if known(name)["status"] != "done":
        raise HTTPException(409, f"the job is {known(name)['status']}")
    return FileResponse(JOBS / name / "result.png", media_type="image/png")


@app.delete("/jobs/{name}")
def cancel(name: str) -> dict[str, Any]:
    """Cancel a job; posting its image again continues it."""
    known(name)
    return desk.cancel(name)


def known(name: str) -> dict[str, Any]:
    """Return a job; names from outside are only looked up, never made into paths before."""
    if name not in desk.jobs:
        raise HTTPException(404, "there is no such job")
    return desk.jobs[name]


if __name__ == "__main__":
    uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[1]) if len(sys.argv) > 1 else 8000)
