"""Who may import whom, and what must not be imported to answer quickly."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import tilegan
import tilegan.cli
import tilegan.pipelines

# From the top of the house to the ground: each line may import from the lines below it and from itself.
FLOORS = (
    ("tilegan.cli", "tilegan.__main__"),
    ("tilegan.pipelines",),
    ("tilegan.viewing",),
    ("tilegan.video",),
    ("tilegan.inference", "tilegan.training"),
    (
        "tilegan.translator",
        "tilegan.settling",
        "tilegan.proven",
        "tilegan.contract",
        "tilegan.model_file",
        "tilegan.images",
    ),
    ("tilegan.methods", "tilegan.landscape", "tilegan.geometry", "tilegan.gray", "tilegan.devices"),
    ("tilegan.networks", "tilegan.metrics", "tilegan.foreign"),
    ("tilegan.norms",),
    ("tilegan.tiling",),
    ("tilegan.extensions",),
    (
        "tilegan.card",
        "tilegan.combo",
        "tilegan.errors",
        "tilegan.files",
        "tilegan.names",
        "tilegan.options",
        "tilegan.progress",
    ),
)
# The rooms and files of images/ likewise, from those that know all others to those that know none.
ROOMS = (
    ("formats",),
    ("readers", "writers"),
    ("stores",),
    ("source",),
    ("metadata",),
    ("pixels",),
    ("reading", "encoding"),
)
NEIGHBORS_APART = [("tilegan.inference", "tilegan.training"), ("tilegan.translator", "tilegan.images")]
FOLDERS = {
    "tilegan.cli": Path(tilegan.cli.__path__[0]),
    "tilegan.pipelines": Path(tilegan.pipelines.__path__[0]),
    "tilegan": Path(tilegan.__path__[0]),
}


def modules() -> Iterator[tuple[str, Path]]:
    """The dotted name and the file of every module of the package."""
    for package, folder in FOLDERS.items():
        for file in sorted(folder.rglob("*.py")):
            inside = file.relative_to(folder).with_suffix("").parts
            name = ".".join((package, *inside)).removesuffix(".__init__")
            if package != "tilegan" or inside[0] not in ("cli", "pipelines"):
                yield name, file


def imports(file: Path) -> Iterator[str]:
    """The dotted names that a file imports, also inside functions and for types only."""
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file}: imports are absolute"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def test_every_imported_name_is_seen(tmp_path: Path) -> None:
    file = tmp_path / "module.py"
    file.write_text("import ast, os.path\nfrom tilegan import errors, cli\n")
    assert list(imports(file)) == ["ast", "os.path", "tilegan.errors", "tilegan.cli"]


def part_of(name: str) -> str:
    """The part of the house that a module belongs to."""
    return ".".join(name.split(".")[:2])


def floor_of(name: str) -> int | None:
    return next((number for number, floor in enumerate(FLOORS) if part_of(name) in floor), None)


MODULES = list(modules())


@pytest.mark.parametrize(("name", "file"), MODULES, ids=[name for name, _ in MODULES])
def test_imports_only_go_down(name: str, file: Path) -> None:
    floor = floor_of(name)
    if name == "tilegan":
        return  # the front door: it names its modules lazily
    assert floor is not None, f"{name} has no place in the house: give it one in FLOORS"
    for imported in imports(file):
        below = floor_of(imported)
        if below is None:
            continue
        assert below >= floor, f"{name} imports {imported}, which is above it"
        apart = {part_of(name), part_of(imported)}
        assert all(apart != set(pair) for pair in NEIGHBORS_APART), f"{name} imports {imported}, its neighbor"


def room_of(name: str) -> int:
    """The number of the room of images/ that a module is in; -1 of files that stand above all rooms."""
    room = name.split(".")[2]
    return next((number for number, rooms in enumerate(ROOMS) if room in rooms), -1)


@pytest.mark.parametrize(
    ("name", "file"), [(name, file) for name, file in MODULES if name.startswith("tilegan.images.")]
)
def test_imports_between_the_rooms_of_images_only_go_down(name: str, file: Path) -> None:
    for imported in imports(file):
        if imported.startswith("tilegan.images."):
            assert room_of(imported) >= room_of(name), f"{name} imports {imported}, which is above it"
            apart = {name.split(".")[2], imported.split(".")[2]}
            assert apart != {"readers", "writers"}, f"{name} imports {imported}, its neighbor"


def reached(name: str, graph: dict[str, set[str]]) -> set[str]:
    """All modules that a module imports, and those that they import."""
    found: set[str] = set()
    waiting = [name]
    while waiting:
        further = graph[waiting.pop()] - found
        found |= further
        waiting += further
    return found


def test_no_file_imports_itself_by_others() -> None:
    names = {name for name, _ in MODULES}
    graph = {
        name: {whole if whole in names else whole.rpartition(".")[0] for whole in imports(file)} & names - {name}
        for name, file in MODULES
        if name != "tilegan"  # the front door, which gives its version to all
    }
    graph["tilegan"] = set()
    circles = {name for name in graph if name in reached(name, graph)}
    assert not circles


@pytest.mark.parametrize("package", ["tilegan.images", "tilegan.geometry", "tilegan.errors"])
def test_pixels_know_no_networks(package: str) -> None:
    files = [file for name, file in MODULES if part_of(name) == package]
    assert files
    for file in files:
        assert not any(imported.split(".")[0] == "torch" for imported in imports(file)), file


@pytest.mark.parametrize(
    "package", ["tilegan.methods", "tilegan.metrics", "tilegan.networks", "tilegan.norms", "tilegan.tiling"]
)
def test_networks_know_no_files(package: str) -> None:
    files = [file for name, file in MODULES if part_of(name) == package]
    assert files
    for file in files:
        roots = {imported.split(".")[0] for imported in imports(file)}
        assert not roots & {"pathlib", "os", "PIL", "rasterio", "zarr"}, file


def test_the_analysis_of_networks_stands_alone() -> None:
    files = [file for name, file in MODULES if part_of(name) == "tilegan.tiling"]
    assert files
    for file in files:
        ours = {part_of(imported) for imported in imports(file) if imported.startswith("tilegan.")}
        assert ours <= {"tilegan.tiling", "tilegan.errors"}, file


@pytest.mark.parametrize(
    "code",
    [
        "import tilegan",
        "import tilegan.pipelines",
        "from click.testing import CliRunner; from tilegan.cli.main import main;"
        "result = CliRunner().invoke(main, ['--help']); assert 'stylize' in result.output, result.output",
        "from click.testing import CliRunner; from tilegan.cli.main import main;"
        "result = CliRunner().invoke(main, ['stylize', '--help']); assert '--window' in result.output, result.output",
        "from click.testing import CliRunner; from tilegan.cli.main import main;"
        "result = CliRunner().invoke(main, ['train', '--help']); assert '--palette' in result.output, result.output",
        "from click.testing import CliRunner; from tilegan.cli.main import main;"
        "result = CliRunner().invoke(main, ['evaluate', '--help']); assert '--large' in result.output, result.output",
    ],
    ids=["package", "pipelines", "help", "help of stylize", "help of train", "help of evaluate"],
)
def test_quick_without_heavy_imports(code: str) -> None:
    heavy = "{'torch', 'dask', 'zarr', 'rasterio', 'numpy'}"
    check = f"{code}\nimport sys; assert not {heavy} & set(sys.modules), {heavy} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", check], check=True)
