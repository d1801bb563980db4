"""tilegan info: facts about a model, a network or an image."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from tilegan.errors import shown

if TYPE_CHECKING:
    from tilegan.pipelines.info import ImageInfo, ModelInfo
    from tilegan.pipelines.networks import NetworkInfo


# guarantees of a model by its norm; for other norms the halo says enough
BY_NORM = {
    "instance": "for statistics of the image (stylize --statistics thumbnail, global or interpolated)",
    "frozen": "for the statistics frozen for one image",
    "interpolated": "for the interpolated statistics of neighboring tiles, frozen for one image",
}

LABELS = ("labels", "label_names")  # in an architecture
OMITTED = ("name", "graph", "style", "styles", *LABELS)  # in an architecture: shown otherwise, or too long
FEW = 6  # nodes that are listed


@click.command()
@click.argument("file")
def info(file: str) -> None:
    """Show facts about FILE: an image, a model file, a run folder, a bundled model by name, or a network."""
    from tilegan.pipelines.info import ModelInfo
    from tilegan.pipelines.info import info as find_out
    from tilegan.pipelines.networks import is_network, network_info

    if is_network(Path(file)):
        show(network_rows(network_info(file)))
        return
    result = find_out(file)
    show(_model_rows(result) if isinstance(result, ModelInfo) else _image_rows(result))


def show(rows: list[tuple[str, object]]) -> None:
    """Print names and values in two columns."""
    width = max(len(name) for name, _ in rows)
    for name, value in rows:
        click.echo(f"{name:<{width}}  {shown(value)}")


def network_rows(network: "NetworkInfo") -> list[tuple[str, object]]:
    """Return the facts about a network as names and values."""
    values, known, verdict = network.values, network.known, network.verdict
    normal = f", mean {_listed(values.mean)}, deviation {_listed(values.deviation)}" if any(values.mean) else ""
    tried = ", ".join(f"{reading} {share:.2f}" for reading, share in network.plausibility.items())
    rows: list[tuple[str, object]] = [
        ("network", network.path),
        ("made by", network.source),
        *(("input", f"{name} {_sides(sides)}") for name, sides in network.inputs.items()),
        *(("output", f"{name} {_sides(sides)}") for name, sides in network.outputs.items()),
        ("nodes", network.nodes),
        ("parameters", f"{network.parameters:,}"),
        *([("styles", f"0 to {network.styles - 1}")] if network.styles else []),
        ("layout", f"{values.layout} -> {values.output_layout} ({known['layout']})"),
        ("colors", f"{values.order} ({known['order']})"),
        ("values", f"{values.range}{normal} -> {values.output_range} ({known['range']})"),
        *([("plausibility", tried)] if len(network.plausibility) > 1 else []),
        ("stride", f"{verdict.reach.stride} px"),
        ("scale", verdict.reach.scale),
        ("tiled", verdict.words),
    ]
    if verdict.statistics:
        more = f" and {len(verdict.statistics) - FEW} more" if len(verdict.statistics) > FEW else ""
        rows.append(("statistics", ", ".join(verdict.statistics[:FEW]) + more))
    return rows


def _sides(sides: tuple[int | None, ...]) -> str:
    return " x ".join("any" if side is None else str(side) for side in sides) or "a number"


def _listed(numbers: tuple[float, ...]) -> str:
    return ",".join(f"{number:g}" for number in numbers)


def _model_rows(model: "ModelInfo") -> list[tuple[str, object]]:
    numbers = {key: value for key, value in model.architecture.items() if key not in OMITTED}
    styles = ", ".join(f"{place} {name}" for place, name in enumerate(model.architecture.get("styles", [])))
    labels, norm = _labels(*(model.architecture.get(key, []) for key in LABELS)), _norm(model)
    return [
        ("model", model.path),
        ("style", model.name),
        ("architecture", f"{model.architecture['name']} ({_plain(numbers)})"),
        *([("styles", styles)] if styles else []),
        *([("labels", f"{len(labels)}: {' '.join(labels)}")] if labels else []),
        ("parameters", f"{model.parameters:,}"),
        ("tile size", f"{model.tile_size} px"),
        ("halo", f"{model.halo} px"),
        ("stride", f"{model.stride} px"),
        ("scale", model.scale),
        *([("exact", BY_NORM[norm])] if norm in BY_NORM and "exact" not in model.facts else []),
        *((key.replace("_", " "), _fact(value)) for key, value in model.facts.items() if value is not None),
    ]


def _labels(table: list[list[int]], names: list[str]) -> list[str]:
    """Return the colors of labels, with their names if they have some."""
    suffixes = [f" ({name})" if name else "" for name in names] or [""] * len(table)
    return [",".join(map(str, color)) + name for color, name in zip(table, suffixes, strict=True)]


def _norm(model: "ModelInfo") -> str:
    """Return the first word of a norm; that of a grid also contains numbers."""
    return str(model.architecture.get("norm", "")).partition(" ")[0]


def _fact(value: object) -> str:
    """Return a fact as text; seams in words."""
    from tilegan.inference.seams import Seams

    seams = Seams.of(value)
    return _plain(value) if seams is None else seams.words


def _plain(value: object) -> str:
    """JSON for people."""
    if isinstance(value, dict):
        return ", ".join(f"{key} {_plain(part)}" for key, part in value.items())
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def _image_rows(image: "ImageInfo") -> list[tuple[str, object]]:
    rows: list[tuple[str, object]] = [
        ("image", image.path),
        ("height x width", f"{image.height} x {image.width} px ({image.megapixels:.2f} MP)"),
        ("bands", f"{image.bands} ({image.dtype})"),
    ]
    if image.crs is not None:
        rows.append(("crs", image.crs))
    if image.bounds is not None:
        rows.append(("bounds", "left {:.10g}, bottom {:.10g}, right {:.10g}, top {:.10g}".format(*image.bounds)))
    if image.nodata is not None:
        rows.append(("nodata", image.nodata))
    if image.opacity is not None:
        rows.append(("opacity", f"by its {image.opacity}" if image.opacity != "nodata" else "by nodata"))
    if image.dtype != "uint8" or image.stretch != (0, 255):
        low, high = image.stretch
        rows.append(("levels", f"from {low:.6g} to {high:.6g} ({image.rule})"))
    if image.color_managed:
        rows.append(("colors", "converted to sRGB, or sRGB by their profile"))
    if image.dpi is not None:
        rows.append(("resolution", "{:.6g} x {:.6g} per inch".format(*image.dpi)))
        rows.append(("pixel size", "{:.6g} x {:.6g} um".format(*image.pixel_size)))
    if image.metadata:
        rows.append(("metadata", ", ".join(image.metadata)))
    if image.sequential or image.held:
        rows.append(("decoded", "as a whole, held in memory" if image.held else "from the top only"))
    rows.extend(("remark", remark) for remark in image.remarks)
    return rows
