"""What run folders of trainings hold."""

import json
from pathlib import Path


def losses(run: Path) -> list[object]:
    """The number and the losses of each step."""
    lines = [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]
    return [(line["step"], line["losses"]) for line in lines]
