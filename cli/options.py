"""Readers of option values that are more than a word or a number."""

import os
import re
from pathlib import Path

import click

from tilegan.images.formats.register import formats


def bands(text: str) -> tuple[int, ...]:
    """Parse band numbers, one or three, from '4,3,2'."""
    found = re.fullmatch(r"([1-9]\d*)(?:,([1-9]\d*),([1-9]\d*))?", text.replace(" ", ""))
    if found is None:
        raise click.BadParameter(f"'{text}' are not bands: give one, or three such as 4,3,2, counted from 1")
    return tuple(int(number) for number in found.groups() if number)


def plane(text: str) -> dict[str, int]:
    """Parse an index by axis from 't=0,z=3' or 'page=2'."""
    found = re.fullmatch(r"[a-z]+=\d+(,[a-z]+=\d+)*", text.replace(" ", "").lower())
    if found is None:
        raise click.BadParameter(f"'{text}' is not a plane: give one such as t=0,z=3 or page=2, counted from 0")
    return {axis: int(index) for axis, index in (part.split("=") for part in found[0].split(","))}


_SECONDS = {"s": 1, "m": 60, "h": 3600}
_BYTES = {"": 1, "k": 10**3, "m": 10**6, "g": 10**9, "t": 10**12}


def duration(text: str) -> float:
    """Parse seconds from '90s', '30m' or '2h'; a bare number is in seconds."""
    found = re.fullmatch(r"(\d+(?:\.\d+)?)([smh]?)", text.strip().lower())
    if found is None:
        raise click.BadParameter(f"'{text}' is not a time: give one such as 90s, 30m or 2h")
    return float(found[1]) * _SECONDS[found[2] or "s"]


def byte_count(text: str) -> int:
    """Parse bytes from '500MB' or '2GB'; a bare number is in bytes."""
    found = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([kmgt]?)b?", text.strip().lower())
    if found is None:
        raise click.BadParameter(f"'{text}' is not an amount of memory: give one such as 500MB or 2GB")
    return int(float(found[1]) * _BYTES[found[2]])


def assignment(text: str) -> tuple[str, str]:
    """Parse name and value from 'name=value'."""
    name, equals, value = text.partition("=")
    if not (equals and name.strip() and value.strip()):
        raise click.BadParameter(f"'{text}' sets nothing: give name=value")
    return name.strip().replace("-", "_"), value.strip()


def strength(text: str) -> float | str:
    """Parse a number from 0 to 1, or the name of a map."""
    try:
        number = float(text)
    except ValueError:
        if is_map(text):
            return text
        number = -1.0
    if number < 0 or number > 1:
        raise click.BadParameter(f"'{text}' is no strength: give 0 to 1, or the file of a map")
    return number


def is_map(text: str) -> bool:
    """Return whether a text names a map, not a word: it has the ending of an image, or a slash as that of a folder."""
    readers = [each.reader for each in formats() if each.reader is not None]
    ending = Path(text).suffix.lower()
    return "/" in text or os.sep in text or any(ending in reader.endings for reader in readers if ending)


def style_shares(text: str) -> dict[str, float] | str:
    """Parse shares by style from 'monet' or 'vangogh=0.7,monet=0.3', a bare name counts 1; or the name of a map."""
    if is_map(text):
        return text
    shares = {}
    for part in text.split(","):
        name, equals, share = (each.strip() for each in part.partition("="))
        try:
            shares[name] = float(share) if equals else 1.0
        except ValueError as error:
            raise click.BadParameter(f"'{part}' is not a share of a style: give name or name=0.5") from error
    return shares


def code_counts(text: str) -> dict[str, int]:
    """Parse numbers of codes by kind from 'continuous=2,categorical=6'."""
    found = re.fullmatch(r"[a-z]+=\d+(,[a-z]+=\d+)*", text.replace(" ", "").lower())
    if found is None:
        raise click.BadParameter(f"'{text}' are no codes: give continuous=2, categorical=6 or both, with a comma")
    return {kind: int(count) for kind, count in (part.split("=") for part in found[0].split(","))}


def code_values(text: str) -> dict[str, float]:
    """Parse values by code from 'c0=0.5,k=3'."""
    values = {}
    for part in text.split(","):
        name, _, value = (each.strip() for each in part.partition("="))
        try:
            values[name] = float(value)
        except ValueError as error:
            raise click.BadParameter(f"'{part}' is not a value of a code: give c0=0.5 or k=3") from error
    return values


def label_looks(text: str) -> dict[int | str, int]:
    """Parse looks by label (number or name) or by instance from '0=3,water=1,#17=4'."""
    looks: dict[int | str, int] = {}
    for part in text.split(","):
        key, _, look = (each.strip() for each in part.rpartition("="))
        if not key or not look.isdecimal():
            raise click.BadParameter(
                f"'{text}' are not looks of labels: give label=look such as 2=3 or water=3, or #17=3 for an instance"
            )
        looks[int(key) if key.isdecimal() else key] = int(look)
    return looks


def height_width(text: str) -> tuple[int, int]:
    """Parse height and width in pixels from '900x1200'."""
    found = re.fullmatch(r"(\d+)x(\d+)", text.strip().lower())
    if found is None or 0 in (int(found[1]), int(found[2])):
        raise click.BadParameter(f"'{text}' is not a height and width: give them such as 900x1200, at least 1x1")
    return int(found[1]), int(found[2])


def bounds(text: str) -> tuple[float, float, float, float]:
    """Parse left, bottom, right and top from '300000,4990000,409800,5099800'."""
    try:
        left, bottom, right, top = map(float, text.split(","))
    except ValueError:
        raise click.BadParameter(f"'{text}' are not bounds: give left,bottom,right,top such as 0,0,1000,800") from None
    return left, bottom, right, top


def region(text: str) -> tuple[int, int, int, int]:
    """Parse x, y, width and height in pixels from '100,200,640,480'."""
    found = re.fullmatch(r"(\d+),(\d+),(\d+),(\d+)", text.replace(" ", ""))
    if found is None:
        raise click.BadParameter(f"'{text}' is not a region: give x,y,width,height such as 100,200,640,480")
    return int(found[1]), int(found[2]), int(found[3]), int(found[4])


def sizes(text: str) -> tuple[float, ...]:
    """Parse megapixels from '0.3,12'; none from ''."""
    try:
        return tuple(float(part) for part in text.split(",")) if text else ()
    except ValueError:
        raise click.BadParameter(f"'{text}' names no sizes: give megapixels such as 0.3,12") from None


def stroke(text: str) -> int | str:
    """Parse 'auto', an integer, or the name of a map; ``inference.rendering`` checks the range of the number."""
    if text.strip().lower() == "auto":
        return "auto"
    if not text.strip().isdecimal():
        if is_map(text):
            return text
        raise click.BadParameter(
            f"'{text}' is not a size of strokes: give auto, a whole number from 1, or the file of a map"
        )
    return int(text)
