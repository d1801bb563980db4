"""tilegan doctor: what is installed, and how fast this machine is."""

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from tilegan.cli.fields import options
from tilegan.inference.options import DEFAULT_MODEL, PassOptions

if TYPE_CHECKING:
    from tilegan.pipelines.doctor import DoctorResult
    from tilegan.pipelines.doctor_speed import ModelSpeed

GIB = 2**30
MINUTE, HOUR = 60, 3600  # seconds


@click.command()
@click.option(
    "--folder", default=".", show_default=True, metavar="FOLDER", help="Measure the disk of this folder, by 256 MB."
)
@click.option(
    "--model", default=DEFAULT_MODEL, show_default=True, metavar="NAME|FILE", help="Measure the speed of this model."
)
@options(PassOptions, "device", "precision")
@click.option("--quick", is_flag=True, help="Measure nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def doctor(folder: str, model: str, quick: bool, as_json: bool, **settings: Any) -> None:
    """Tell versions, devices, memory, extras and GDAL drivers, and measure the disk and the bundled model.

    The measurements take about fifteen seconds on an idle machine. What does not work is told at the end; the exit code
    is 0 in any case. Add the output to a bug report: it names no files but the folder that was measured.
    """
    from tilegan.pipelines.doctor import doctor as examine

    unmeasured: dict[str, Any] = {"seconds": 0.0, "disk_bytes": 0} if quick else {}
    result = examine(folder, model, **settings, **unmeasured)
    if as_json:
        click.echo(json.dumps(_content(result), indent=2, default=str))
        return
    rows = _rows(result)
    width = max(len(name) for name, _ in rows)
    for name, value in rows:
        click.echo(f"{name:<{width}}  {value}")


def _content(result: "DoctorResult") -> dict[str, Any]:
    content = asdict(result)
    content["devices"] = result.devices._asdict() if result.devices else None
    return content


def _rows(result: "DoctorResult") -> list[tuple[str, str]]:
    rows = [(name, version or "missing") for name, version in result.versions.items()]
    rows += [("system", result.system)]
    devices = result.devices
    if devices:
        rows += [("devices", ", ".join(devices.names)), ("computes", f"on {devices.chosen} in {devices.precision}")]
    rows += [("cores", f"{result.cores}" + (f", {devices.threads} threads" if devices else ""))]
    if result.memory is not None and result.free_memory is not None:
        rows += [("memory", f"{result.memory / GIB:.1f} GiB, {result.free_memory / GIB:.1f} GiB available")]
    for extra in result.extras:
        state = f"missing {', '.join(extra.missing)}: {extra.command}" if extra.missing else "installed"
        rows += [(f"extra {extra.name}", state)]
    if result.drivers:
        rows += [("GDAL drivers", ", ".join(name for name, there in result.drivers.items() if there))]
        if lacking := [name for name, there in result.drivers.items() if not there]:
            rows += [("GDAL lacks", ", ".join(lacking))]
    if disk := result.disk:
        speed = f"writes {disk.written / 1e6:.0f} MB/s, reads {disk.read / 1e6:.0f} MB/s"
        rows += [("disk", f"{speed} ({disk.bytes / 1e6:.0f} MB in {disk.folder})")]
    if result.speed:
        rows += _speed_rows(result.speed)
    return rows + [("problem", line) for line in result.problems]


def _speed_rows(speed: "ModelSpeed") -> list[tuple[str, str]]:
    how = f"{speed.model}, {speed.device}, {speed.precision}, {speed.passes} passes, windows of {speed.window}"
    return [
        ("speed", f"{speed.megapixels_per_second:.2f} megapixels per second ({how})"),
        ("a gigapixel", f"about {_duration(speed.seconds_per_gigapixel)}, reading and writing not counted"),
    ]


def _duration(seconds: float) -> str:
    if seconds < 2 * MINUTE:
        return f"{seconds:.0f} seconds"
    return f"{seconds / MINUTE:.0f} minutes" if seconds < 2 * HOUR else f"{seconds / HOUR:.1f} hours"
