"""Prefect: a flow with one task per image, which is retried and resumed.

    python prefect_flow.py IN_DIR OUT_DIR MODEL

A task that fails by accident (a full disk, too little memory, a lost mount) is retried and continues its unfinished
work. Errors that no retry mends (a damaged image, another setting) fail at once.
"""

import sys
from pathlib import Path

from prefect import flow, task
from prefect.logging import get_run_logger
from prefect.states import Completed, Failed, State

from tilegan.errors import ImageError, ModelError, ResumeError, SettingError
from tilegan.pipelines import stylize


def can_be_retried(_task: object, _run: object, state: State) -> bool:
    """Return whether another attempt may succeed."""
    error = state.result(raise_on_failure=False)
    return not isinstance(error, (ImageError, ModelError, ResumeError, SettingError))


@task(task_run_name="stylize {image.name}", retries=2, retry_delay_seconds=5, retry_condition_fn=can_be_retried)
def stylize_image(image: Path, output: Path, model: str) -> str:
    """Stylize one image; with ``resume``, a repeated task goes on, and does nothing if the result is there."""
    result = stylize(image, output, model, precision="float32", resume=True)
    get_run_logger().info("%s in %.1f s", result.output, result.seconds)
    return str(result.output)


@flow(name="paint a folder")
def paint(images: Path, folder: Path, model: str) -> State:
    """Stylize all PNG images of a folder, one after another: one image already uses all cores."""
    folder.mkdir(parents=True, exist_ok=True)
    states = [
        stylize_image(image, folder / image.name, model, return_state=True) for image in sorted(images.glob("*.png"))
    ]
    failed = sum(not state.is_completed() for state in states)
    if failed:
        return Failed(message=f"{failed} of {len(states)} images failed")
    return Completed(message=f"{len(states)} images")


if __name__ == "__main__":
    state = paint(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3], return_state=True)
    print(state.message)
    sys.exit(0 if state.is_completed() else 1)
