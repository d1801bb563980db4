"""Hooks of MkDocs: what the pages link to outside docs/ becomes part of the site, and sources under installed names.

On the repository's page links such as ../CHANGELOG.md lead to the file itself. The site has a page for each such file
in project/: Markdown as it is, everything else as a listing.
"""

import os
import re
import shutil
import tempfile
from pathlib import Path, PurePosixPath
from typing import Any

from mkdocs.exceptions import PluginError
from mkdocs.plugins import event_priority
from mkdocs.structure.files import File, Files

ROOT = Path(__file__).resolve().parents[1]
DOCS = ROOT / "docs"
PROJECT = "project"  # the folder of the site
LINK = re.compile(r"(\]\()([^)#\s]+)(#[^)\s]*)?(\))")
REQUEST = re.compile(
    r"""<(?:script|img|iframe|source|video|audio|embed|object)\b[^>]*\b(?:src|srcset|data|poster)=["']?(?:https?:)?//[^\s"'>]*"""
    r"""|<link\b[^>]*\bhref=["']?(?:https?:)?//[^\s"'>]*"""
    r"""|(?:url\(|@import)\s*["']?(?:https?:)?//[^\s"')]*"""
)
LISTED = {".py": "python", ".toml": "toml", ".sh": "sh", ".yml": "yaml"}
ALWAYS = ("CHANGELOG.md", "CONTRIBUTING.md")  # in the navigation


@event_priority(100)  # before mkdocstrings looks for the packages
def on_config(config: Any) -> Any:
    """Show the packages to mkdocstrings as they are installed: tilegan.cli and tilegan.pipelines inside tilegan."""
    tree = Path(tempfile.mkdtemp(prefix="tilegan_site_"))
    only_modules = shutil.ignore_patterns("models", "page", "__pycache__")
    for folder, inside in (("tilegan", "tilegan"), ("cli", "tilegan/cli"), ("pipelines", "tilegan/pipelines")):
        shutil.copytree(ROOT / folder, tree / inside, ignore=only_modules)
    config.plugins["mkdocstrings"].config.handlers["python"]["paths"] = [str(tree)]
    config.extra["tree"] = str(tree)
    return config


def on_post_build(config: Any) -> None:
    """Remove the copy of the packages, and refuse pages that make requests to other hosts."""
    shutil.rmtree(config.extra["tree"])
    site = Path(config.site_dir)
    found = [
        f"{file.relative_to(site)}: {request[0]}"
        for file in sorted((*site.rglob("*.html"), *site.rglob("*.css")))
        for request in REQUEST.finditer(file.read_text(encoding="utf-8"))
    ]
    if found:
        raise PluginError("the site must not make requests to other hosts:\n" + "\n".join(found))


def on_files(files: Files, config: Any) -> Files:
    """Add a page for each file outside docs/ that a page links to, and so on."""
    waiting = [ROOT / name for name in ALWAYS]
    for page in files.documentation_pages():
        waiting += outside(Path(page.abs_src_path))
    done: set[Path] = set()
    while waiting:
        path = waiting.pop()
        if path in done:
            continue
        done.add(path)
        files.append(File.generated(config, str(place_of(path)), content=content_of(path)))
        waiting += outside(path)
    return files


def on_page_markdown(markdown: str, page: Any, **_: Any) -> str:
    """Lead the links of a page to files outside docs/ to their pages on the site."""
    here = PurePosixPath(page.file.src_uri)
    if here.parts[0] == PROJECT:
        return markdown  # led where they belong already
    return led(markdown, DOCS / here, here)


def outside(page: Path) -> list[Path]:
    """Return the files and folders outside docs/ to which a page links; none if it is no page of Markdown."""
    return [path for path in linked(page) if not path.is_relative_to(DOCS)]


def linked(page: Path) -> list[Path]:
    """Return the files to which a page links, by links in Markdown or, of a folder, by its listing."""
    if page.is_dir():
        return [path for path in sorted(page.iterdir()) if path.is_file()]
    if page.suffix != ".md":
        return []
    found = (target(page, link[2]) for link in LINK.finditer(page.read_text(encoding="utf-8")))
    return [path for path in found if path is not None]


def target(page: Path, link: str) -> Path | None:
    """Return the file of the repository to which a link of a page leads; None if it leads to another place."""
    path = Path(os.path.normpath(page.parent / link))
    return path if "://" not in link and path.is_relative_to(ROOT) and path.exists() else None


def place_of(path: Path) -> PurePosixPath:
    """Return where a file or folder of the repository is on the site, below docs/."""
    if path.is_relative_to(DOCS):
        return PurePosixPath(path.relative_to(DOCS).as_posix())
    place = PurePosixPath(PROJECT, path.relative_to(ROOT).as_posix())
    if path.is_dir():
        return place / "README.md"
    # no page may be a folder named index.html, which the page of its folder is
    return place if path.suffix == ".md" else place.with_name(place.name.replace(".", "-") + ".md")


def content_of(path: Path) -> str:
    """Return the page of a file or folder outside docs/."""
    place, name = place_of(path), path.relative_to(ROOT).as_posix()
    if path.is_dir():
        return f"# {name}\n\n" + "\n".join(f"- [{file.name}]({place_of(file).name})" for file in linked(path))
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".md":
        return led(text, path, place)
    return f"# {name}\n\n````{LISTED.get(path.suffix, 'text')}\n{text}\n````\n"


def led(markdown: str, page: Path, place: PurePosixPath) -> str:
    """Return Markdown whose links lead from one place of the site to others.

    Args:
        markdown: the text.
        page: the file in the repository from which the links are meant.
        place: where the page is on the site.
    """

    def at_its_place(link: re.Match[str]) -> str:
        path = target(page, link[2])
        if path is None:
            return link[0]
        there = os.path.relpath(place_of(path), place.parent).replace(os.sep, "/")
        return f"{link[1]}{there}{link[3] or ''}{link[4]}"

    return LINK.sub(at_its_place, markdown)
