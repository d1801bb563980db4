"""GDAL's names and settings for files that lie elsewhere: on object storage, on the web, in archives."""

import os
from pathlib import Path
from urllib.parse import urlsplit

_PREFIXES = {"s3://": "/vsis3/", "gs://": "/vsigs/", "https://": "/vsicurl/https://", "http://": "/vsicurl/http://"}


def is_elsewhere(name: str | Path) -> bool:
    """Whether a name is a URL or one of GDAL's own, and no path of this disk."""
    return "://" in str(name) or str(name).startswith("/vsi")


def gdal_name(name: str) -> str:
    """What GDAL calls a URL (``/vsis3/bucket/key`` for ``s3://bucket/key``); other names as they are."""
    for url, prefix in _PREFIXES.items():
        if name.startswith(url):
            return prefix + name.removeprefix(url)
    return name


def url_name(name: str) -> str:
    """The inverse of ``gdal_name``: the URL of one of GDAL's names that has one; other names as they are."""
    for url, prefix in _PREFIXES.items():
        if name.startswith(prefix):
            return url + name.removeprefix(prefix)
    return name


def container(name: str) -> Path | None:
    """The file of this disk, such as an archive, in which GDAL finds one of its names; None if none is seen."""
    inside = Path(name.removeprefix("/").partition("/")[2])
    return next((path for path in (inside, *inside.parents) if path.is_file()), None)


def gdal_options(name: str) -> dict[str, str]:
    """GDAL's configuration to read a name with.

    It follows ``AWS_ENDPOINT_URL``, the setting of Amazon's own libraries, where GDAL's own are not set.
    """
    if not name.startswith("/vsi"):
        return {}
    options = {"GDAL_HTTP_MAX_RETRY": "5", "GDAL_HTTP_RETRY_DELAY": "1"}
    endpoint = os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get("AWS_ENDPOINT_URL")
    if endpoint:
        url = urlsplit(endpoint)
        options["AWS_S3_ENDPOINT"] = url.netloc + url.path.rstrip("/")
        options["AWS_HTTPS"] = "NO" if url.scheme == "http" else "YES"
        options["AWS_VIRTUAL_HOSTING"] = "FALSE"
    return {option: value for option, value in options.items() if option not in os.environ}
