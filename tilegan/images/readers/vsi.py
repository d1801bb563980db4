"""GDAL's names and settings for remote files: on object storage, on the web, in archives."""

import os
from pathlib import Path
from urllib.parse import urlsplit

_PREFIXES = {"s3://": "/vsis3/", "gs://": "/vsigs/", "https://": "/vsicurl/https://", "http://": "/vsicurl/http://"}


def is_elsewhere(name: str | Path) -> bool:
    """Whether a name is a URL or a special GDAL name, and not a path on this disk."""
    return "://" in str(name) or str(name).startswith("/vsi")


def gdal_name(name: str) -> str:
    """Return GDAL's name of a URL (``/vsis3/bucket/key`` for ``s3://bucket/key``); other names unchanged."""
    for url, prefix in _PREFIXES.items():
        if name.startswith(url):
            return prefix + name.removeprefix(url)
    return name


def url_name(name: str) -> str:
    """Return the URL of a GDAL name that has one; other names unchanged. The inverse of ``gdal_name``."""
    for url, prefix in _PREFIXES.items():
        if name.startswith(prefix):
            return url + name.removeprefix(prefix)
    return name


def container(name: str) -> Path | None:
    """Return the local file, such as an archive, that contains a GDAL name; None if there is none."""
    inside = Path(name.removeprefix("/").partition("/")[2])
    return next((path for path in (inside, *inside.parents) if path.is_file()), None)


def gdal_options(name: str) -> dict[str, str]:
    """Return the GDAL configuration for reading a name.

    ``AWS_ENDPOINT_URL``, the setting of the AWS SDKs, is used if GDAL's own settings are missing.
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
